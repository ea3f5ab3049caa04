"""Misbehaviour on order: which of the next provider calls fails, and how.

A fault is planned for an operation (`messages.create`, `chat.postMessage`, `webhook`; several with `|` between them, or
`*`), for a number of times, and taken by the first calls that match.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_BEFORE = "drop_before"  # the connection is cut, nothing was done
    DROP_AFTER = "drop_after"  # the call is carried out, then the connection is cut
    RATE_LIMIT = "rate_limit"  # 429 with Retry-After: `seconds`
    SERVER_ERROR = "server_error"  # 500 with a body that is not JSON
    SLOW = "slow"  # the answer takes `seconds`
    REJECT = "reject"  # the provider's own error `code`
    DUPLICATE = "duplicate"  # a webhook is delivered twice
    REORDER = "reorder"  # a webhook is held back until after the next one


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned fault. `code` is the provider's error for `REJECT` (`21610`, `channel_not_found`)."""

    kind: FaultKind
    operation: str = "*"
    times: int = 1
    seconds: float = 0.0
    code: str = ""


class Faults:
    """The plan of one simulator, first come first served. `struck` is told of each fault that a call takes."""

    def __init__(self, struck: Callable[[Fault, str], None] = lambda fault, operation: None) -> None:
        self._planned: list[Fault] = []
        self._struck = struck

    def plan(self, fault: Fault) -> None:
        """Make the next `fault.times` matching calls fail."""
        self._planned.append(fault)

    def take(self, operation: str, *kinds: FaultKind) -> Fault | None:
        """The next fault for this operation (of one of `kinds`, where given), used up by one."""
        for index, fault in enumerate(self._planned):
            if not _is_meant(fault, operation) or (kinds and fault.kind not in kinds):
                continue
            self._use_up(index, fault)
            self._struck(fault, operation)
            return fault
        return None

    def clear(self) -> None:
        """Behave again."""
        self._planned.clear()

    def call_off(self, kind: FaultKind, operation: str) -> None:
        """Plan this one no longer."""
        self._planned = [fault for fault in self._planned if (fault.kind, fault.operation) != (kind, operation)]

    def planned(self) -> tuple[Fault, ...]:
        """What is still to come."""
        return tuple(self._planned)

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times > 1:
            self._planned[index] = replace(fault, times=fault.times - 1)
        else:
            del self._planned[index]


def _is_meant(fault: Fault, operation: str) -> bool:
    return fault.operation == "*" or operation in fault.operation.split("|")

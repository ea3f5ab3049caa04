"""What the author of a tool says about approval beyond "ask" and "do not ask": who decides, and what raises the gate.

The policy is kept with the tool as `approval_policy` and goes along with every request. Each rule only ever makes a
call wait for a person; none lets one through.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# How sure a channel is of who wrote, rising. A post that says nothing of it is an ordinary claim.
_SURENESS = ("failed", "claimed", "proven")
_UNSAID = "claimed"


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Who must agree to a gated call, and which calls are gated though the tool may otherwise run at once.

    `ask_above`: an argument above its number. `ask_below_assurance`: a sender less sure than this word of `_SURENESS`.
    `high_risk_above`: an argument above its number makes the call a high risk, as `high_risk` makes every call.
    """

    high_risk: bool = False
    approvers: tuple[str, ...] = ()
    approvals_required: int | None = None
    ask_above: Mapping[str, float] = field(default_factory=dict)
    ask_below_assurance: str = ""
    high_risk_above: Mapping[str, float] = field(default_factory=dict)

    def exceeded(self, arguments: Mapping[str, Any]) -> str | None:
        """The first argument above its number; one that cannot be compared counts as above."""
        return first_above(self.ask_above, arguments)

    def doubts(self, assurance: str) -> bool:
        """Whether a sender of this assurance is not sure enough for a call to run by itself."""
        return bool(self.ask_below_assurance) and _sureness(assurance) < _needed(self.ask_below_assurance)

    def raises(self, arguments: Mapping[str, Any], assurance: str) -> bool:
        """Whether any rule makes this call wait for a person."""
        return self.exceeded(arguments) is not None or self.doubts(assurance)

    def to_wire(self) -> dict[str, Any]:
        return {
            "high_risk": self.high_risk,
            "approvers": list(self.approvers),
            "approvals_required": self.approvals_required,
            **({"ask_above": dict(self.ask_above)} if self.ask_above else {}),
            **({"ask_below_assurance": self.ask_below_assurance} if self.ask_below_assurance else {}),
            **({"high_risk_above": dict(self.high_risk_above)} if self.high_risk_above else {}),
        }

    @classmethod
    def from_wire(cls, data: object) -> ApprovalPolicy:
        """What is missing or malformed reads as not set; a rule that cannot be understood lets nothing pass."""
        if not isinstance(data, Mapping):
            return cls()
        approvers = data.get("approvers")
        required = data.get("approvals_required")
        return cls(
            high_risk=data.get("high_risk") is True,
            approvers=tuple(map(str, approvers)) if isinstance(approvers, list) else (),
            approvals_required=required if type(required) is int and required > 0 else None,
            ask_above=read_limits(data.get("ask_above")),
            ask_below_assurance=str(data.get("ask_below_assurance") or ""),
            high_risk_above=read_limits(data.get("high_risk_above")),
        )


def first_above(limits: Mapping[str, float], arguments: Mapping[str, Any]) -> str | None:
    """The first argument above its limit; one that cannot be compared counts as above."""
    for name, limit in limits.items():
        if name in arguments and not _is_at_most(arguments[name], limit):
            return name
    return None


def read_limits(written: object) -> dict[str, float]:
    """Limits by argument name. One that is no number lets nothing pass."""
    if not isinstance(written, Mapping):
        return {}
    return {str(name): limit if _is_number(limit) else -math.inf for name, limit in written.items()}


def _sureness(assurance: str) -> int:
    word = assurance or _UNSAID
    return _SURENESS.index(word) if word in _SURENESS else 0


def _needed(word: str) -> int:
    """A word that nobody knows asks for the most."""
    return _SURENESS.index(word) if word in _SURENESS else len(_SURENESS) - 1


def _is_at_most(value: object, limit: float) -> bool:
    return isinstance(value, int | float) and _is_number(value) and value <= limit


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)

"""What befell the sandbox, in words for the person who plays: faults that struck, forgeries that were refused.

It is kept in a journal, so that a page opened later, or after a restart, tells the same story.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.journal import Journal

MOST = 60
PROVIDERS = {"twilio": "Twilio", "slack": "Slack", "mail": "The mail provider"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One of them. `kind` is an event name for programs (`fault.struck`), `text` one sentence for people."""

    at: str  # UTC, ISO 8601
    kind: str
    text: str
    subject: str = ""  # whom or what it befell


class Happenings:
    """The newest happenings of one sandbox."""

    def __init__(self, journal: Journal, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._journal = journal
        self._now = now
        self._kept: deque[Happening] = deque((Happening(**fact) for fact in journal.facts()), maxlen=MOST)

    def note(self, kind: str, text: str, subject: str = "") -> None:
        """Remember that something happened just now."""
        happening = Happening(self._now().isoformat(timespec="milliseconds"), kind, text, subject)
        self._journal.append(asdict(happening))
        self._kept.append(happening)

    def newest(self) -> Sequence[dict[str, Any]]:
        """The last ones, oldest first."""
        return [asdict(happening) for happening in self._kept]

    def of_provider(self, provider: str) -> Callable[[Fault, str], None]:
        """For a provider's faults: tell of each as it strikes."""

        def tell(fault: Fault, operation: str) -> None:
            self.note("fault.struck", struck(provider, fault, operation), provider)

        return tell


def struck(provider: str, fault: Fault, operation: str) -> str:
    """What a fault did to a call or a webhook, as one sentence."""
    who = PROVIDERS[provider]
    match fault.kind:
        case FaultKind.DROP_BEFORE:
            return f"{who} cut the connection before it took anything ({operation})."
        case FaultKind.DROP_AFTER:
            return f"{who} did what was asked, then cut the connection without an answer ({operation})."
        case FaultKind.RATE_LIMIT:
            return f"{who} answered 429: come back in {fault.seconds:g} s ({operation})."
        case FaultKind.SERVER_ERROR:
            return f"{who} answered with an error page ({operation})."
        case FaultKind.SLOW:
            return f"{who} took {fault.seconds:g} s over it ({operation})."
        case FaultKind.REJECT:
            return f"{who} refused with {fault.code or 'an error'} ({operation})."
        case FaultKind.DUPLICATE:
            return f"{who} delivered the same thing twice ({operation})."
        case FaultKind.REORDER:
            return f"{who} held this back until after the next one ({operation})."

"""What an answer must know of the mail that it answers. It travels as the plain strings of `ReplyTarget.details`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.email.quote import Quote

# Relays refuse header lines of more than 998 characters, and picky ones long lists of ids.
FIRST_REFERENCES = 5
LAST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that is answered, and the thread before it. Ids are without angle brackets.

    `copies` are further participants who are to see the answer: the gateway puts them there, once they are proven.
    """

    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    name: str = ""
    copies: tuple[str, ...] = ()
    language: str = ""
    quote: Quote | None = None

    def details(self) -> Mapping[str, str]:
        """As the plain strings of a reply target; what is empty is left out."""
        strings = {
            "subject": self.subject,
            "message_id": self.message_id,
            "references": " ".join(self.references),
            "name": self.name,
            "cc": " ".join(self.copies),
            "language": self.language,
        }
        if self.quote is not None:
            strings |= {"quoted": self.quote.text, "quoted_at": self.quote.written_at.isoformat()}
        return {name: value for name, value in strings.items() if value}

    @classmethod
    def read(cls, details: Mapping[str, str]) -> Thread:
        """The way back."""
        name = details.get("name", "")
        quoted, quoted_at = details.get("quoted", ""), details.get("quoted_at", "")
        return cls(
            subject=details.get("subject", ""),
            message_id=details.get("message_id", ""),
            references=tuple(details.get("references", "").split()),
            name=name,
            copies=tuple(details.get("cc", "").split()),
            language=details.get("language", ""),
            quote=Quote(quoted, name or "you", datetime.fromisoformat(quoted_at)) if quoted and quoted_at else None,
        )


def extend_references(references: Sequence[str], message_id: str) -> tuple[str, ...]:
    """The References of an answer: the thread so far, each mail once, without the middle of a long one."""
    ids = tuple(dict.fromkeys((*references, *([message_id] if message_id else []))))
    if len(ids) <= FIRST_REFERENCES + LAST_REFERENCES:
        return ids
    return ids[:FIRST_REFERENCES] + ids[-LAST_REFERENCES:]

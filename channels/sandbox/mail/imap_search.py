"""The SEARCH keys that mail clients of ours use (RFC 3501, section 6.4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import compat32

from channels.sandbox.mail.imap_syntax import Argument, BadCommand, as_text, parse_uids
from channels.sandbox.mail.store import StoredMail

Test = Callable[[StoredMail], bool]
_FLAGS = {"SEEN": "\\Seen", "DELETED": "\\Deleted", "ANSWERED": "\\Answered", "FLAGGED": "\\Flagged"}


def search(mails: Sequence[StoredMail], keys: Sequence[Argument]) -> list[StoredMail]:
    """The mails for which every key holds."""
    tests = _tests([*keys], highest=max((mail.uid for mail in mails), default=0))
    return [mail for mail in mails if all(test(mail) for test in tests)]


def _tests(keys: list[Argument], *, highest: int) -> list[Test]:
    tests: list[Test] = []
    while keys:
        tests.append(_next_test(keys, highest=highest))
    return tests


def _next_test(keys: list[Argument], *, highest: int) -> Test:
    first = keys.pop(0)
    if isinstance(first, list):
        tests = _tests([*first], highest=highest)
        return lambda mail: all(test(mail) for test in tests)
    key = as_text(first).upper()
    match key:
        case "ALL":
            return lambda mail: True
        case "NOT":
            negated = _next_test(keys, highest=highest)
            return lambda mail: not negated(mail)
        case "UID":
            ranges = list(parse_uids(_word(keys), highest=highest))
            return lambda mail: any(mail.uid in each for each in ranges)
        case "SINCE":
            day = _date(_word(keys))
            return lambda mail: mail.arrived_at.astimezone(UTC).date() >= day
        case "BEFORE":
            day = _date(_word(keys))
            return lambda mail: mail.arrived_at.astimezone(UTC).date() < day
        case "HEADER":
            name, value = _word(keys), _word(keys).lower()
            return lambda mail: value in _header(mail, name).lower()
        case "KEYWORD":
            keyword = _word(keys)
            return lambda mail: keyword in mail.flags
        case _ if key in _FLAGS:
            return lambda mail: _FLAGS[key] in mail.flags
        case _ if key.startswith("UN") and key[2:] in _FLAGS:
            return lambda mail: _FLAGS[key[2:]] not in mail.flags
        case _:
            raise BadCommand(f"unknown search key {key}")


def _word(keys: list[Argument]) -> str:
    if not keys:
        raise BadCommand("a search key lacks its value")
    return as_text(keys.pop(0))


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadCommand(f"not a date: {text}") from None


def _header(mail: StoredMail, name: str) -> str:
    head = mail.raw.partition(b"\r\n\r\n")[0]
    return str(message_from_bytes(head + b"\r\n\r\n", policy=compat32).get(name, ""))

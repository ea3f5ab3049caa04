"""What `frontdesk doctor` says of mail: being let in is not enough, somebody has to listen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.doctor import Finding, heeded
from gateway.store.mailboxes import Standing

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
LET_IN = Finding("email", True, "the mail servers let us in")


def standing(*, silent_for: timedelta = timedelta(), quarantined: int = 0) -> Standing:
    return Standing("support@mail.example/INBOX", NOW - silent_for, 0, quarantined, None)


@pytest.mark.parametrize(
    ("standings", "is_fine", "words"),
    [
        ([], False, "nobody has listened yet"),
        ([standing()], True, "the mail servers let us in"),
        ([standing(silent_for=timedelta(hours=2))], False, "last searched 120 minutes ago"),
        ([standing(silent_for=timedelta(hours=2)), standing()], True, "the mail servers let us in"),
        ([standing(quarantined=2)], False, "2 mails could not be read"),
    ],
)
def test_mail_is_well_where_somebody_listens_and_everything_can_be_read(
    standings: list[Standing], is_fine: bool, words: str
) -> None:
    found = heeded(LET_IN, standings, NOW)

    assert found.is_fine is is_fine
    assert words in found.words
    assert bool(found.advice) is not is_fine

"""When a send is tried again, and when it is not worth it any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.errors import ChannelDown, SendError, TemporaryFailure
from channels.message import ChannelName, ReplyTarget
from gateway.domain import Delivery, DeliveryId, DeliveryKind, DeliveryState
from tests.gateway.fakes import NOON
from workers.retries import CHANNEL_DOWN_WAIT, LIFETIMES, LONGEST_WAIT, retry_at

BUSY = TemporaryFailure("busy")


def attempted(
    attempts: int = 1, *, kind: DeliveryKind = DeliveryKind.ANSWER, channel: ChannelName = ChannelName.SMS
) -> Delivery:
    """A delivery of noon that has been tried so often."""
    return Delivery(
        id=DeliveryId("dlv_1"),
        seq=1,
        lane="cnv_1",
        kind=kind,
        conversation_id=None,
        turn_id=None,
        subject_id="",
        target=ReplyTarget(channel, "somebody", "thread"),
        text="",
        payload=b"",
        part=1,
        parts=1,
        state=DeliveryState.SENDING,
        provider_id=None,
        attempts=attempts,
        attempted_at=NOON,
        code="",
        reason="",
        created_at=NOON,
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (10, 512), (11, 600), (90, 600)])
def test_every_failure_doubles_the_wait_up_to_ten_minutes(attempts: int, seconds: int) -> None:
    assert retry_at(attempted(attempts), BUSY, NOON) == NOON + timedelta(seconds=seconds)


def test_a_providers_wish_is_kept_however_often_it_failed() -> None:
    wish = TemporaryFailure("busy", retry_after=timedelta(seconds=7))

    assert retry_at(attempted(20), wish, NOON) == NOON + timedelta(seconds=7)


def test_a_wish_of_no_wait_at_all_does_not_spin() -> None:
    at = retry_at(attempted(), TemporaryFailure("busy", retry_after=timedelta()), NOON)

    assert at is not None
    assert at > NOON


@pytest.mark.parametrize(("attempts", "wait"), [(1, CHANNEL_DOWN_WAIT), (20, LONGEST_WAIT)])
def test_a_channel_that_refuses_us_gets_time_for_a_person(attempts: int, wait: timedelta) -> None:
    assert retry_at(attempted(attempts), ChannelDown("revoked"), NOON) == NOON + wait


@pytest.mark.parametrize("channel", ChannelName)
@pytest.mark.parametrize("error", [BUSY, ChannelDown("revoked")])
def test_a_message_older_than_its_lifetime_is_given_up(channel: ChannelName, error: SendError) -> None:
    lifetime = LIFETIMES[channel]

    assert retry_at(attempted(channel=channel), error, NOON + lifetime - timedelta(minutes=2)) is not None
    assert retry_at(attempted(channel=channel), error, NOON + lifetime) is None


def test_a_wish_beyond_the_lifetime_is_not_waited_for() -> None:
    wish = TemporaryFailure("busy", retry_after=timedelta(days=1))

    assert retry_at(attempted(), wish, NOON) is None


def test_a_card_is_of_use_for_a_week() -> None:
    card = attempted(kind=DeliveryKind.CARD, channel=ChannelName.SLACK)

    assert retry_at(card, BUSY, NOON + timedelta(days=6)) is not None
    assert retry_at(card, BUSY, NOON + timedelta(days=8)) is None

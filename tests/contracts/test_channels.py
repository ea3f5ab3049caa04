"""The contract of `channels.base.Channel`: every adapter keeps it against the simulator of its provider.

A channel joins by a line in `SUBJECTS`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest

from channels.errors import PermanentFailure, SendError, TemporaryFailure, UnknownOutcome
from channels.message import Answer, Attachment, OutboundPart
from channels.sandbox.faults import FaultKind
from tests.channels.slack.subject import slack_subject
from tests.channels.sms.subject import sms_subject
from tests.contracts.channel_subject import ChannelSubject

SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[ChannelSubject]]] = {
    "slack": slack_subject,
    "sms": sms_subject,
}
LONG_ANSWER = Answer("\n\n".join(f"Paragraph {number} of an answer that is far too long." for number in range(1200)))


@pytest.fixture(params=sorted(SUBJECTS))
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[ChannelSubject]:
    """Each channel in turn."""
    async with SUBJECTS[request.param]() as opened:
        yield opened


def compose_one(subject: ChannelSubject, text: str = "Your refund is on its way.", key: str = "answer") -> OutboundPart:
    [part] = subject.channel.compose(Answer(text), subject.target, key=key)
    return part


async def try_to_send(subject: ChannelSubject, part: OutboundPart) -> SendError:
    with pytest.raises(SendError) as caught:
        await subject.channel.send(part)
    return caught.value


async def test_an_answer_becomes_the_same_parts_each_time(subject: ChannelSubject) -> None:
    once = subject.channel.compose(LONG_ANSWER, subject.target, key="answer")
    again = subject.channel.compose(LONG_ANSWER, subject.target, key="answer")

    assert once == again
    assert [part.part for part in once] == list(range(1, len(once) + 1))
    assert all((part.parts, part.target) == (len(once), subject.target) for part in once)
    assert len({part.key for part in once}) == len(once)


async def test_no_part_is_longer_than_the_channel_carries_and_no_word_is_lost(subject: ChannelSubject) -> None:
    parts = subject.channel.compose(LONG_ANSWER, subject.target, key="answer")

    words = " ".join(part.text for part in parts).split()
    assert all(0 < len(part.text) <= subject.channel.limits.max_chars for part in parts)
    assert [word for word in words if word.isdecimal()] == [str(number) for number in range(1200)]


async def test_parts_arrive_once_each_and_in_the_order_in_which_they_are_sent(subject: ChannelSubject) -> None:
    first, second = compose_one(subject, "First.", "one"), compose_one(subject, "Second.", "two")

    receipts = [await subject.channel.send(first), await subject.channel.send(second)]

    assert [text for text in subject.shown() if text in ("First.", "Second.")] == ["First.", "Second."]
    assert all(receipt.provider_id for receipt in receipts)
    assert receipts[0].provider_id != receipts[1].provider_id


async def test_a_sent_part_is_found(subject: ChannelSubject) -> None:
    part, attempted_at = compose_one(subject), datetime.now(UTC)
    receipt = await subject.channel.send(part)

    found = await subject.channel.find(part, attempted_at=attempted_at)

    assert found is not None
    assert found.provider_id == receipt.provider_id


async def test_a_part_that_the_provider_took_before_the_line_was_cut_is_found_and_shown_once(
    subject: ChannelSubject,
) -> None:
    part, attempted_at = compose_one(subject), datetime.now(UTC)
    subject.plan(FaultKind.DROP_AFTER)

    failure = await try_to_send(subject, part)
    found = await subject.channel.find(part, attempted_at=attempted_at)

    assert isinstance(failure, UnknownOutcome)
    assert found is not None
    assert subject.shown() == [part.text]


async def test_a_part_that_never_arrived_is_certainly_absent_in_the_end(subject: ChannelSubject) -> None:
    part = compose_one(subject)
    subject.plan(FaultKind.DROP_BEFORE)

    failure = await try_to_send(subject, part)
    found = await subject.channel.find(part, attempted_at=datetime.now(UTC) - timedelta(minutes=10))

    assert isinstance(failure, (UnknownOutcome, TemporaryFailure))
    assert found is None
    assert subject.shown() == []


async def test_nothing_is_sent_a_second_time_by_itself(subject: ChannelSubject) -> None:
    part = compose_one(subject)
    subject.plan(FaultKind.SERVER_ERROR)

    failure = await try_to_send(subject, part)

    # A retry inside would have passed the one planned fault.
    assert isinstance(failure, (UnknownOutcome, TemporaryFailure))
    assert subject.shown() == []


async def test_a_provider_that_is_asked_too_often_says_when_to_come_back(subject: ChannelSubject) -> None:
    subject.plan(FaultKind.RATE_LIMIT, seconds=30)

    failure = await try_to_send(subject, compose_one(subject))

    assert isinstance(failure, TemporaryFailure)
    assert failure.retry_after == timedelta(seconds=30)
    assert failure.lane
    assert subject.shown() == []


async def test_while_the_provider_cannot_be_asked_nothing_is_certain(subject: ChannelSubject) -> None:
    subject.go_silent()

    with pytest.raises(TemporaryFailure):
        await subject.channel.find(compose_one(subject), attempted_at=datetime.now(UTC) - timedelta(minutes=10))


async def test_a_failure_tells_neither_the_text_nor_the_address(subject: ChannelSubject) -> None:
    part = compose_one(subject)
    subject.plan(FaultKind.SERVER_ERROR)

    failure = await try_to_send(subject, part)

    assert failure.reason
    assert part.text not in failure.reason
    assert subject.target.address not in failure.reason


async def test_a_customers_file_is_fetched_whole(subject: ChannelSubject) -> None:
    content = b"\x89PNG\r\n" + bytes(range(256)) * 100
    attachment = await subject.attachment(content)

    fetched = await subject.channel.fetch(attachment)

    assert attachment.content is None
    assert (fetched.content, fetched.size) == (content, len(content))


async def test_a_file_from_elsewhere_is_never_fetched(subject: ChannelSubject) -> None:
    with pytest.raises(PermanentFailure):
        await subject.channel.fetch(Attachment("a.png", "image/png", source="http://169.254.169.254/latest/meta-data"))

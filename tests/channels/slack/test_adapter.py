"""Answers to customers: their form, their place, and that each is there once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import Answer, Attachment, ChannelName, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from channels.slack.limits import violations
from tests.channels.slack.harness import APPROVERS, Deployment

SUPPORT = "C0SUPPORT"
MARKDOWN = "# Hello\n\n- a\n  - b\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\n```\ncode\n```\n[a link](https://a.example)"


async def asked(deployment: Deployment) -> ReplyTarget:
    """The reply target of a customer's question in the support channel."""
    await deployment.says("U0CARLA", SUPPORT, "<@U0FRONTDESK> where is my order?")
    return deployment.inbox.messages[-1].reply_to


async def test_an_answer_goes_into_the_thread_that_asked(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer(MARKDOWN), target, key="out_1")

    receipt = await deployment.app.channel.send(part)

    root, answer = deployment.slack.messages(SUPPORT, target.details["thread_ts"])
    assert root["user"] == "U0CARLA"
    assert answer["blocks"] == [{"type": "markdown", "text": MARKDOWN}]
    assert answer["text"].startswith("Hello")
    assert "a link" in answer["text"]
    assert receipt.provider_id == f"T0FRONT:{SUPPORT}:{answer['ts']}"
    posted = dict(deployment.slack.calls_made)["chat.postMessage"]
    assert (posted["unfurl_links"], posted["unfurl_media"], posted["link_names"]) == (False, False, False)


@pytest.mark.parametrize("length", [11_999, 12_001, 13_500, 40_000])
async def test_a_long_answer_goes_out_in_parts_that_slack_takes(deployment: Deployment, length: int) -> None:
    target = await asked(deployment)
    parts = deployment.app.channel.compose(Answer("word " * (length // 5)), target, key="out_1")

    for part in parts:
        await deployment.app.channel.send(part)

    _, *answers = deployment.slack.messages(SUPPORT, target.details["thread_ts"])
    assert [part.key for part in parts] == [f"out_1.{number}" for number in range(1, len(parts) + 1)]
    assert sum(answer["blocks"][0]["text"].count("word") for answer in answers) == length // 5
    assert all(violations(answer["text"], answer["blocks"]) == () for answer in answers)


async def test_what_an_agent_says_calls_nobody(deployment: Deployment) -> None:
    target = await asked(deployment)
    hostile = "<!channel> <@U0ADA> <!subteam^S1> `<!here>` & 1 < 2\n```\n<!everyone>\n```"
    (part,) = deployment.app.channel.compose(Answer(hostile), target, key="out_1")

    await deployment.app.channel.send(part)

    answer = deployment.slack.messages(SUPPORT, target.details["thread_ts"])[-1]
    sent = json.dumps([answer["text"], answer["blocks"]], ensure_ascii=False)
    assert "<!" not in sent
    assert "<@" not in sent
    assert "1 < 2" in answer["blocks"][0]["text"]


async def test_an_answer_whose_blocks_slack_refuses_goes_out_as_text(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer("**Hello**"), target, key="out_1")
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "chat.postMessage", code="invalid_blocks"))

    await deployment.app.channel.send(part)

    assert deployment.slack.messages(SUPPORT, target.details["thread_ts"])[-1]["text"] == "**Hello**"


async def test_an_answer_of_unknown_outcome_is_found_in_its_thread(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer("Hello"), target, key="out_1")
    attempted_at = datetime.now(UTC)
    deployment.slack.faults.plan(Fault(FaultKind.DROP_AFTER, "chat.postMessage"))
    with pytest.raises(UnknownOutcome):
        await deployment.app.channel.send(part)

    receipt = await deployment.app.channel.find(part, attempted_at=attempted_at)

    answer = deployment.slack.messages(SUPPORT, target.details["thread_ts"])[-1]
    assert receipt is not None
    assert receipt.provider_id == f"T0FRONT:{SUPPORT}:{answer['ts']}"


async def test_an_answer_that_was_not_sent_is_certain_only_after_a_while(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer("Hello"), target, key="out_1")

    with pytest.raises(TemporaryFailure):
        await deployment.app.channel.find(part, attempted_at=datetime.now(UTC))

    assert await deployment.app.channel.find(part, attempted_at=datetime.now(UTC) - timedelta(minutes=5)) is None


async def test_an_answer_never_goes_to_a_staff_channel(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer("Hello"), target, key="out_1")
    astray = replace(target, details={**target.details, "slack_channel": APPROVERS})

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.channel.send(replace(part, target=astray))

    assert failure.value.code == "staff_channel"
    assert deployment.slack.messages(APPROVERS) == []


async def test_a_target_of_another_channel_is_refused(deployment: Deployment) -> None:
    elsewhere = ReplyTarget(ChannelName.SMS, "+15550001", "+15550001")
    (part,) = deployment.app.channel.compose(Answer("Hello"), elsewhere, key="out_1")

    with pytest.raises(PermanentFailure):
        await deployment.app.channel.send(part)


async def test_a_rate_limit_of_one_workspace_does_not_hold_another(deployment: Deployment) -> None:
    target = await asked(deployment)
    (part,) = deployment.app.channel.compose(Answer("Hello"), target, key="out_1")
    other = replace(part, target=replace(target, details={**target.details, "team": "T0OTHER"}))
    deployment.slack.faults.plan(Fault(FaultKind.RATE_LIMIT, "chat.postMessage", seconds=600))
    with pytest.raises(TemporaryFailure):
        await deployment.app.channel.send(part)

    await deployment.app.channel.send(other)

    with pytest.raises(TemporaryFailure):
        await deployment.app.channel.send(part)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("T0FRONT F1 https://evil.example/files/F1", "foreign_host"),
        ("T0FRONT F1 https://files.slack.com.evil.example/F1", "foreign_host"),
        ("T0FRONT F1 https://user@127.0.0.1/F1", "foreign_host"),
        ("nonsense", "no_source"),
    ],
)
async def test_the_token_is_shown_to_no_foreign_host(deployment: Deployment, source: str, code: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.channel.fetch(Attachment("a.png", "image/png", source=source))

    assert failure.value.code == code


async def test_a_sign_in_page_in_place_of_a_file_is_recognised(deployment: Deployment) -> None:
    deployment.slack.workspace.add_file("page.html", "text/html", b"<html>Sign in</html>", base_url="")
    url = f"{deployment.slack.public_url}/files/F000000001"

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.channel.fetch(Attachment("a.png", "image/png", source=f"T0FRONT F000000001 {url}"))

    assert failure.value.code == "missing_scope"


async def test_a_file_too_large_is_not_fetched(deployment: Deployment) -> None:
    url = f"{deployment.slack.public_url}/files/F000000001"
    large = Attachment("a.png", "image/png", size=10**9, source=f"T0FRONT F000000001 {url}")

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.channel.fetch(large)

    assert failure.value.code == "file_too_large"


async def test_a_file_larger_than_it_said_is_given_up(deployment: Deployment) -> None:
    described = deployment.slack.workspace.add_file(
        "a.bin", "application/octet-stream", b"x" * 20_000_001, base_url=deployment.slack.public_url
    )
    source = f"T0FRONT {described['id']} {described['url_private']}"

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.channel.fetch(Attachment("a.bin", "application/octet-stream", size=5, source=source))

    assert failure.value.code == "file_too_large"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.SERVER_ERROR, "files.download"), TemporaryFailure),
        (Fault(FaultKind.DROP_BEFORE, "files.download", times=9), TemporaryFailure),
    ],
    ids=["server error", "cut"],
)
async def test_a_download_that_broke_may_be_tried_again(
    deployment: Deployment, fault: Fault, expected: type[Exception]
) -> None:
    await deployment.says("U0CARLA", "dm", "", files=[("a.txt", "text/plain", b"hello")])
    (attachment,) = deployment.inbox.messages[0].attachments
    deployment.slack.faults.plan(fault)

    with pytest.raises(expected):
        await deployment.app.channel.fetch(attachment)

"""Files for customers: in their thread, once, and never at the price of the words that come with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.errors import TemporaryFailure, UnknownOutcome
from channels.message import Answer, Attachment, OutboundPart
from channels.sandbox.faults import Fault, FaultKind
from tests.channels.slack.harness import Deployment

SUPPORT = "C0SUPPORT"
LABEL = Attachment("label <1>.pdf", "application/pdf", content=b"%PDF-label")
PHOTO = Attachment("photo.png", "image/png", content=b"png")


async def an_answer(deployment: Deployment, *files: Attachment, text: str = "Here it is.") -> OutboundPart:
    """An answer with files to a question in the support channel."""
    await deployment.says("U0CARLA", SUPPORT, "<@U0FRONTDESK> may I have a label?")
    target = deployment.inbox.messages[-1].reply_to
    (part,) = deployment.app.channel.compose(Answer(text, attachments=files), target, key="out_1")
    return part


def shown(deployment: Deployment, part: OutboundPart) -> list[tuple[str, list[str]]]:
    """What stands in the thread after the question: texts, and the titles of files."""
    _, *answers = deployment.slack.messages(SUPPORT, part.target.details["thread_ts"])
    return [(answer["text"], [file["title"] for file in answer.get("files", ())]) for answer in answers]


async def test_files_stand_in_the_thread_before_the_words_that_explain_them(deployment: Deployment) -> None:
    part = await an_answer(deployment, LABEL, PHOTO)

    await deployment.app.channel.send(part)

    assert shown(deployment, part) == [("", ["label <1>.pdf", "photo.png"]), ("Here it is.", [])]
    kept = [file.content for file in deployment.slack.workspace.files.values()]
    assert kept == [b"%PDF-label", b"png"]


async def test_words_of_unknown_outcome_are_found_with_their_files(deployment: Deployment) -> None:
    part = await an_answer(deployment, LABEL)
    deployment.slack.faults.plan(Fault(FaultKind.DROP_AFTER, "chat.postMessage"))
    with pytest.raises(UnknownOutcome):
        await deployment.app.channel.send(part)

    found = await deployment.app.channel.find(part, attempted_at=datetime.now(UTC))

    assert found is not None
    assert shown(deployment, part) == [("", ["label <1>.pdf"]), ("Here it is.", [])]


async def test_files_of_unknown_outcome_are_not_sent_twice(deployment: Deployment) -> None:
    part = await an_answer(deployment, LABEL)
    deployment.slack.faults.plan(Fault(FaultKind.DROP_AFTER, "files.completeUploadExternal"))
    with pytest.raises(UnknownOutcome):
        await deployment.app.channel.send(part)

    found = await deployment.app.channel.find(part, attempted_at=datetime.now(UTC) - timedelta(minutes=1))
    await deployment.app.channel.send(part)

    assert found is None
    assert shown(deployment, part) == [("", ["label <1>.pdf"]), ("Here it is.", [])]


async def test_an_upload_that_fails_for_now_is_tried_again_before_anything_is_said(deployment: Deployment) -> None:
    part = await an_answer(deployment, LABEL)
    deployment.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "files.upload"))

    with pytest.raises(TemporaryFailure):
        await deployment.app.channel.send(part)
    said_meanwhile = shown(deployment, part)
    await deployment.app.channel.send(part)

    assert said_meanwhile == []
    assert shown(deployment, part) == [("", ["label <1>.pdf"]), ("Here it is.", [])]


async def test_a_file_that_slack_refuses_is_named_beside_the_words(deployment: Deployment) -> None:
    part = await an_answer(deployment, LABEL)
    deployment.slack.faults.plan(
        Fault(FaultKind.REJECT, "files.getUploadURLExternal", code="file_upload_size_restricted")
    )

    await deployment.app.channel.send(part)

    ((text, files),) = shown(deployment, part)
    assert "Here it is." in text
    assert "could not be sent" in text
    assert files == []


async def test_a_file_without_words_is_announced_by_its_name(deployment: Deployment) -> None:
    part = replace(await an_answer(deployment, PHOTO, text="Here it is."), text=" ")

    await deployment.app.channel.send(part)

    assert shown(deployment, part) == [("", ["photo.png"]), ("photo.png", [])]

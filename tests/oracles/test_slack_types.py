"""Slack's own TypeScript types judge what our composers make: every state of every card, all dialogs, the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from channels.base import Activity
from channels.message import Answer, ChannelName, ReplyTarget
from channels.sandbox.slack import SlackSimulator
from channels.slack.api import metadata
from channels.slack.compose import compose, message_of
from channels.slack.config import Prompt
from channels.slack.desk import dialogs
from channels.slack.desk.card import CardMessage, compose_card
from channels.slack.desk.dialogs import DialogSubject
from channels.slack.desk.draft import DraftSubject, edit_dialog
from channels.slack.manifest import manifest
from tests.channels.slack import test_brief, test_card
from tests.channels.slack.deciding import refund
from tests.channels.slack.handing_over import proposed
from tests.channels.slack.harness import Deployment, deploy
from tests.channels.slack.test_progress import LONG, Begun, answers, asked, finish, until
from tests.oracles.node import Oracles

pytestmark = pytest.mark.xdist_group("oracles")

HEADER = """\
import type { ModalView } from "@slack/types";
import type {
  AppsManifestCreateArguments, AssistantThreadsSetStatusArguments, ChatAppendStreamArguments,
  ChatPostMessageArguments, ChatStartStreamArguments, ChatStopStreamArguments, ChatUpdateArguments,
} from "@slack/web-api";
"""
SUBJECT = DialogSubject("apr_1", "sha-1", "C0APPROVERS")
WRONG = ("ChatPostMessageArguments", {"channel": "C1", "text": "", "blocks": [{"type": "section", "txt": "hello"}]})
EVERY_KIND = {
    "properties": {
        "order_id": {"type": "string"},
        "amount": {"type": "number", "minimum": 1, "maximum": 500},
        "count": {"type": "integer"},
        "express": {"type": "boolean"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "until": {"type": "string", "format": "date"},
        "items": {"type": "array"},
    },
    "required": ["order_id"],
}
VALUES = {
    "order_id": "A-1001", "amount": 25, "count": 2, "express": True, "colour": "red", "until": "2026-05-04",
    "items": [1, 2],
}  # fmt: skip


def payloads() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each with the type that Slack's SDK gives it."""
    for card in test_card.SCREENS.values():
        yield "ChatPostMessageArguments", _message(compose_card(card))
        yield "ChatUpdateArguments", {**_message(compose_card(card)), "ts": "1.2"}
    for screen in test_brief.SCREENS.values():
        yield "ChatPostMessageArguments", _message(screen)
    target = ReplyTarget(ChannelName.SLACK, "U0CARLA", "T0FRONT:C0SUPPORT:1.2")
    for part in compose(Answer("# Hello\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"), target, key="out_1"):
        yield "ChatPostMessageArguments", {"channel": "C1", "thread_ts": "1.2", **message_of(part.text)}
    card = refund(arguments=VALUES, schema=EVERY_KIND)
    for view in (
        dialogs.loading("Edit"),
        dialogs.message("Edit", "It is gone."),
        dialogs.edit(card, SUBJECT),
        dialogs.deny(card, SUBJECT),
        dialogs.show_all(card),
        edit_dialog(proposed(), DraftSubject("drf_1", "C1", "1.0")),
    ):
        yield "ModalView", view
    prompts = (Prompt("Where is my order?", "Where is my order A-1001?"),)
    described = manifest(public_url="https://desk.example", prompts=prompts, return_url="https://desk.example/back")
    # Their list of scopes does not have it, though the page of setSuggestedPrompts asks for it.
    described["oauth_config"]["scopes"]["bot"].remove("assistant:write")
    yield "AppsManifestCreateArguments", {"manifest": described}


async def streamed() -> list[tuple[str, Mapping[str, Any]]]:
    """The calls that an answer makes while it grows, as the simulated Slack got them."""
    async with deploy() as deployment:
        await _let_an_answer_grow(deployment)
        return [*_calls(deployment.slack)]


async def test_slack_s_types_accept_everything_that_we_send(oracles: Oracles, tmp_path: Path) -> None:
    sent = [*payloads(), *await streamed()]

    complaints = oracles.complaints(tmp_path, {"ours.ts": _source(sent), "wrong.ts": _source([WRONG])})

    assert [line for line in complaints if not line.startswith("wrong.ts")] == []
    assert [line for line in complaints if line.startswith("wrong.ts")] != []  # else the types judge nothing
    assert {kind for kind, _ in sent} >= {"ChatAppendStreamArguments", "AssistantThreadsSetStatusArguments"}


def _message(message: CardMessage) -> Mapping[str, Any]:
    return {"channel": "C1", "text": message.text, "blocks": message.blocks, "metadata": metadata("k1")}


def _source(sent: list[tuple[str, Mapping[str, Any]]]) -> str:
    constants = (
        f"export const p{number}: {kind} = {json.dumps(payload)};" for number, (kind, payload) in enumerate(sent)
    )
    return "\n".join([HEADER, *constants])


async def _let_an_answer_grow(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.show("Looking up the order", Activity.RUNNING, call_id="c1")
        progress.write(LONG)
        await until(lambda: answers(deployment, target) == [LONG])
        progress.show("Looking up the order", Activity.DONE, call_id="c1")
    await finish(deployment, begun.targets[0], LONG)


def _calls(slack: SlackSimulator) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kinds = {
        "assistant.threads.setStatus": "AssistantThreadsSetStatusArguments",
        "chat.startStream": "ChatStartStreamArguments",
        "chat.appendStream": "ChatAppendStreamArguments",
        "chat.stopStream": "ChatStopStreamArguments",
        "chat.update": "ChatUpdateArguments",
    }
    return ((kinds[method], arguments) for method, arguments in slack.calls_made if method in kinds)

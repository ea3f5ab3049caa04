"""What happens when somebody at the desk presses a button or submits a dialog.

A decision is durable before Slack is told that we have it: the listener awaits the gateway and acknowledges last
(bolt runs with `process_before_response`). What is only for the eyes (whispers, dialogs) follows in tasks that the
app holds.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from channels.base import DecisionInbox, Desk
from channels.errors import MalformedPayload, SendError
from channels.slack.api import SlackApi
from channels.slack.desk import dialogs, parse
from channels.slack.desk.blocks import Block
from channels.slack.desk.card import SHOW_ALL
from channels.slack.desk.dialogs import REASON, REASON_CHARS, DialogSubject
from channels.slack.web import Json
from channels.staff import ApprovalCard, ButtonValue, Click, ClickAction, Reply

log = structlog.get_logger(__name__)

Later = Callable[[Coroutine[Any, Any, None]], None]  # runs a coroutine after the answer to Slack, held by the app

_TITLES = {ClickAction.EDIT: "Edit", ClickAction.DENY: "Deny"}
_GONE = "This request is not known any more."


class DeskListeners:
    """The desk's side of the bolt app."""

    def __init__(self, api: SlackApi, desk: Desk, decisions: DecisionInbox, later: Later) -> None:
        self._api = api
        self._desk = desk
        self._decisions = decisions
        self._later = later

    def register(self, app: AsyncApp) -> None:
        """Listen for the promised action and callback ids."""
        app.action(str(ClickAction.APPROVE))(self._decide)
        for action in _TITLES:
            app.action(str(action))(self._open_dialog)
        app.action(SHOW_ALL)(self._open_arguments)
        app.view(str(ClickAction.EDIT))(self._submit_edit)
        app.view(str(ClickAction.DENY))(self._submit_denial)

    async def _decide(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        click = parse.click(body)
        reply = await self._decisions.click(click)
        log.info("slack.clicked", action=click.action, card_ts=click.card.ts, member_id=click.member_id)
        await ack()
        self._later(self._whisper(reply, click.member_id, click.card.slack_channel_id))

    async def _open_dialog(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        click = parse.click(body)
        await ack()
        self._later(self._fill_dialog(click, body["trigger_id"]))

    async def _open_arguments(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._later(self._fill_arguments(body["actions"][0]["value"], body["trigger_id"]))

    async def _submit_edit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        submitted = parse.edit(body)
        reply = await self._decisions.submit_edit(submitted)
        await self._answer(ack, reply, submitted.member_id, body)

    async def _submit_denial(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        submitted = parse.denial(body)
        if not submitted.reason:
            await ack(response_action="errors", errors={REASON: "Please say why; the agent answers with it."})
        elif len(submitted.reason) > REASON_CHARS:
            await ack(response_action="errors", errors={REASON: _too_long(len(submitted.reason))})
        else:
            reply = await self._decisions.submit_denial(submitted)
            await self._answer(ack, reply, submitted.member_id, body)

    async def _answer(self, ack: AsyncAck, reply: Reply, member_id: str, body: Json) -> None:
        """Close the dialog, keep it open with field errors, or let it say what the gateway says."""
        if reply.field_errors:
            await ack(response_action="errors", errors=_placed_errors(reply, body))
        elif reply.text:
            await ack(response_action="update", view=dialogs.message("Approval", reply.text))
            self._later(self._whisper(reply, member_id, parse.subject(body).slack_channel_id))
        else:
            await ack()

    async def _fill_dialog(self, click: Click, trigger_id: str) -> None:
        title = _TITLES[click.action]
        view_id = await self._open(trigger_id, title, click)
        reply = await self._decisions.click(click)
        if reply.text:
            await self._whisper(reply, click.member_id, click.card.slack_channel_id)
        if view_id:
            await self._api.update_view(view_id=view_id, view=await self._dialog(click, reply, title))

    async def _dialog(self, click: Click, reply: Reply, title: str) -> Block:
        if reply.text:
            return dialogs.message(title, reply.text)
        card = await self._card(click.value)
        if card is None:
            return dialogs.message(title, _GONE)
        about = DialogSubject(card.approval_id, card.arguments_hash, click.card.slack_channel_id)
        return dialogs.edit(card, about) if click.action is ClickAction.EDIT else dialogs.deny(card, about)

    async def _fill_arguments(self, value: str, trigger_id: str) -> None:
        opened = await self._api.open_view(trigger_id=trigger_id, view=dialogs.loading("All arguments"))
        card = await self._card(value)
        view = dialogs.show_all(card) if card else dialogs.message("All arguments", _GONE)
        await self._api.update_view(view_id=opened["id"], view=view)

    async def _open(self, trigger_id: str, title: str, click: Click) -> str:
        """The id of the dialog, opened before anything slow; nothing where Slack found the click too old."""
        try:
            opened = await self._api.open_view(trigger_id=trigger_id, view=dialogs.loading(title))
        except SendError as error:
            log.warning("slack.dialog_not_opened", code=error.code, card_ts=click.card.ts)
            late = Reply("The dialog could not be opened in time. Please press the button again.")
            await self._whisper(late, click.member_id, click.card.slack_channel_id)
            return ""
        return str(opened["id"])

    async def _card(self, value: str) -> ApprovalCard | None:
        return await self._decisions.card(ButtonValue.decode(value).subject_id)

    async def _whisper(self, reply: Reply, member_id: str, slack_channel_id: str) -> None:
        if not reply.text:
            return
        try:
            await self._desk.whisper(reply.text, member_id=member_id, slack_channel_id=slack_channel_id)
        except SendError as error:
            log.warning("slack.whisper_failed", code=error.code, member_id=member_id)


def _placed_errors(reply: Reply, body: Json) -> dict[str, str]:
    """Field errors by block id. Slack refuses an error for a block that the dialog does not have."""
    inputs = [block["block_id"] for block in body["view"]["blocks"] if block["type"] == "input"]
    if not inputs:
        raise MalformedPayload("a submitted dialog without inputs")
    placed: dict[str, str] = {}
    for name, message in reply.field_errors.items():
        known = name in inputs
        said = message if known else f"{name}: {message}"
        at = name if known else inputs[0]
        placed[at] = f"{placed[at]} {said}" if at in placed else said
    return placed


def _too_long(length: int) -> str:
    return f"This is {length} characters together; at most {REASON_CHARS} can be kept."

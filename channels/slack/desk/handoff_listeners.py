"""What happens when staff press or type something about a handoff.

As with decisions: the gateway keeps it first, then Slack hears that we have it, and what is only for the eyes follows.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from channels.base import Desk, StaffInbox
from channels.errors import SendError
from channels.slack.api import SlackApi
from channels.slack.desk import blocks as block
from channels.slack.desk import dialogs, handoff_parse
from channels.slack.desk.draft import TEXT, DraftSubject, edit_dialog
from channels.slack.mrkdwn import harmless, mention
from channels.slack.staff_channels import StaffChannels
from channels.slack.web import Json
from channels.staff import HandoffAction, HandoffPress, Reply

log = structlog.get_logger(__name__)

TAKE_OVER_COMMAND = "/takeover"

Later = Callable[[Coroutine[Any, Any, None]], None]  # runs a coroutine after the answer to Slack, held by the app

_TITLE = "Edit the answer"
_ANSWERED = {HandoffAction.SEND_ANYWAY: "Sent anyway", HandoffAction.HOLD_BACK: "Held back"}


class HandoffListeners:
    """The handoffs' side of the bolt app. Commands are taken in `staff_channels` alone."""

    def __init__(
        self, api: SlackApi, desk: Desk, staff: StaffInbox, later: Later, *, staff_channels: StaffChannels
    ) -> None:
        self._api = api
        self._desk = desk
        self._staff = staff
        self._later = later
        self._staff_channels = staff_channels

    def register(self, app: AsyncApp) -> None:
        """Listen for the buttons, the draft's dialog and the command."""
        for action in HandoffAction:
            app.action(str(action))(self._open_draft if action is HandoffAction.EDIT_DRAFT else self._press)
        app.view(str(HandoffAction.EDIT_DRAFT))(self._submit_draft)
        app.command(TAKE_OVER_COMMAND)(self._take_command)

    async def _press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        press = handoff_parse.press(body)
        reply = await self._staff.press(press)
        log.info("slack.handoff_pressed", action=press.action, card_ts=press.card.ts, member_id=press.member_id)
        await ack()
        if reply.text:
            self._later(self._whisper(reply, press, handoff_parse.thread_of(body)))
        elif press.action in _ANSWERED:
            self._later(self._show_answered(press, body["message"]))

    async def _take_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        press = handoff_parse.command(body)
        if not await self._staff_channels.has(press.card.slack_channel_id, team_id=press.team_id):
            # Customers may be in this workspace, too: what is theirs to type reaches no handoff.
            await ack(text="Please use this in a staff channel.", response_type="ephemeral")
            return
        reply = await self._staff.press(press)
        log.info("slack.command", action=press.action, member_id=press.member_id)
        if reply.text:
            await ack(text=harmless(reply.text), response_type="ephemeral")
        else:
            await ack()

    async def _open_draft(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        press = handoff_parse.press(body)
        await ack()
        self._later(self._fill_draft(press, handoff_parse.thread_of(body), body["trigger_id"]))

    async def _submit_draft(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        submitted = handoff_parse.draft(body)
        if not submitted.text.strip():
            await ack(response_action="errors", errors={TEXT: "An empty answer can't be sent."})
            return
        reply = await self._staff.submit_draft(submitted)
        if reply.field_errors:
            await ack(response_action="errors", errors={TEXT: " ".join(reply.field_errors.values())})
        elif reply.text:
            await ack(response_action="update", view=dialogs.message(_TITLE, reply.text))
        else:
            await ack()

    async def _fill_draft(self, press: HandoffPress, thread_ts: str, trigger_id: str) -> None:
        try:
            # Before anything slow: the trigger lives three seconds.
            opened = await self._api.open_view(trigger_id=trigger_id, view=dialogs.loading(_TITLE))
        except SendError as error:
            log.warning("slack.dialog_not_opened", code=error.code, card_ts=press.card.ts)
            late = Reply("The dialog could not be opened in time. Please press the button again.")
            await self._whisper(late, press, thread_ts)
            return
        view = await self._draft_view(press, thread_ts)
        await self._api.update_view(view_id=opened["id"], view=view)

    async def _draft_view(self, press: HandoffPress, thread_ts: str) -> block.Block:
        reply = await self._staff.press(press)
        if reply.text:
            return dialogs.message(_TITLE, reply.text)
        draft = await self._staff.draft(press.value)
        if draft is None:
            return dialogs.message(_TITLE, "This draft is not known any more.")
        return edit_dialog(draft, DraftSubject(draft.draft_id, press.card.slack_channel_id, thread_ts))

    async def _whisper(self, reply: Reply, press: HandoffPress, thread_ts: str) -> None:
        try:
            await self._desk.whisper(
                reply.text,
                member_id=press.member_id,
                slack_channel_id=press.card.slack_channel_id,
                thread_ts=thread_ts,
            )
        except SendError as error:
            log.warning("slack.whisper_failed", code=error.code, member_id=press.member_id)

    async def _show_answered(self, press: HandoffPress, message: Json) -> None:
        """A question that was answered has no buttons."""
        kept = [item for item in message.get("blocks", ()) if item["type"] != "actions"]
        answered = block.context(f"{_ANSWERED[press.action]} by {mention(press.member_id)}")
        await self._api.update(
            channel=press.card.slack_channel_id, ts=press.card.ts, text=message["text"], blocks=[*kept, answered]
        )

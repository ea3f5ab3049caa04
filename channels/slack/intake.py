"""Takes in events: each goes to its inbox, and is durable there before Slack hears that we have it.

The customers' surface and the staff's threads part here, by workspace and Slack channel alone: nothing that is written
outside of the staff's channels can get to staff, and nothing inside of them to the agent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from channels.base import Inbox, StaffInbox
from channels.message import ChannelName, Ignored
from channels.slack import parse
from channels.slack.people import PeopleDirectory
from channels.slack.staff_channels import StaffChannels
from channels.slack.web import Json
from channels.staff import StaffMessage

log = structlog.get_logger(__name__)

TakesPart = Callable[[str], Awaitable[bool]]  # whether we take part in the thread of this key

_MEMBERSHIP = frozenset({
    "subteam_members_changed", "subteam_updated", "member_joined_channel", "member_left_channel", "user_change",
})  # fmt: skip


async def nowhere(_thread_key: str) -> bool:
    """We take part in no thread that we were not addressed in."""
    return False


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that an event may concern. `opened` hears of a person who opened the app's messages."""

    people: PeopleDirectory
    inbox: Inbox | None
    staff: StaffInbox | None
    takes_part: TakesPart
    staff_channels: StaffChannels
    membership_changed: Callable[[], None]
    uninstalled: Callable[[Json], Awaitable[None]]
    opened: Callable[[Json], None]

    async def take(self, body: Json) -> bool:
        """Keep one event. False where it is of a kind that we don't take. Whatever an inbox raises is raised."""
        event = body["event"]
        if parse.is_message(body):
            await self._take_message(body)
        elif event["type"] in _MEMBERSHIP:
            self.membership_changed()
        elif event["type"] in ("tokens_revoked", "app_uninstalled"):
            await self.uninstalled(body)
        elif event["type"] == "app_home_opened" and event.get("tab") == "messages":
            self.opened(body)
        else:
            return False
        return True

    async def _take_message(self, body: Json) -> None:
        if await self.staff_channels.has(parse.slack_channel_of(body), team_id=parse.team_of(body)):
            await self._take_from_staff(body)
        elif self.inbox is not None:
            await self._take_from_customer(body, self.inbox)

    async def _take_from_customer(self, body: Json, inbox: Inbox) -> None:
        # Read once without names: most events of a busy channel are nobody's, and cost no call.
        if isinstance(event := parse.customer_event(body, {}), Ignored):
            await inbox.accept(event)
            return
        if isinstance(event, parse.IfTakingPart) and not await self.takes_part(event.message.thread_key):
            await inbox.accept(Ignored(ChannelName.SLACK, event.message.provider_id, "not_our_thread"))
            return
        event = parse.customer_event(body, await self._people_in(body))
        await inbox.accept(event.message if isinstance(event, parse.IfTakingPart) else event)

    async def _take_from_staff(self, body: Json) -> None:
        message = parse.staff_message(body, {})
        if self.staff is None or isinstance(message, Ignored):
            log.debug("slack.staff_message_ignored", reason=getattr(message, "reason", "no_inbox"))
            return
        named = parse.staff_message(body, await self._people_in(body))
        if isinstance(named, StaffMessage):
            await self.staff.accept_staff(named)

    async def _people_in(self, body: Json) -> parse.People:
        return await self.people.lookup(parse.members_in(body), team_id=parse.team_of(body))

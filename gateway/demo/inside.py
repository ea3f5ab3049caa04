"""What the page shows of the gateway itself, and the one thing that it does to it: killing a process.

The simulators know only what providers see. This adds the trace of one conversation, read from the rows; the
processes; and the comparison of what was written for customers with what reached them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from channels.sandbox.live import Scene
from channels.sandbox.mail.store import SENT
from channels.sandbox.server import Extension, Sandbox
from channels.sandbox.slack.workspace import BOT_USER
from channels.sandbox.world import CUSTOMERS
from gateway.demo.session_hops import session_hops
from gateway.demo.state import DemoState
from gateway.demo.supervisor import Running, Supervisor
from gateway.domain import ConversationId
from gateway.store import conversations, tallies
from gateway.store.database import Database, DatabaseUnavailable
from gateway.trace import Hop, hops

MOST_CONVERSATIONS = 30
MOST_HOPS = 200
CUSTOMERS_IN_SLACK = frozenset(customer.slack_user_id for customer in CUSTOMERS)
AFTER_A_KILL = {
    "web": "Providers try their webhooks again until it is back.",
    "worker": "The next one takes up what it left.",
    "engine": "Turns wait until it is back.",
    "mailbox": "New mail waits until the dead one's lease has ended, 15 s at most.",
}
PROCESSES = tuple(AFTER_A_KILL)


def inside(sandbox: Sandbox, supervisor: Supervisor, db: Database, state: DemoState) -> Extension:
    """The demo's side of the page."""
    demo = _Inside(sandbox, supervisor, db, state)
    return Extension([web.post("/demo/kill", demo.kill)], demo.look)


@dataclass(frozen=True, slots=True)
class _Inside:
    """What it is made from."""

    _sandbox: Sandbox
    _supervisor: Supervisor
    _db: Database
    _state: DemoState

    async def look(self, query: Mapping[str, str]) -> Scene:
        scene: dict[str, Any] = {
            "processes": [_process(self._supervisor.running[name]) for name in PROCESSES],
            "console": {"url": f"{self._state.web_url}/console", "token": self._state.console_token},
        }
        try:
            return {**scene, **await self._rows(query.get("conversation", ""))}
        except DatabaseUnavailable:
            return scene  # the next look will tell

    async def _rows(self, wanted: str) -> Scene:
        shown = ConversationId(wanted or await tallies.last_active(self._db))
        tally = await tallies.of_customers(self._db)
        return {
            "conversations": [
                {
                    "id": each.id,
                    "channel": str(each.channel),
                    "thread": each.thread_key,
                    "address": each.address,
                    "holder": str(each.holder),
                    "held_because": each.held_because,
                }
                for each in await conversations.newest(self._db, limit=MOST_CONVERSATIONS)
            ],
            "trace": {
                "conversation": shown,
                "hops": [
                    {"at": hop.at.isoformat(), "what": hop.what, "detail": hop.detail}
                    for hop in await self._hops(shown)
                ],
            },
            "tally": {"written": tally.written, "under_way": tally.under_way, "arrived": arrived(self._sandbox)},
        }

    async def _hops(self, conversation_id: ConversationId) -> Sequence[Hop]:
        found = [*await hops(self._db, conversation_id), *await session_hops(self._db, conversation_id)]
        return sorted(found, key=lambda hop: hop.at)[-MOST_HOPS:]

    async def kill(self, request: web.Request) -> web.Response:
        """SIGKILL for one process, whatever it is doing."""
        name = str((await request.json()).get("process"))
        if name not in PROCESSES:
            raise web.HTTPBadRequest(text="there is no such process")
        if not self._supervisor.kill(name):
            return web.json_response({"error": f"{name} is not up at the moment"}, status=409)
        self._sandbox.happenings.note("process.killed", f"You killed {name} with SIGKILL. {AFTER_A_KILL[name]}", name)
        return web.json_response({"killed": name})


def arrived(sandbox: Sandbox) -> int:
    """How many messages of ours customers have got, by the providers' own count."""
    texts = sum(message.direction == "outbound-api" for message in sandbox.twilio.account.messages())
    mails = len(sandbox.mail.store.folder(sandbox.mail.support_address, SENT).mails)
    slack = sandbox.slack.workspace
    said = sum(
        message.get("user") == BOT_USER and bool(message.get("metadata"))
        for channel in slack.channels.values()
        if not CUSTOMERS_IN_SLACK.isdisjoint(channel.members)  # what staff alone read is no answer, whatever it tells
        for message in slack.messages.get(channel.id, ())
    )
    return int(texts) + mails + int(said)


def _process(running: Running) -> dict[str, Any]:
    return {
        "name": running.program.name,
        "is_up": running.is_up,
        "pid": running.process.pid if running.process and running.is_up else None,
        "starts": running.starts,
        "since": running.started_at.isoformat(),
    }

"""`frontdesk conversations take-over|hand-back|close|reopen|assign`: what staff do in Slack, from the command line.

It takes the way of every other move, so the first wins, it is audited, and the thread in Slack catches up. Whoever has
the deployment's secrets is believed to be staff.
"""

from __future__ import annotations

import asyncio
import getpass
import re
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from gateway.app import Gateway, open_gateway
from gateway.domain import ConversationId, Handoff
from gateway.errors import GatewayError, NotFound
from gateway.settings import ProcessType, read_settings
from gateway.store import handoffs
from gateway.trace import find_conversations

_MENTION = re.compile(r"<@([^>|]+)(?:\|[^>]*)?>")
Note = Annotated[str, typer.Option(help="What the agent should know.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module with those about conversations."""
    app.command("take-over")(take_over)
    app.command("hand-back")(hand_back)
    app.command("close")(close)
    app.command("reopen")(reopen)
    app.command("assign")(assign)


def take_over(conversation: str) -> None:
    """Take a conversation from the agent; its id, its customer's address, or anything else that names it."""

    async def move(gateway: Gateway) -> str:
        return await gateway.handoffs.take_over(await _named(gateway, conversation), actor=_operator())

    _run(move)
    typer.echo(f"You have {conversation}.")


def hand_back(conversation: str, note: Note = "") -> None:
    """Give a conversation back to the agent, which answers what nobody has."""
    _run(lambda gateway: _moved(gateway, conversation, "hand back", note))
    typer.echo(f"The agent has {conversation} again.")


def close(conversation: str, note: Note = "") -> None:
    """End a handoff: nothing waits for an answer any more."""
    _run(lambda gateway: _moved(gateway, conversation, "close", note))
    typer.echo(f"{conversation} is closed.")


def reopen(conversation: str) -> None:
    """Go on with a handoff that was closed."""
    _run(lambda gateway: _moved(gateway, conversation, "reopen", ""))
    typer.echo(f"You have {conversation} again.")


def assign(conversation: str, to: Annotated[str, typer.Argument(help="A Slack member or group id.")]) -> None:
    """Give a handoff to a person or a group."""
    _run(lambda gateway: _moved(gateway, conversation, "assign", to))
    typer.echo(f"{conversation} is assigned to {to}.")


async def _moved(gateway: Gateway, conversation: str, move: str, argument: str) -> str:
    handoff = await _handoff(gateway, conversation)
    moves, actor = gateway.handoffs, _operator()
    match move:
        case "hand back":
            return await moves.hand_back(handoff.id, actor=actor, note=argument)
        case "close":
            return await moves.close(handoff.id, actor=actor, note=argument)
        case "reopen":
            return await moves.reopen(handoff.id, actor=actor)
        case _:
            return await moves.assign(handoff.id, argument, actor=actor)


async def _handoff(gateway: Gateway, conversation: str) -> Handoff:
    found = await handoffs.newest_of(gateway.db, await _named(gateway, conversation))
    if found is None:
        raise NotFound(f"{conversation} was never handed over")
    return found


async def _named(gateway: Gateway, name: str) -> ConversationId:
    found = await find_conversations(gateway.db, name)
    if len(found) != 1:
        raise NotFound(f"{name} names {len(found) or 'no'} conversations{': ' if found else ''}{', '.join(found[:5])}")
    return found[0]


def _run(move: Callable[[Gateway], Awaitable[str]]) -> None:
    """Open the gateway for one move; a refusal is a failure with its reason."""

    async def run() -> str:
        async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
            return await move(gateway)

    refusal = asyncio.run(run())
    if refusal:
        raise GatewayError(_MENTION.sub(r"\1", refusal))


def _operator() -> str:
    return f"cli:{getpass.getuser()}"

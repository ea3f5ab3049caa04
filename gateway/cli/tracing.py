"""`frontdesk trace ANYTHING`: every hop of a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.cli.foreign import as_shown
from gateway.errors import NotFound
from gateway.settings import ProcessType, read_settings
from gateway.store.database import connect
from gateway.trace import Hop, find_conversations, hops

console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(trace)


def trace(
    name: Annotated[str, typer.Argument(metavar="ANYTHING", help="An id, address, session or Slack link.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """From anything that names a conversation to every hop of it."""
    found = asyncio.run(_trace(name))
    if as_json:
        typer.echo(orjson.dumps([{"conversation_id": key, "hops": value} for key, value in found.items()]).decode())
        return
    for conversation_id, steps in found.items():
        console.rule(conversation_id, align="left")
        for hop in steps:
            console.print(f"[dim]{hop.at:%d %b %H:%M:%S.%f}[/] [bold]{hop.what:<22}[/] {as_shown(hop.detail)}")


async def _trace(name: str) -> Mapping[str, Sequence[Hop]]:
    db = await connect(read_settings(ProcessType.TOOL).database_url)
    try:
        conversation_ids = await find_conversations(db, name)
        if not conversation_ids:
            raise NotFound(f"nothing is known of {name}")
        return {conversation_id: await hops(db, conversation_id) for conversation_id in conversation_ids}
    finally:
        await db.close()

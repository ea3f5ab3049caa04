"""Addresses that nothing is sent to: who said STOP, whose mail bounced for good, who called us spam."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import orjson
import typer

from gateway import undelivered
from gateway.cards import mask
from gateway.cli.foreign import as_shown
from gateway.cli.printing import output, table_of
from gateway.domain import utcnow
from gateway.settings import ProcessType, read_settings
from gateway.store import opt_outs
from gateway.store.database import Database, connect

T = TypeVar("T")

opt_outs_app = typer.Typer(no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.add_typer(opt_outs_app, name="opt-outs", help="Addresses that nothing is sent to.")


@opt_outs_app.command("list")
def list_opt_outs(
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The newest, with what said so. JSON has whole addresses, as `lift` wants them."""
    found = _ask(lambda db: opt_outs.newest(db, limit=limit))
    if as_json:
        typer.echo(orjson.dumps(found).decode())
        return
    table = table_of("channel", "address", "since", "source")
    for one in found:
        table.add_row(one.channel, mask(one.address), f"{one.since:%d %b %H:%M}", as_shown(one.source))
    output().print(table)


@opt_outs_app.command("lift")
def lift(address: str) -> None:
    """Write to a mail address again. For texts only the customer can say so, with START."""
    _ask(lambda db: undelivered.lift(db, address.strip().lower(), actor="cli", now=utcnow()))
    typer.echo("It is written to again.")


def _ask(question: Callable[[Database], Awaitable[T]]) -> T:
    """Ask the store something, and let go of it."""

    async def run() -> T:
        db = await connect(read_settings(ProcessType.TOOL).database_url)
        try:
            return await question(db)
        finally:
            await db.close()

    return asyncio.run(run())

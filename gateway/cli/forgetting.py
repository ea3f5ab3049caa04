"""`frontdesk forget ADDRESS`: erases one customer."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from gateway.app import open_gateway
from gateway.cards import mask
from gateway.erasure import Erased, Erasure
from gateway.errors import ConfigurationError
from gateway.settings import ProcessType, read_settings


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(forget)


def forget(
    address: Annotated[str, typer.Argument(help="A number, mail address or Slack member id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Erase one customer's messages and personal data for good. Safe to repeat."""
    erased = asyncio.run(_forget(address.strip(), yes=yes))
    if as_json:
        typer.echo(orjson.dumps(asdict(erased)).decode())
    else:
        _tell(erased)
    if erased.problems:
        sys.stderr.write("".join(f"frontdesk: {problem}\n" for problem in dict.fromkeys(erased.problems)))
        raise typer.Exit(1)


async def _forget(address: str, *, yes: bool) -> Erased:
    if not address:
        raise ConfigurationError("say whom: an address is missing")
    async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
        erasure = Erasure(gateway.db, gateway.platform, gateway.slack, gateway.wakeups)
        if not yes:
            known = await erasure.known_of(address)
            await asyncio.to_thread(
                _ask, f"{known.conversations} conversations with {known.messages} messages of {mask(address)}"
            )
        return await erasure.forget(address, actor="cli")


def _ask(what: str) -> None:
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody can be asked here: say --yes to erase for good")
    typer.confirm(f"Erase {what} for good?", abort=True)


def _tell(erased: Erased) -> None:
    typer.echo(
        f"Erased: {erased.conversations} conversations, {erased.messages} messages, {erased.mails} stored mails,"
        f" {erased.sessions} sessions of the agent, {erased.posts} posts in Slack."
    )

"""The commands that run: one for each line of the Procfile, the release step, and the demo that runs them all.

A process command does not call its process, it becomes it: workers import the gateway and never the other way round,
and the command line stays quick. What only one command needs is imported there, for the same reason.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer

from gateway.settings import ProcessType, read_settings

slack_app = typer.Typer()


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    for command in (demo, web, worker, mailbox, engine, migrate):
        app.command()(command)
    app.add_typer(slack_app, name="slack", help="Listen to Slack over Socket Mode (only with SLACK_APP_TOKEN).")


def web() -> None:
    """HTTP: webhooks, console, health, metrics."""
    _become("gateway.processes.web")


def worker() -> None:
    """Run agent turns and send messages."""
    _become("workers")


def mailbox() -> None:
    """Listen to the support mailbox (IMAP)."""
    _become("workers.mailbox_main")


@slack_app.callback(invoke_without_command=True)
def slack(context: typer.Context) -> None:
    """Listen to Slack over Socket Mode (only with SLACK_APP_TOKEN)."""
    if context.invoked_subcommand is None:
        _become("gateway.processes.slack")


@slack_app.command("manifest")
def print_slack_manifest(
    name: Annotated[str, typer.Option(help="What the app is called in Slack.")] = "Frontdesk",
) -> None:
    """Print the manifest to create the Slack app from: by HTTP with PUBLIC_URL, else for Socket Mode."""
    from gateway.app import slack_manifest

    shown = slack_manifest(read_settings(ProcessType.TOOL), name)
    typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())


def engine() -> None:
    """The embedded agent engine."""
    _become("gateway.processes.engine")


def migrate() -> None:
    """Bring the database to the newest schema. Safe to run twice, and by several machines at once."""
    from gateway.store.migrate import migrate as migrate_database

    asyncio.run(migrate_database(read_settings(ProcessType.TOOL).database_url))
    typer.echo("The database has the newest schema.")


def demo(
    data: Annotated[Path, typer.Option(help="Where its state lives.")] = Path("var"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start empty.")] = False,
    page_port: Annotated[int, typer.Option(help="Where the page is; the next free port where it is taken.")] = 8025,
    engine_port: Annotated[int, typer.Option(help="Where the engine listens; likewise.")] = 8700,
) -> None:
    """Everything on one machine, with no account anywhere."""
    from gateway.cli import demo as demo_machine

    demo_machine.run(data, fresh=fresh, sandbox_port=page_port, engine_port=engine_port)


def _become(module: str) -> NoReturn:
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606  # our own interpreter and module

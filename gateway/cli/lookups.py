"""What ops look up: conversations, approvals, deliveries, the audit chain. `--json` prints one JSON value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

import orjson
import typer

from channels.staff import ApprovalState
from gateway import audit
from gateway.app import open_gateway
from gateway.cards import describe_customer, mask
from gateway.cli import deciding, handing
from gateway.cli.foreign import as_shown
from gateway.cli.printing import output, table_of
from gateway.domain import ConversationId, Delivery, DeliveryId, DeliveryState
from gateway.errors import NotFound
from gateway.quarantine import Quarantine
from gateway.settings import ProcessType, read_settings
from gateway.store import approvals, conversations, deliveries, mailboxes, messages
from gateway.store.database import Database, connect

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(help="How many, newest first.")]

conversations_app = typer.Typer(no_args_is_help=True)
approvals_app = typer.Typer(no_args_is_help=True)
deliveries_app = typer.Typer(no_args_is_help=True)
mails_app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.add_typer(conversations_app, name="conversations", help="Conversations and what was said in them.")
    deciding.add_to(approvals_app)
    handing.add_to(conversations_app)
    app.add_typer(approvals_app, name="approvals", help="Approval requests.")
    app.add_typer(deliveries_app, name="deliveries", help="What is sent, and what could not be.")
    app.add_typer(mails_app, name="mails", help="Mails in quarantine.")
    app.add_typer(audit_app, name="audit", help="Who did what.")


@conversations_app.command("list")
def list_conversations(limit: Limit = 50, as_json: AsJson = False) -> None:
    """The newest conversations."""
    found = _ask(lambda db: conversations.newest(db, limit=limit))
    if as_json:
        _print_json(found)
        return
    table = table_of("id", "channel", "customer", "holder", "messages", "waiting", "session")
    for one in found:
        waiting = str(one.arrived - one.taken)
        table.add_row(
            one.id, one.channel, as_shown(describe_customer(one)), one.holder, str(one.arrived), waiting, one.session_id
        )
    output().print(table)


@conversations_app.command("show")
def show_conversation(conversation_id: str, as_json: AsJson = False) -> None:
    """One conversation: what came in and what went out."""
    shown = _ask(lambda db: _transcript(db, ConversationId(conversation_id)))
    if as_json:
        _print_json(shown)
        return
    console = output()
    customer = as_shown(describe_customer(shown["conversation"]))
    console.print(f"[bold]{shown['conversation'].channel}[/] {customer}")
    for message in shown["messages"]:
        console.print(
            f"[dim]{message.received_at:%d %b %H:%M:%S}[/] [cyan]customer[/]  {as_shown(message.text)}",
            highlight=False,
        )
    for delivery in shown["deliveries"]:
        console.print(
            f"[dim]{delivery.created_at:%d %b %H:%M:%S}[/] [green]{delivery.kind}[/]  {as_shown(delivery.text)}"
            f" [dim]({delivery.state}{f', {as_shown(delivery.reason)}' if delivery.reason else ''})[/]",
            highlight=False,
        )


@conversations_app.command("release")
def release_conversation(conversation_id: str) -> None:
    """Let the agent go on with a conversation that is held for a person."""

    async def run() -> None:
        async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
            await gateway.holding.release(ConversationId(conversation_id), actor="cli")

    asyncio.run(run())
    typer.echo(f"The agent goes on with {conversation_id}.")


@approvals_app.command("list")
def list_approvals(
    limit: Limit = 50, pending: Annotated[bool, typer.Option("--pending")] = False, as_json: AsJson = False
) -> None:
    """The newest approval requests."""
    state = ApprovalState.PENDING if pending else None
    found = _ask(lambda db: approvals.newest(db, limit=limit, state=state))
    if as_json:
        _print_json(found)
        return
    table = table_of("id", "tool", "state", "asked", "decided by", "reason", "outcome")
    for one in found:
        asked = f"{one.created_at:%d %b %H:%M:%S}"
        words = [as_shown(text) for text in (one.tool_name, one.reason, one.outcome[:60])]
        table.add_row(one.id, words[0], one.state, asked, one.decided_by, *words[1:])
    output().print(table)


@deliveries_app.command("list")
def list_deliveries(
    limit: Limit = 50, state: Annotated[DeliveryState | None, typer.Option()] = None, as_json: AsJson = False
) -> None:
    """The newest deliveries; `--state failed` shows the dead letters."""
    found = _ask(lambda db: deliveries.newest(db, limit=limit, state=state))
    if as_json:
        _print_json(found)
        return
    table = table_of("id", "kind", "to", "part", "state", "attempts", "reason")
    for one in found:
        to = f"{one.target.channel} {mask(one.target.address)}"
        table.add_row(
            one.id, one.kind, to, f"{one.part}/{one.parts}", one.state, str(one.attempts), as_shown(one.reason)
        )
    output().print(table)


@deliveries_app.command("retry")
def retry_delivery(delivery_id: str) -> None:
    """Try a dead letter again."""

    async def run() -> None:
        async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
            await gateway.outbound.retry(DeliveryId(delivery_id), actor="cli")

    asyncio.run(run())
    typer.echo(f"{delivery_id} is queued again.")


@deliveries_app.command("drop")
def drop_delivery(delivery_id: str) -> None:
    """Let a dead letter rest, or keep back what still waits."""

    async def run() -> None:
        async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
            await gateway.outbound.drop(DeliveryId(delivery_id), actor="cli")

    asyncio.run(run())
    typer.echo(f"{delivery_id} is dropped.")


@mails_app.command("list")
def list_quarantined(as_json: AsJson = False) -> None:
    """Mails that could not be read, newest first."""
    found = _ask(mailboxes.quarantined)
    if as_json:
        _print_json(found)
        return
    table = table_of("mail", "received", "bytes", "tries", "reason")
    for one in found:
        table.add_row(
            mailboxes.name_of(one),
            f"{one.received_at:%d %b %H:%M:%S}",
            str(one.size),
            str(one.tries),
            as_shown(one.reason),
        )
    output().print(table)


@mails_app.command("replay")
def replay_mail(name: str) -> None:
    """Try a quarantined mail again, named as `mails list` names it."""

    _ask(lambda db: Quarantine(db).replay(name, actor="cli"))
    typer.echo(f"{name} is tried again.")


@audit_app.command("verify")
def verify_audit() -> None:
    """Check every link of the audit chain."""
    count, problem = _ask(audit.verify)
    if problem:
        typer.echo(f"The audit chain is broken: {problem}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The audit chain is whole: {count} events.")


@audit_app.command("export")
def export_audit() -> None:
    """The whole chain, one JSON object a line."""

    async def write(db: Database) -> None:
        async for event in audit.read(db):
            typer.echo(orjson.dumps(event).decode())

    _ask(write)


async def _transcript(db: Database, conversation_id: ConversationId) -> Mapping[str, Any]:
    conversation = await conversations.get(db, conversation_id)
    if conversation is None:
        raise NotFound(f"no conversation {conversation_id}")
    return {
        "conversation": conversation,
        "messages": await messages.between(db, conversation_id, 1, conversation.arrived),
        "deliveries": await deliveries.of_conversation(db, conversation_id),
    }


def _ask(question: Callable[[Database], Awaitable[T]]) -> T:
    """Ask the store something, and let go of it."""

    async def run() -> T:
        async with _database() as db:
            return await question(db)

    return asyncio.run(run())


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    db = await connect(read_settings(ProcessType.TOOL).database_url)
    try:
        yield db
    finally:
        await db.close()


def _print_json(value: object) -> None:
    typer.echo(orjson.dumps(_plain(value), default=str).decode())


def _plain(value: object) -> object:
    """Rows as JSON: no bytes, and the key of a delivery's text kept."""
    match value:
        case Delivery():
            return {key: item for key, item in asdict(value).items() if key != "payload"}
        case datetime():
            return value.isoformat()
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case str():
            return value
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value

"""`frontdesk sandbox`: a person's side of the simulators, spoken to over their own small API."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.panel import Panel

from channels.sandbox.faults import FaultKind
from channels.sandbox.world import APPROVER
from gateway.cli.foreign import as_shown
from gateway.demo.state import DemoState, read_state
from gateway.errors import GatewayError

Data = Annotated[Path, typer.Option(help="The demo's folder.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the answer and print it.")]
User = Annotated[str, typer.Option("--as", help="The Slack user id of the person.")]

HERE = Path("var")
Messages = list[Mapping[str, Any]]
WAIT_S = 60.0
ACTIONS = {
    "approve": "approval.approve",
    "edit": "approval.edit",
    "deny": "approval.deny",
    "take-over": "conversation.take_over",
    "hand-back": "conversation.hand_back",
}

sandbox_app = typer.Typer(no_args_is_help=True)
console = Console(highlight=False)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module."""
    app.add_typer(sandbox_app, name="sandbox", help="Play customer, approver and provider against a running demo.")


@sandbox_app.command()
def sms(
    from_: Annotated[str, typer.Argument(metavar="[FROM]")] = "",
    text: Annotated[str, typer.Argument()] = "",
    wait: Wait = False,
    data: Data = HERE,
) -> None:
    """Text as the customer FROM; without TEXT, show the phone."""
    with _player(data) as player:
        if not text:
            _show_phone(player.get("/sandbox/sms", params={"address": from_}).json())
            return
        before = len(_received(player, from_))
        player.post("/sandbox/sms", json={"from": from_, "text": text}).raise_for_status()
        console.print(f"[cyan]{from_}[/] → {as_shown(text)}")
        if wait:
            _show_phone(_await_news(lambda: _received(player, from_)[before:]))


@sandbox_app.command()
def mail(
    from_: Annotated[str, typer.Argument(metavar="FROM")],
    subject: Annotated[str, typer.Argument()] = "",
    text: Annotated[str, typer.Argument()] = "",
    reply: Annotated[bool, typer.Option("--reply", help="Answer the newest mail that FROM got.")] = False,
    dmarc: Annotated[str, typer.Option(help="What the provider finds out about the sender.")] = "pass",
    wait: Wait = False,
    data: Data = HERE,
) -> None:
    """Write a mail as the customer FROM; without TEXT, show their inbox."""
    with _player(data) as player:
        if not text:
            _show_mails(_mails(player, from_))
            return
        before = len(_mails(player, from_))
        body = {"from": from_, "subject": subject, "text": text, "reply": reply, "dmarc": dmarc}
        player.post("/sandbox/mail", json=body).raise_for_status()
        console.print(f"[cyan]{from_}[/] → [bold]{as_shown(subject)}[/] {as_shown(text)}")
        if wait:
            _show_mails(_await_news(lambda: _mails(player, from_)[before:]))


@sandbox_app.command()
def slack(
    user: Annotated[str, typer.Argument()] = "",
    channel: Annotated[str, typer.Argument()] = "",
    text: Annotated[str, typer.Argument()] = "",
    thread: Annotated[str, typer.Option(help="The thread's first message.")] = "",
    wait: Wait = False,
    data: Data = HERE,
) -> None:
    """Show what stands in Slack; with USER CHANNEL TEXT, write there: `dm` is the app's direct messages, and
    `@frontdesk` mentions it. Prints the message's timestamp, which names its thread.
    """
    with _player(data) as player:
        if text:
            body = {"user": user, "channel": channel, "text": text, "thread": thread}
            ts = player.post("/sandbox/slack", json=body).raise_for_status().json()["ts"]
            typer.echo(ts)
            if wait:
                _show_replies(_await_news(lambda: _slack_answers(player, ts)))
            return
        for room in player.get("/sandbox/slack").json():
            _show_room(room)


@sandbox_app.command()
def click(
    action: Annotated[str, typer.Argument(help="approve, edit, deny, take-over, hand-back, or an action id.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]…", help="What to type into the dialog.")
    ] = None,
    reason: Annotated[str, typer.Option(help="The reason of a denial.")] = "",
    user: User = APPROVER,
    data: Data = HERE,
) -> None:
    """Press the newest such button, and submit the dialog that it opens."""
    filled = dict(value.split("=", 1) for value in values or [] if "=" in value)
    if reason:
        filled["reason"] = reason
    body: dict[str, Any] = {"action": ACTIONS.get(action, action), "user": user}
    if filled or action in ("edit", "deny"):
        body["values"] = filled
    with _player(data) as player:
        answer = player.post("/sandbox/click", json=body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise GatewayError(answer.json()["error"])
        outcome = answer.raise_for_status().json()
    for field, error in outcome["errors"].items():
        console.print(f"[red]{field}[/]: {as_shown(error)}")
    for whisper in outcome["whispers"]:
        console.print(f"[yellow]only {user} sees:[/] {as_shown(whisper['text'])}")
    if outcome["status"] != httpx.codes.OK or outcome["errors"]:
        raise typer.Exit(1)
    console.print(f"[green]✓[/] {user} pressed {action}")


@sandbox_app.command()
def fault(
    provider: Annotated[str, typer.Argument(help="twilio, slack or mail; `clear` ends all faults.")],
    kind: Annotated[FaultKind | None, typer.Argument()] = None,
    operation: Annotated[str, typer.Argument(help="messages.create, chat.postMessage, webhook, …")] = "*",
    times: int = 1,
    seconds: float = 0.0,
    code: str = "",
    data: Data = HERE,
) -> None:
    """Make a provider misbehave."""
    with _player(data) as player:
        if provider == "clear":
            player.delete("/sandbox/faults").raise_for_status()
        else:
            body = {"provider": provider, "kind": kind or "", "operation": operation, "times": times}
            player.post("/sandbox/faults", json={**body, "seconds": seconds, "code": code}).raise_for_status()
    console.print("[green]✓[/] planned" if kind else "[green]✓[/] no more faults")


def _player(data: Path) -> httpx.Client:
    state: DemoState = read_state(data)
    return httpx.Client(base_url=state.sandbox_url, timeout=15, trust_env=False)


def _received(player: httpx.Client, address: str) -> Messages:
    messages = player.get("/sandbox/sms", params={"address": address}).raise_for_status().json()
    return [message for message in messages if not message["is_inbound"]]


def _mails(player: httpx.Client, address: str) -> Messages:
    found: Messages = player.get("/sandbox/mail", params={"address": address}).raise_for_status().json()
    return found


def _slack_answers(player: httpx.Client, ts: str) -> Messages:
    answers: Messages = player.get("/sandbox/slack/answers", params={"after": ts}).raise_for_status().json()
    return answers


def _await_news(look: Callable[[], Messages]) -> Messages:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        news = look()
        if news:
            return news
        time.sleep(0.1)
    raise GatewayError(f"no answer within {WAIT_S:g} s")


def _show_mails(mails: Messages) -> None:
    for received in mails:
        title = as_shown(f"{received['from']}: {received['subject']}")
        console.print(Panel(as_shown(received["text"].strip()), title=title, title_align="left"))


def _show_phone(messages: Messages) -> None:
    for message in messages:
        if message["is_inbound"]:
            console.print(f"[cyan]{message['from']}[/] → {as_shown(message['text'])}")
        else:
            console.print(f"[green]{message['to']}[/] ← {as_shown(message['text'])} [dim]({message['status']})[/]")


def _show_room(room: Mapping[str, Any]) -> None:
    if not room["messages"]:
        return
    console.rule(f"#{room['name']}" if room["name"] else room["id"], align="left")
    for message in room["messages"]:
        body = as_shown("\n".join(message["lines"]) or message["text"])
        buttons = "  ".join(f"[reverse] {label} [/]" for label in message["buttons"].values())
        title = f"{message['user']} [dim]{message['ts']}[/]"
        console.print(Panel(f"{body}\n\n{buttons}" if buttons else body, title=title, title_align="left"))
        _show_replies(message["replies"])


def _show_replies(replies: Messages) -> None:
    for reply in replies:
        console.print(f"    [dim]{reply['user']}[/] {as_shown(reply['text'])}")

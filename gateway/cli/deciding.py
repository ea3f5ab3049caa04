"""`frontdesk approvals approve|deny`: the decision of somebody who is at the deployment's own machine.

It takes the way of every other decision, so it counts once, is audited, and the card in Slack catches up as soon as
Slack can be reached. Whoever has the deployment's secrets is believed to be an approver. What is decided on is printed,
and is exactly what was printed; who has looked before names that by `--shown`.
"""

from __future__ import annotations

import asyncio
import getpass
import re
from typing import Annotated

import typer

from channels.staff import ApprovalState
from gateway.app import open_gateway
from gateway.cli.foreign import as_shown
from gateway.cli.printing import output
from gateway.domain import Approval, canonical_json
from gateway.errors import GatewayError, NotFound
from gateway.settings import ProcessType, read_settings
from gateway.store import approvals

_SLACK_DATE = re.compile(r"<!date[^|>]*\|([^>]*)>")


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module with those about approvals."""
    app.command()(approve)
    app.command()(deny)


_Shown = Annotated[
    str, typer.Option("--shown", help="Only if it still is what you saw: `arguments_hash` of `approvals list --json`.")
]


def approve(approval_id: str, shown: _Shown = "") -> None:
    """Approve a request as it stands."""
    _decide(approval_id, approved=True, reason="", shown=shown)


def deny(
    approval_id: str,
    reason: Annotated[str, typer.Option(help="Why; the agent answers with it.")],
    shown: _Shown = "",
) -> None:
    """Deny a request."""
    _decide(approval_id, approved=False, reason=reason, shown=shown)


def _decide(approval_id: str, *, approved: bool, reason: str, shown: str) -> None:
    state = asyncio.run(_decided(approval_id, approved=approved, reason=reason, shown=shown))
    typer.echo(f"{approval_id} is {state}." if state is not ApprovalState.PENDING else f"{approval_id} needs another.")


async def _decided(approval_id: str, *, approved: bool, reason: str, shown: str) -> ApprovalState:
    operator = f"cli:{getpass.getuser()}"
    async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
        seen = await approvals.get(gateway.db, approval_id)
        if seen is None:
            raise NotFound(f"no approval request {approval_id}")
        output().print(f"{as_shown(seen.tool_name)} {as_shown(canonical_json(dict(seen.arguments)))}")
        reply = await gateway.approvals.decide_for(
            operator, approval_id, approved=approved, reason=reason, shown=_named(shown, seen)
        )
        decided = await approvals.get(gateway.db, approval_id)
    if reply.text or decided is None:
        raise GatewayError(_SLACK_DATE.sub(r"\1", reply.text))
    return decided.state


def _named(shown: str, seen: Approval) -> str:
    """What the decision names: what was just printed, unless somebody says what they saw before that."""
    return shown or seen.shown

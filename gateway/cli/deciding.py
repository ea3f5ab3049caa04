"""`frontdesk approvals approve|deny`: the decision of somebody who is at the deployment's own machine.

It takes the way of every other decision, so it counts once, is audited, and the card in Slack catches up as soon as
Slack can be reached. Whoever has the deployment's secrets is believed to be an approver.
"""

from __future__ import annotations

import asyncio
import getpass
import re
from typing import Annotated

import typer

from channels.staff import ApprovalState
from gateway.app import open_gateway
from gateway.errors import GatewayError
from gateway.settings import ProcessType, read_settings
from gateway.store import approvals

_SLACK_DATE = re.compile(r"<!date[^|>]*\|([^>]*)>")


def add_to(app: typer.Typer) -> None:
    """Register the commands of this module with those about approvals."""
    app.command()(approve)
    app.command()(deny)


def approve(approval_id: str) -> None:
    """Approve a request as it stands."""
    _decide(approval_id, approved=True, reason="")


def deny(
    approval_id: str,
    reason: Annotated[str, typer.Option(help="Why; the agent answers with it.")],
) -> None:
    """Deny a request."""
    _decide(approval_id, approved=False, reason=reason)


def _decide(approval_id: str, *, approved: bool, reason: str) -> None:
    state = asyncio.run(_decided(approval_id, approved=approved, reason=reason))
    typer.echo(f"{approval_id} is {state}." if state is not ApprovalState.PENDING else f"{approval_id} needs another.")


async def _decided(approval_id: str, *, approved: bool, reason: str) -> ApprovalState:
    operator = f"cli:{getpass.getuser()}"
    async with open_gateway(read_settings(ProcessType.WORKER)) as gateway:
        reply = await gateway.approvals.decide_for(operator, approval_id, approved=approved, reason=reason)
        approval = await approvals.get(gateway.db, approval_id)
    if reply.text or approval is None:
        raise GatewayError(_SLACK_DATE.sub(r"\1", reply.text))
    return approval.state

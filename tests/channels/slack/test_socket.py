"""Socket Mode: the same app, reached over the connection that it opens itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from channels.errors import ChannelDown
from channels.sandbox.faults import Fault, FaultKind
from channels.staff import ApprovalState
from tests.channels.slack.deciding import refund
from tests.channels.slack.harness import Deployment, deploy


@asynccontextmanager
async def listening(**changes: object) -> AsyncIterator[Deployment]:
    """A pair where the app listens over Socket Mode."""
    async with deploy(socket_mode=True, **changes) as deployment:
        task = asyncio.create_task(deployment.app.listen_socket())
        await deployment.slack.sockets.connected()
        yield deployment
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_click_over_the_socket_decides_as_over_http() -> None:
    async with listening() as deployment:
        ref = await deployment.ask(refund())

        status = await deployment.press("U0ADA", "approval.approve", ref)

        assert status == 200
        assert deployment.gateway.cards["apr_1"].state is ApprovalState.APPROVED
        assert await deployment.app.is_listening()


async def test_a_dialog_over_the_socket_gets_its_field_errors() -> None:
    async with listening() as deployment:
        ref = await deployment.ask(refund())
        await deployment.press("U0ADA", "approval.deny", ref)

        errors = await deployment.slack.submit("U0ADA")

        assert errors == {"reason": "Please say why; the agent answers with it."}


async def test_what_the_gateway_cannot_keep_is_not_acknowledged_over_the_socket() -> None:
    async with listening() as deployment:
        ref = await deployment.ask(refund())
        deployment.gateway.broken = True
        deployment.slack.sockets.patience /= 100

        status = await deployment.press("U0ADA", "approval.approve", ref)

        assert status == 0


@pytest.mark.parametrize("way", ["asked", "cut"])
async def test_the_app_comes_back_after_its_connection_ends(way: str) -> None:
    async with listening() as deployment:
        ref = await deployment.ask(refund())
        sockets = deployment.slack.sockets

        await {"asked": sockets.ask_to_reconnect, "cut": sockets.cut}[way]()
        await asyncio.wait_for(sockets.connected(), 60)

        assert await deployment.press("U0ADA", "approval.approve", ref) == 200


async def test_a_proxy_in_the_environment_is_not_taken_for_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    async with listening() as deployment:
        ref = await deployment.ask(refund())

        assert await deployment.press("U0ADA", "approval.approve", ref) == 200


async def test_a_wrong_app_token_stops_at_once() -> None:
    async with deploy(socket_mode=True) as deployment:
        deployment.slack.faults.plan(Fault(FaultKind.REJECT, "apps.connections.open", code="invalid_auth"))

        with pytest.raises(ChannelDown):
            await deployment.app.listen_socket()

        assert not await deployment.app.is_listening()

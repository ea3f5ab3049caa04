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
from tests.channels.slack.harness import APPROVERS, Deployment, deploy


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


async def test_a_command_over_the_socket_is_taken_as_over_http() -> None:
    async with listening() as deployment:
        heard = await deployment.slack.command("U0STAN", APPROVERS, "/takeover", "cnv_1")
        unknown = await deployment.slack.command("U0STAN", APPROVERS, "/nothing")

    assert (heard.status, unknown.status) == (200, 200)
    assert [press.value for press in deployment.inbox.presses] == ["cnv_1"]


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


async def test_a_stopping_app_still_acknowledges_what_it_is_keeping() -> None:
    async with deploy(socket_mode=True) as deployment:
        listener = asyncio.create_task(deployment.app.listen_socket())
        await deployment.slack.sockets.connected()
        ref = await deployment.ask(refund())
        deployment.gateway.may_answer.clear()
        pressing = asyncio.create_task(deployment.press("U0ADA", "approval.approve", ref))
        await deployment.gateway.asked.wait()

        listener.cancel()
        deployment.gateway.may_answer.set()
        status = await pressing

        assert status == 200
        assert deployment.gateway.cards["apr_1"].state is ApprovalState.APPROVED
        await asyncio.wait({listener}, timeout=60)


async def test_a_dialog_opens_before_the_gateway_has_answered() -> None:
    async with listening() as deployment:
        ref = await deployment.ask(refund())
        deployment.gateway.may_answer.clear()
        message = deployment.slack.workspace.message(ref.slack_channel_id, ref.ts)

        await deployment.slack.click("U0ADA", "approval.edit", message)
        await deployment.gateway.asked.wait()
        (loading,) = deployment.slack.open_views("U0ADA")
        deployment.gateway.may_answer.set()
        await deployment.app.settle()

        (filled,) = deployment.slack.open_views("U0ADA")
        assert "One moment" in loading["blocks"][0]["text"]["text"]
        assert filled["callback_id"] == "approval.edit"


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

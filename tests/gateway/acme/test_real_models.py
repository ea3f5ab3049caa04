"""The bundled agent with models over the wire: calls in pieces, failures in words, and no refund twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.acme.shop import Shop
from gateway.agent import LlmInfo
from tests.gateway.acme.conftest import Talk
from tests.gateway.engine.models.provider import (
    FakeProvider,
    Stream,
    chat_call,
    chat_error,
    chat_stream,
    claude_call,
    claude_stream,
    claude_text,
    claude_thinking,
    fake_provider,
)
from tests.gateway.engine.wire import Client, Frame, contents, is_turn_end, message_of, outline, reply_of

REFUND = ['{"order_id": "A-', '1001", "amount": 25}']
CHAT_REFUND = chat_stream({"content": "One moment. "}, *chat_call(REFUND), finish="tool_calls")
CLAUDE_REFUND = claude_stream(claude_thinking("Ask a col", "league."), claude_call(*REFUND), stop="tool_use")


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with fake_provider() as provider:
        yield provider


def openai(provider: FakeProvider, **more: Any) -> LlmInfo:
    return LlmInfo(provider="openai", model_id="test", api_key="k", base_url=f"{provider.url}/v1", **more)


def claude(provider: FakeProvider) -> LlmInfo:
    return LlmInfo(provider="anthropic", model_id="test", api_key="k", base_url=provider.url)


async def approve(client: Client, asked: list[Frame]) -> list[Frame]:
    await client.decide(message_of(asked, "tool_call_approval")["id"], {"confirm": {}})
    return await client.until(is_turn_end)


def tool_messages(request: dict[str, Any]) -> list[str]:
    return [message["content"] for message in request["messages"] if message["role"] == "tool"]


async def test_an_approved_refund_goes_back_to_the_model_and_it_replies(
    talk: Talk, provider: FakeProvider, shop: Shop
) -> None:
    provider.steps[:] = [CHAT_REFUND, chat_stream({"content": "All "}, {"content": "done."})]

    async with talk(openai(provider)) as client:
        asked = await client.turn("I want my money back.")
        answered = await approve(client, asked)

    assert reply_of(answered) == "One moment. \n\nAll done."
    assert [f"{refund.amount:.2f}" for refund in shop.refunds("A-1001")] == ["25.00"]
    assert tool_messages(provider.asked[1])[0].startswith("Refunded €25.00 of order A-1001.")


async def test_claude_thinks_calls_and_replies(talk: Talk, provider: FakeProvider, shop: Shop) -> None:
    provider.steps[:] = [CLAUDE_REFUND, claude_stream(claude_text("All ", "done."))]

    async with talk(claude(provider)) as client:
        asked = await client.turn("I want my money back.")
        answered = await approve(client, asked)

    assert contents(asked, "thinking")[0]["content"] == "Ask a colleague."
    assert reply_of(answered) == "All done."
    assert len(shop.refunds("A-1001")) == 1
    thinking, call = provider.asked[1]["messages"][1]["content"]
    assert (thinking["signature"], call["input"]) == ("sig", {"order_id": "A-1001", "amount": 25})


async def test_malformed_arguments_are_told_to_the_model_which_tries_again(
    talk: Talk, provider: FakeProvider, shop: Shop
) -> None:
    malformed = chat_stream(*chat_call(['{"order_id": '], name="lookup_order"), finish="tool_calls")
    wrong = chat_stream(*chat_call(['{"order_id": 7}'], call_id="call_2", name="lookup_order"), finish="tool_calls")
    right = chat_stream(
        *chat_call(['{"order_id": "A-1001"}'], call_id="call_3", name="lookup_order"), finish="tool_calls"
    )
    provider.steps[:] = [malformed, wrong, right, chat_stream({"content": "It was delivered."})]

    async with talk(openai(provider)) as client:
        frames = await client.turn("Where is my order?")

    told = tool_messages(provider.asked[3])
    assert reply_of(frames) == "It was delivered."
    assert [call["status"] for call in contents(frames, "tool_result")] == ["Error", "Error", "Complete"]
    assert "order_id must be text." in told[1]
    assert told[2].startswith("Order A-1001 of 2026-02-02, delivered")


async def test_a_refused_request_is_sent_again_and_the_tool_runs_once(
    talk: Talk, provider: FakeProvider, shop: Shop
) -> None:
    slow = chat_error(429, "slow down", headers={"retry-after-ms": "10"})
    provider.steps[:] = [slow, CHAT_REFUND, slow, chat_stream({"content": "Done."})]

    async with talk(openai(provider)) as client:
        answered = await approve(client, await client.turn("I want my money back."))

    assert reply_of(answered) == "One moment. \n\nDone."
    assert len(shop.refunds("A-1001")) == 1
    assert len(provider.asked) == 4


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Stream(CHAT_REFUND.events[:-3]), "The connection to the model broke before its answer was complete."),
        (
            Stream(CHAT_REFUND.events[:-3], is_cut=True),
            "The connection to the model broke before its answer was complete.",
        ),
        (chat_error(500, "oops"), "The model's provider refused with status 500."),
        (chat_stream({"refusal": "I can't."}), "The model declined to answer: I can't."),
        (chat_stream(), "The model gave an empty answer."),
    ],
    ids=["cut tidily", "cut", "500", "refusal", "empty"],
)
async def test_a_failing_model_is_an_error_turn_in_words_and_no_tool_runs(
    talk: Talk, provider: FakeProvider, shop: Shop, step: Any, error: str
) -> None:
    provider.steps[:] = [step, chat_stream({"content": "Here I am again."})]

    async with talk(openai(provider, max_retries=0)) as client:
        failed = await client.turn("I want my money back.")
        after = await client.turn("Hello?")

    assert outline(failed)[-2:] == ["error_message", "Idle"]
    assert contents(failed, "error_message")[0]["error"] == error
    assert reply_of(after) == "Here I am again."
    assert shop.refunds("A-1001") == []

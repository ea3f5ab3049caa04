"""Models stay at hand between turns, and nobody loses one that is in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, UserPromptPart
from pydantic_ai.models import Model

from gateway.engine.models import ModelUnavailable, build_model
from gateway.engine.models.pool import ModelPool
from tests.gateway.engine.models.provider import FakeProvider, chat_reply, fake_provider


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with fake_provider() as provider:
        yield provider


def llm(provider: FakeProvider, model_id: str = "one") -> dict[str, Any]:
    return {"provider": "openai", "model_id": model_id, "api_key": "k", "base_url": f"{provider.url}/v1"}


async def say_hi(model: Model) -> str | None:
    return (await model_request(model, [ModelRequest(parts=[UserPromptPart("Hi")])])).text


async def test_the_same_settings_give_the_same_model_and_others_another(provider: FakeProvider) -> None:
    async with ModelPool.open() as pool:
        async with pool.use(llm(provider)) as first, pool.use(llm(provider)) as second:
            assert first is second
        async with pool.use(llm(provider, "two")) as other:
            assert other is not first
        async with pool.use(llm(provider)) as again:
            assert again is first


async def test_turns_at_the_same_moment_make_one_model(provider: FakeProvider) -> None:
    built: list[str] = []

    def build(settings: Mapping[str, Any]) -> Model:
        built.append(settings["model_id"])
        return build_model(settings)

    async def turn(pool: ModelPool) -> None:
        async with pool.use(llm(provider)):
            await asyncio.sleep(0)

    async with ModelPool.open(build) as pool:
        await asyncio.gather(*(turn(pool) for _ in range(5)))

    assert built == ["one"]


async def test_a_model_answers_turn_after_turn(provider: FakeProvider) -> None:
    provider.steps[:] = [chat_reply("Hello"), chat_reply("Again")]

    async with ModelPool.open() as pool:
        async with pool.use(llm(provider)) as model:
            first = await say_hi(model)
        async with pool.use(llm(provider)) as model:
            second = await say_hi(model)

    assert (first, second) == ("Hello", "Again")


async def test_a_model_that_is_dropped_while_in_use_still_answers(provider: FakeProvider) -> None:
    provider.steps[:] = [chat_reply("Hello")]
    pool = ModelPool(most_kept=1)

    async with pool.use(llm(provider)) as model, pool.use(llm(provider, "two")):
        answer = await say_hi(model)
    async with pool.use(llm(provider)) as rebuilt:
        is_new = rebuilt is not model
    await pool._close()

    assert answer == "Hello"
    assert is_new


async def test_a_model_that_cannot_be_had_is_asked_for_again_each_time() -> None:
    async with ModelPool.open() as pool:
        for _ in range(2):
            with pytest.raises(ModelUnavailable):
                async with pool.use({"provider": "demo", "model_id": "none"}):
                    pass

"""Which model is meant by an agent's settings, and what is said when it cannot be had."""

from __future__ import annotations

import os
from typing import Any

import pytest
from pydantic_ai.messages import (
    BinaryContent,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)

from gateway.engine.models import ModelUnavailable, build_model, context_window, estimate_tokens, explain
from gateway.engine.models.scripted import ScriptedModel


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL", "_TOKEN"))]:
        monkeypatch.delenv(name)


def llm(provider: str, model_id: str = "some-model", **more: Any) -> dict[str, Any]:
    return {"provider": provider, "model_id": model_id, "api_key": None, "base_url": None, **more}


def test_the_scripted_model_needs_nothing() -> None:
    assert isinstance(build_model(llm("demo", "scripted")), ScriptedModel)


@pytest.mark.parametrize(
    ("settings", "kind", "address"),
    [
        (llm("openai", api_key="k"), "OpenAIChatModel", "https://api.openai.com/v1/"),
        (llm("OpenAI", api_key="k"), "OpenAIChatModel", "https://api.openai.com/v1/"),
        (llm("openai", base_url="http://localhost:8000/v1"), "OpenAIChatModel", "http://localhost:8000/v1/"),
        (llm("openai-responses", api_key="k"), "OpenAIResponsesModel", "https://api.openai.com/v1/"),
        (llm("anthropic", api_key="k"), "AnthropicModel", "https://api.anthropic.com"),
        (llm("google", api_key="k"), "GoogleModel", "https://generativelanguage.googleapis.com/"),
        (llm("gemini", api_key="k"), "GoogleModel", "https://generativelanguage.googleapis.com/"),
        (llm("openrouter", "openai/gpt-5.1", api_key="k"), "OpenRouterModel", "https://openrouter.ai/api/v1"),
        (llm("ollama", base_url="http://localhost:11434/v1"), "OllamaModel", "http://localhost:11434/v1/"),
        (llm("vllm", base_url="http://localhost:8000/v1"), "OpenAIChatModel", "http://localhost:8000/v1/"),
        (llm("deepseek", api_key="k"), "OpenAIChatModel", "https://api.deepseek.com"),
        (llm("deepseek", base_url="http://proxy/v1"), "OpenAIChatModel", "http://proxy/v1/"),
        (llm("anything", base_url="http://proxy/v1"), "OpenAIChatModel", "http://proxy/v1/"),
        (llm("azure", api_key="k", endpoint="https://a.openai.azure.com/openai/v1/"), "OpenAIChatModel", None),
    ],
)
def test_a_provider_and_an_address_name_a_model(settings: dict[str, Any], kind: str, address: str | None) -> None:
    model = build_model(settings)

    assert type(model).__name__ == kind
    assert model.provider is not None
    assert address in (None, model.provider.base_url)


def test_keys_and_addresses_come_from_the_providers_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")

    model = build_model(llm("openai"))

    assert model.provider is not None
    assert model.provider.base_url == "http://localhost:1234/v1/"


def test_a_fine_tuned_model_comes_before_the_plain_one() -> None:
    assert build_model(llm("openai", api_key="k", fine_tuned_model_id="ft:gpt:acme")).model_name == "ft:gpt:acme"


def test_retries_and_tuning_are_passed_on() -> None:
    settings = build_model(llm("openai", api_key="k", max_retries=5, temperature=0, max_tokens="many")).settings

    assert settings is not None
    assert settings.get("max_retries") == 5
    assert settings.get("temperature") == 0
    assert "max_tokens" not in settings
    assert settings.get("timeout")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (llm("openai"), "the provider openai is not set up: OPENAI_API_KEY is not set"),
        (llm("anthropic"), "the provider anthropic is not set up: ANTHROPIC_API_KEY is not set"),
        (llm("google"), "the provider google is not set up: GOOGLE_API_KEY is not set"),
        (llm("ollama"), "the provider ollama is not set up: OLLAMA_BASE_URL is not set"),
        (llm("groq", api_key="k"), "the provider groq needs a package that is not installed: pydantic-ai-slim[groq]"),
        (llm("nobody"), "there is no model provider named nobody, and no base_url to find it at"),
        (llm("demo", "other"), "the provider demo has only the model scripted, not other"),
        (llm("", ""), "the agent names no provider or no model"),
        ({}, "the agent names no provider or no model"),
    ],
)
def test_what_is_missing_is_named(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelUnavailable) as missing:
        build_model(settings)

    assert missing.value.reason == reason
    assert explain(missing.value) == f"The model cannot be used: {reason}."


@pytest.mark.parametrize(
    ("settings", "tokens"),
    [
        (llm("demo", "scripted"), 10_000_000),
        (llm("anthropic", "claude-sonnet-4-5", api_key="k"), 200_000),
        (llm("google", "gemini-unheard-of", api_key="k"), 1_000_000),
        (llm("ollama", "unheard-of", base_url="http://localhost:11434/v1"), 32_000),
    ],
)
def test_every_model_has_a_window(settings: dict[str, Any], tokens: int) -> None:
    assert context_window(build_model(settings)) == tokens


def test_an_estimate_is_rather_too_high_than_too_low() -> None:
    prose = "The quick brown fox jumps over the lazy dog. " * 100  # about 1,000 tokens to any tokenizer

    tokens = estimate_tokens([ModelRequest(parts=[UserPromptPart(prose)])])

    assert 1_000 <= tokens <= 2_000


def test_every_kind_of_part_counts() -> None:
    file: list[UserContent] = [
        TextContent("[Attached file: a.png]"),
        BinaryContent(b"x" * 120_000, media_type="image/png"),
        "look",
    ]
    parts: list[ModelRequestPart] = [
        SystemPromptPart("x" * 300),
        UserPromptPart(file),
        ToolReturnPart("tool", "y" * 300, "1"),
    ]
    said: list[ModelResponsePart] = [
        TextPart("z" * 300),
        ThinkingPart("t" * 300),
        ToolCallPart("tool", {"a": "b" * 300}, "1"),
    ]

    request = estimate_tokens([ModelRequest(parts=parts)])
    response = estimate_tokens([ModelResponse(parts=said)])

    assert request > 100 + 3 * 1_600 + 100
    assert response > 300

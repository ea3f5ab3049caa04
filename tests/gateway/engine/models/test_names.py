"""Tools keep their own names, and providers get ones that they take."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from gateway.engine.models.names import legal_name, with_legal_definitions, with_legal_names, with_own_names


@pytest.mark.parametrize("name", ["exa_ai_search", "code__search-code", "_", "A" * 64])
def test_a_name_that_every_provider_takes_stays(name: str) -> None:
    assert legal_name(name) == name


@pytest.mark.parametrize("name", ["Web search", "søk", "a.b", "1st", "x" * 65, "工具", ""])
def test_another_name_becomes_one_that_they_take(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", legal_name(name))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_two_tools_never_share_a_name(one: str, other: str) -> None:
    assert (legal_name(one) == legal_name(other)) is (one == other)


def test_a_call_comes_back_under_the_tools_own_name() -> None:
    definitions = with_legal_definitions([ToolDefinition(name="Web search"), ToolDefinition(name="echo")])
    calls = [ToolCallPart(tool.name, {}, "1") for tool in definitions]

    response = with_own_names(ModelResponse(parts=[TextPart("Hm."), *calls]), ["Web search", "echo"])

    assert [call.tool_name for call in response.tool_calls] == ["Web search", "echo"]


def test_a_history_has_the_names_that_are_offered() -> None:
    history: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart("Hi")]),
        ModelResponse(parts=[ToolCallPart("Web search", {}, "1")]),
        ModelRequest(parts=[ToolReturnPart("Web search", "[]", "1")]),
    ]

    request, response, result = with_legal_names(history)

    assert request == history[0]
    names = {getattr(message.parts[0], "tool_name", "") for message in (response, result)}
    assert names == {legal_name("Web search")}

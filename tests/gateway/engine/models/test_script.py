"""Every rule of the scripted model, row by row, and its promise that any text gets an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engine.models.script import (
    CallLine,
    CallTools,
    Fail,
    Heard,
    Offered,
    PostedFile,
    Say,
    SearchWith,
    Think,
    decide,
    wants_to_be_asked,
)

TOOLS = (
    Offered("echo"),
    Offered("exa_ai_search", is_search=True),
    Offered("exa_ai_gated", is_search=True),
    Offered("wiki", is_search=True),
)
NO_SEARCH = (Offered("echo"),)


def test_call_lines_come_before_every_other_rule() -> None:
    plan = decide(Heard('fail now\ncall echo {"a": 1}\nCALL nope\ncall echo {oops}\ncall echo'), TOOLS)

    assert plan == CallTools(
        (
            CallLine("echo", {"a": 1}, is_offered=True),
            CallLine("nope", {}, is_offered=False),
            CallLine("echo", None, is_offered=True),
            CallLine("echo", {}, is_offered=True),
        )
    )


@pytest.mark.parametrize("braces", ["{", "{1}", '{"a": 1} and more', '{"a": NaN}', '{"a": "\\ud800"}', "{" * 5000])
def test_braces_that_hold_no_json_object_are_no_arguments(braces: str) -> None:
    plan = decide(Heard(f"call echo {braces}"), TOOLS)

    assert plan == CallTools((CallLine("echo", None, is_offered=True),))


@pytest.mark.parametrize("text", ["call me later", "please call echo", "call", 'call {"a": 1}', "recall echo"])
def test_a_line_that_only_resembles_a_call_is_repeated(text: str) -> None:
    assert decide(Heard(text), TOOLS) == Say(f"You said: {text}")


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("fail out of tokens", Fail("out of tokens")),
        ("FAIL Two lines:\nof it", Fail("Two lines:\nof it")),
        ("fail", Say("You said: fail")),
        ("failure is an option", Say("You said: failure is an option")),
        ("do not fail me", Say("You said: do not fail me")),
        ("think about tea", Think("about tea", "I thought about: about tea")),
        ("Think  twice\nand again ", Think("twice\nand again", "I thought about: twice\nand again")),
        ("thinking is hard", Say("You said: thinking is hard")),
    ],
)
def test_fail_and_think_work_at_the_start_of_the_text(text: str, plan: object) -> None:
    assert decide(Heard(text), TOOLS) == plan


@pytest.mark.parametrize(
    ("earlier", "reply"),
    [
        ((), "You have not told me anything about yourself yet."),
        (
            ("My name is Alice and I live in Boston.",),
            "You told me that your name is Alice and that you live in Boston.",
        ),
        (("my NAME is Ada Lovelace, thanks",), "You told me that your name is Ada Lovelace."),
        (("I live in Sankt Peter-Ording!",), "You told me that you live in Sankt Peter-Ording."),
        (
            ("my name is A", "my name is B. i live in C", "hello"),
            "You told me that your name is B and that you live in C.",
        ),
        (("my name is A. No, my name is B",), "You told me that your name is B."),
        (("my name is A", "my name is ."), "You told me that your name is A."),
    ],
)
@pytest.mark.parametrize(
    "question",
    ["What did I just tell you about myself?", "WHO AM I", "so, what is my name?", "Where do I live?"],
)
def test_the_newest_statement_of_each_fact_is_remembered(earlier: tuple[str, ...], reply: str, question: str) -> None:
    assert decide(Heard(question, earlier=earlier), TOOLS) == Say(reply)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("My name is Alice and I live in Boston.", "Noted: your name is Alice and you live in Boston."),
        ("Hi, my name is  Ada ", "Noted: your name is Ada."),
        ("I live in York\nand like it", "Noted: you live in York."),
        ("my name is Anderson and co", "Noted: your name is Anderson."),
    ],
)
def test_facts_are_noted(text: str, reply: str) -> None:
    assert decide(Heard(text), TOOLS) == Say(reply)


def test_the_newest_earlier_text_is_what_was_discussed() -> None:
    heard = Heard("Pick up where we left off: what were we discussing?", earlier=("first", "second\nline", " "))

    assert decide(heard, TOOLS) == Say("We were discussing: second\nline")


def test_without_history_nothing_was_discussed() -> None:
    assert decide(Heard("What were we discussing?"), TOOLS) == Say("We have not discussed anything yet.")


@pytest.mark.parametrize(
    ("text", "tool", "query"),
    [
        ("Please search for  cheap flights. Thanks", "exa_ai_search", "cheap flights"),
        ("SEARCH FOR tea, milk and sugar", "exa_ai_search", "tea, milk and sugar"),
        ("Find current news on tea. Use the EXA AI search tool.", "exa_ai_search", "current news on tea"),
        ("Hello! Look up Ada Lovelace with exa_ai_gated", "exa_ai_gated", "Ada Lovelace with exa_ai_gated"),
        ("search for cats on Wiki", "wiki", "cats on Wiki"),
        ("What are the latest teas this week?", "exa_ai_search", "What are the latest teas this week"),
        ("News", "exa_ai_search", "News"),
    ],
)
def test_a_search_is_asked_of_a_search_tool(text: str, tool: str, query: str) -> None:
    assert decide(Heard(text), TOOLS) == SearchWith(tool, query)


@pytest.mark.parametrize("text", ["I find this odd", "newsletter", "search for .", "a look up a tree"])
def test_what_only_resembles_a_search_is_repeated(text: str) -> None:
    assert decide(Heard(text), TOOLS) == Say(f"You said: {text}")


def test_a_search_without_a_search_tool_is_repeated() -> None:
    assert decide(Heard("search for tea"), NO_SEARCH) == Say("You said: search for tea")


def test_a_longer_name_is_another_tool() -> None:
    tools = (Offered("exa_ai_gated", is_search=True), Offered("exa_ai", is_search=True))

    assert decide(Heard("search for tea with exa_ai"), tools) == SearchWith("exa_ai", "tea with exa_ai")


def test_a_long_text_is_repeated_with_its_length_in_code_points() -> None:
    text = "🙂" * 201

    assert decide(Heard(text), TOOLS) == Say(f"You said: {'🙂' * 200}… (201 characters)")


def test_a_text_of_200_characters_is_repeated_whole() -> None:
    assert decide(Heard("x" * 200), TOOLS) == Say("You said: " + "x" * 200)


def test_files_are_named_in_posted_order() -> None:
    files = (PostedFile("a.pdf", "application/pdf", 12), PostedFile("b.txt", "text/plain", 0))

    with_text = decide(Heard("see these", files), TOOLS)
    without_text = decide(Heard("", files), TOOLS)

    line = "Files: a.pdf (application/pdf, 12 bytes), b.txt (text/plain, 0 bytes)"
    assert with_text == Say(f"You said: see these\n{line}")
    assert without_text == Say(line)


@pytest.mark.parametrize(
    ("text", "asks"), [("Ask me first, then call echo", True), ("mask me first", False), ("ask me", False)]
)
def test_the_words_ask_me_first_ask_for_approval(text: str, asks: bool) -> None:
    assert wants_to_be_asked(text) is asks


_WORDS = st.sampled_from(
    ["call echo", "fail", "think", "my name is", "i live in", "and", "search for", "find", "news", "who am i", "{", "}"]
)
_TEXTS = st.lists(st.one_of(_WORDS, st.text(max_size=20), st.sampled_from([" ", "\n", ". ", ", "])), max_size=12)


@settings(max_examples=200, deadline=None)
@given(pieces=_TEXTS, earlier=st.lists(st.text(max_size=30), max_size=3))
def test_any_text_gives_the_same_plan_twice(pieces: list[str], earlier: list[str]) -> None:
    heard = Heard("".join(pieces), earlier=earlier)

    assert decide(heard, TOOLS) == decide(heard, TOOLS)

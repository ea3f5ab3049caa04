"""The rules of the scripted model: from the words of a turn to what the model does.

Plain functions from values to values. `decide` picks the first rule that matches; how calls run and how text is
streamed belongs to `scripted`. The rules are a promise, character for character, so every pattern is written out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_MOST_REPEATED = 200
_WISH_TO_BE_ASKED = re.compile(r"(?<!\w)ask\s+me\s+first(?!\w)", re.IGNORECASE)

_LINE_END = re.compile(r"\r\n|\r|\n")
_CALL = re.compile(r"\s*call\s+(?P<name>[^\s{}]+)\s*(?P<braces>\{.*)?", re.IGNORECASE)
_FAIL = re.compile(r"\s*fail[ \t]+(?P<text>\S.*)", re.IGNORECASE | re.DOTALL)
_THINK = re.compile(r"\s*think[ \t]+(?P<text>\S.*)", re.IGNORECASE | re.DOTALL)
_ABOUT_ME = re.compile(
    r"(?<!\w)(about\s+myself|who\s+am\s+i|what\s+is\s+my\s+name|where\s+do\s+i\s+live)(?!\w)", re.IGNORECASE
)
_NAME = re.compile(r"(?<!\w)my\s+name\s+is(?!\w)", re.IGNORECASE)
_HOME = re.compile(r"(?<!\w)i\s+live\s+in(?!\w)", re.IGNORECASE)
_RECALL = re.compile(r"(?<!\w)(where\s+we\s+left\s+off|what\s+were\s+we\s+discussing)(?!\w)", re.IGNORECASE)
_SEARCH_FOR = re.compile(r"(?<!\w)search\s+for(?!\w)", re.IGNORECASE)
_FIND = re.compile(r"(?:\A|[.!?\r\n])\s*(?:find|look\s+up)(?!\w)", re.IGNORECASE)
_NEWS = re.compile(r"(?<!\w)(latest|news)(?!\w)", re.IGNORECASE)
_END_OF_FACT = re.compile(r"[.!?,\r\n]|(?<!\w)and(?!\w)", re.IGNORECASE)
_END_OF_QUERY = re.compile(r"[.!?\r\n]")


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A file of the turn. The model sees its name, never its bytes."""

    name: str
    mime_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model reads: the turn's text and files, and the user's texts of earlier turns, oldest first."""

    text: str
    files: Sequence[PostedFile] = ()
    earlier: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool the agent declares, by the name that the model calls."""

    name: str
    is_search: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Reply with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Think:
    """Think first, then reply."""

    thought: str
    text: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The model call itself fails."""

    error: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """One `call` line. `arguments` is None where the braces held no JSON object."""

    name: str
    arguments: dict[str, object] | None
    is_offered: bool


@dataclass(frozen=True, slots=True)
class CallTools:
    """Call these, one after another."""

    lines: tuple[CallLine, ...]


@dataclass(frozen=True, slots=True)
class SearchWith:
    """Ask this search tool."""

    name: str
    query: str


Plan: TypeAlias = Say | Think | Fail | CallTools | SearchWith


def decide(heard: Heard, offered: Sequence[Offered]) -> Plan:
    """The first rule that matches decides."""
    text = heard.text
    if lines := tuple(_call_lines(text, {tool.name for tool in offered})):
        return CallTools(lines)
    if match := _FAIL.fullmatch(text):
        return Fail(match["text"].strip())
    if match := _THINK.fullmatch(text):
        thought = match["text"].strip()
        return Think(thought, f"I thought about: {thought}")
    if _ABOUT_ME.search(text):
        return Say(_what_you_told_me([*heard.earlier, text]))
    if noted := _noted(text):
        return Say(noted)
    if _RECALL.search(text):
        return Say(_what_we_discussed(heard.earlier))
    if (tool := _search_tool(text, offered)) and (query := _query(text)):
        return SearchWith(tool.name, query)
    return Say(_repeat(heard))


def wants_to_be_asked(text: str) -> bool:
    """Whether the turn asks for approval of what the agent may decide by itself."""
    return _WISH_TO_BE_ASKED.search(text) is not None


def _call_lines(text: str, offered: set[str]) -> Iterator[CallLine]:
    for line in _LINE_END.split(text):
        if match := _CALL.fullmatch(line):
            name = match["name"]
            arguments = _json_object(match["braces"]) if match["braces"] else {}
            yield CallLine(name, arguments, is_offered=name in offered)


def _json_object(braces: str) -> dict[str, object] | None:
    try:
        value = json.loads(braces, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()  # halves of characters can be neither stored nor sent
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _what_you_told_me(texts: Sequence[str]) -> str:
    name = _newest_fact(_NAME, texts)
    home = _newest_fact(_HOME, texts)
    if name and home:
        return f"You told me that your name is {name} and that you live in {home}."
    if name:
        return f"You told me that your name is {name}."
    if home:
        return f"You told me that you live in {home}."
    return "You have not told me anything about yourself yet."


def _noted(text: str) -> str:
    name = _newest_fact(_NAME, [text])
    home = _newest_fact(_HOME, [text])
    if name and home:
        return f"Noted: your name is {name} and you live in {home}."
    if name:
        return f"Noted: your name is {name}."
    if home:
        return f"Noted: you live in {home}."
    return ""


def _newest_fact(statement: re.Pattern[str], texts: Sequence[str]) -> str:
    for text in reversed(texts):
        said = [fact for match in statement.finditer(text) if (fact := _cut(text[match.end() :], _END_OF_FACT))]
        if said:
            return said[-1]
    return ""


def _what_we_discussed(earlier: Sequence[str]) -> str:
    for text in reversed(earlier):
        if text.strip():
            return f"We were discussing: {text}"
    return "We have not discussed anything yet."


def _search_tool(text: str, offered: Sequence[Offered]) -> Offered | None:
    search_tools = [tool for tool in offered if tool.is_search]
    named = (tool for tool in search_tools if _is_named(tool.name, text))
    return next(named, search_tools[0] if search_tools else None)


def _is_named(name: str, text: str) -> bool:
    # A longer name that holds this one (`exa_ai` in `exa_ai_gated`, `wiki` in `wiki-old`) is another tool.
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def _query(text: str) -> str:
    for opening in (_SEARCH_FOR, _FIND):
        for match in opening.finditer(text):
            if query := _cut(text[match.end() :], _END_OF_QUERY):
                return query
    if _NEWS.search(text):
        return text.strip().rstrip(".!?,;:…").rstrip()
    return ""


def _cut(text: str, end: re.Pattern[str]) -> str:
    match = end.search(text)
    return (text[: match.start()] if match else text).strip()


def _repeat(heard: Heard) -> str:
    lines = []
    if heard.text or not heard.files:
        lines.append(f"You said: {_shortened(heard.text)}")
    if heard.files:
        listed = ", ".join(f"{file.name} ({file.mime_type}, {file.size} bytes)" for file in heard.files)
        lines.append(f"Files: {listed}")
    return "\n".join(lines)


def _shortened(text: str) -> str:
    if len(text) <= _MOST_REPEATED:
        return text
    return f"{text[:_MOST_REPEATED]}… ({len(text)} characters)"

"""Reads IMAP command lines: atoms, quoted strings, literals and lists (RFC 3501, section 9)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass

Argument = str | bytes | list["Argument"]
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_TOKEN = re.compile(rb'\(|\)|"(?:[^"\\]|\\.)*"|\x00LITERAL(\d+)\x00|[^\s()"]+(?:\[[^\]]*\][^\s()]*)?|"')


class BadCommand(Exception):
    """A line that is no command."""


@dataclass(frozen=True, slots=True)
class Command:
    """A tag, a name in upper case (`UID FETCH` is one name) and its arguments; a literal is bytes."""

    tag: str
    name: str
    arguments: list[Argument]

    def text(self, index: int) -> str:
        """An argument that has to be a string."""
        if index >= len(self.arguments):
            raise BadCommand("an argument is missing")
        return as_text(self.arguments[index])


def as_text(argument: Argument) -> str:
    """A string argument, however it was sent."""
    if isinstance(argument, list):
        raise BadCommand("a list stands where a string is expected")
    return argument.decode("utf-8", "replace") if isinstance(argument, bytes) else argument


async def read_command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Command | None:
    """The next command with its literals; None when the client is gone. Raises `BadCommand`."""
    text, literals = b"", list[bytes]()
    while True:
        line = await reader.readline()
        if not line.endswith(b"\n"):
            return None
        line = line.rstrip(b"\r\n")
        literal = _LITERAL.search(line)
        if literal is None:
            return _parse(text + line, literals)
        if not literal[2]:
            writer.write(b"+ go on\r\n")
            await writer.drain()
        text += line[: literal.start()] + b"\x00LITERAL%d\x00" % len(literals)
        literals.append(await reader.readexactly(int(literal[1])))


def parse_uids(text: str, *, highest: int) -> Iterator[range]:
    """The ranges of a sequence set. `*` is the highest number, and a range may stand either way round (RFC 3501)."""
    for item in text.split(","):
        first, _, last = item.partition(":")
        low, high = sorted((_number(first, highest), _number(last or first, highest)))
        yield range(low, high + 1)


def _number(text: str, highest: int) -> int:
    if text == "*":
        return highest
    if not text.isdigit():
        raise BadCommand(f"not a number: {text}")
    return int(text)


def _parse(line: bytes, literals: list[bytes]) -> Command:
    arguments = _arguments(line, literals)
    if len(arguments) < 2:
        raise BadCommand("a tag and a command are expected")
    tag, name = as_text(arguments[0]), as_text(arguments[1]).upper()
    rest = arguments[2:]
    if name == "UID" and rest:
        return Command(tag, f"UID {as_text(rest[0]).upper()}", rest[1:])
    return Command(tag, name, rest)


def _arguments(line: bytes, literals: list[bytes]) -> list[Argument]:
    stack: list[list[Argument]] = [[]]
    for match in _TOKEN.finditer(line):
        token = match[0]
        if token == b"(":
            stack.append([])
        elif token == b")":
            if len(stack) < 2:
                raise BadCommand("a bracket too many")
            done = stack.pop()
            stack[-1].append(done)
        elif match[1] is not None:
            stack[-1].append(literals[int(match[1])])
        else:
            stack[-1].append(_string(token))
    if len(stack) != 1:
        raise BadCommand("a bracket is open")
    return stack[0]


def _string(token: bytes) -> str:
    if token.startswith(b'"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1].decode("utf-8", "replace"))
    return token.decode("utf-8", "replace")

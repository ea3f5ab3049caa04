"""What a docstring says about a function and about each of its parameters (Google's or Sphinx's style)."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Example|Examples|Note|Notes):\s*$")
_GOOGLE_PARAMETER = re.compile(r"^(\s+)\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_SPHINX_FIELD = re.compile(r"^:(\w+)\s*(?:[^:]*?)(\w*):\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """The text before the first section, and a text per parameter."""

    summary: str
    parameters: dict[str, str]


def read_docstring(text: str | None) -> Docstring:
    """Any text gives a value; what is in neither style is all summary."""
    lines = inspect.cleandoc(text or "").splitlines()
    summary_ends = next((at for at, line in enumerate(lines) if _starts_a_section(line)), len(lines))
    parameters = {name: " ".join(words.split()) for name, words in _parameters(lines[summary_ends:]).items()}
    return Docstring("\n".join(lines[:summary_ends]).strip(), parameters)


def _starts_a_section(line: str) -> bool:
    return bool(_SECTION.match(line) or _SPHINX_FIELD.match(line))


def _parameters(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    in_arguments, indent, current = False, 0, ""
    for line in lines:
        if section := _SECTION.match(line):
            in_arguments, indent, current = section[1] in ("Args", "Arguments", "Parameters"), 0, ""
        elif field := _SPHINX_FIELD.match(line):
            in_arguments, current = False, field[2] if field[1] in ("param", "parameter", "arg") else ""
            _add(found, current, field[3])
        elif in_arguments and (entry := _GOOGLE_PARAMETER.match(line)) and len(entry[1]) <= (indent or len(entry[1])):
            indent, current = len(entry[1]), entry[2]
            _add(found, current, entry[3])
        elif line.strip():
            _add(found, current, line)
    return found


def _add(found: dict[str, str], name: str, words: str) -> None:
    if name:
        found[name] = f"{found.get(name, '')} {words}"

"""Patterns written as tables: one alternative on a line, behind the code of its language."""

from __future__ import annotations

import re


def any_of(table: str) -> re.Pattern[str]:
    """Finds any alternative of a table, in any case. A line is `code alternative`; `xx` stands for no language."""
    return re.compile(_alternatives(table), re.IGNORECASE)


def beginning_with(table: str) -> re.Pattern[str]:
    """Matches a text that begins with any alternative, marks and brackets aside."""
    return re.compile(rf"^\W{{0,6}}(?:{_alternatives(table)})", re.IGNORECASE)


def _alternatives(table: str) -> str:
    lines = (line.split(maxsplit=1)[1] for line in table.strip().splitlines())
    return "|".join(f"(?:{line})" for line in lines)

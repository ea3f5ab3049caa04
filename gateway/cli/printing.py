"""Tables and lines on an operator's terminal, in a pipe, or in a file."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

# Nobody looks at the width of a file: rows stay whole there, whatever TERM and COLUMNS say.
_WIDE = 10_000


def output() -> Console:
    """Where to print now: as wide as the terminal, and as wide as needed where there is none."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDE)


def table_of(*columns: str) -> Table:
    """A table that never cuts the name of a thing: on a narrow terminal it goes on in the next line."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    return table

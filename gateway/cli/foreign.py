"""Words of customers, agents and providers on an operator's terminal: shown as they are, and obeyed by nobody."""

from __future__ import annotations

from rich.markup import escape


def as_shown(text: str) -> str:
    """Safe within rich's markup, and without what a terminal would take for an order (ESC and its kin)."""
    return escape("".join(char for char in text if char in "\n\t" or not _is_control(char)))


def _is_control(char: str) -> bool:
    return ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0

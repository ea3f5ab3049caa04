"""The `frontdesk` command: parse, call, print. No rules live here."""

from __future__ import annotations

from gateway.cli.main import main

__all__ = ["main"]

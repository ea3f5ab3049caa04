"""`frontdesk chat`: the configured agent in the terminal."""

from __future__ import annotations

import asyncio
from typing import Annotated

import httpx
import typer

from gateway.chat import chat as hold_chat
from gateway.platform import Platform
from gateway.settings import ProcessType, Settings, read_settings


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command()(chat)


def chat(session: Annotated[str, typer.Option(help="Resume the session with this id.")] = "") -> None:
    """Talk to the configured agent, with approvals asked here."""
    asyncio.run(_chat(read_settings(ProcessType.CHAT), session))


async def _chat(settings: Settings, session_id: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        await hold_chat(await Platform.of(settings, http).session(session_id or None))

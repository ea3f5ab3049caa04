"""Where people find things of ours in a browser. Empty where there is no console to find them in."""

from __future__ import annotations

from gateway.domain import ConversationId
from gateway.settings import Settings

CONSOLE = "/console"


def transcript(settings: Settings, conversation_id: ConversationId) -> str:
    """The page of one conversation."""
    if not settings.console_token.get_secret_value():
        return ""
    return f"{settings.reached_at}{CONSOLE}/conversations/{conversation_id}"

"""The job that moves one conversation on."""

from __future__ import annotations

from typing import Any

from gateway.domain import ConversationId
from workers.context import gateway_of


async def advance(ctx: dict[str, Any], conversation_id: str) -> None:
    await gateway_of(ctx).turns.advance(ConversationId(conversation_id))

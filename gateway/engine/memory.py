"""What the model remembers of earlier turns."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model

from gateway.engine.contents import load_items
from gateway.engine.prompts import user_prompt
from gateway.engine.store import turns
from gateway.engine.store.agents import AgentRecord
from gateway.engine.store.sessions import SessionRecord
from gateway.engine.transcript import load_messages
from gateway.engine.workshop import Workshop


async def recall(
    workshop: Workshop, session: SessionRecord, agent: AgentRecord, model: Model
) -> Sequence[ModelMessage]:
    """The messages of earlier turns, oldest first; none where the agent's memory is off."""
    if not remembers(agent):
        return []
    messages: list[ModelMessage] = []
    for past in await turns.list_past(workshop.db, session.id, session.compacted, session.turn):
        messages.append(user_prompt(load_items(past.contents), model.profile))
        messages.extend(load_messages(past.messages))
    return messages


def remembers(agent: AgentRecord) -> bool:
    config = agent.payload.get("memory_config")
    return not isinstance(config, dict) or config.get("enable_session_memory") is not False


def measure(contents: str, messages: Sequence[ModelMessage]) -> int:
    """The estimated size of a turn in tokens."""
    return len(contents) // 4

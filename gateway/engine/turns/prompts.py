"""From what was posted to what a model is asked."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import ModelRequest, UserContent, UserPromptPart
from pydantic_ai.profiles import ModelProfile

from gateway.engine.models.files import attachment
from gateway.engine.protocol.contents import File, PostedItem, Text


def user_prompt(items: Sequence[PostedItem], profile: ModelProfile) -> ModelRequest:
    """One turn is one part: its texts and files in posted order."""
    content: list[UserContent] = []
    for posted in items:
        match posted.item:
            case Text(text):
                content.append(text)
            case File(name, mime_type, data):
                content.extend(attachment(name, mime_type, data, profile))
    return ModelRequest(parts=[UserPromptPart(content=content)])

"""The custom tool `knowledge_base`, which ships with the engine where a folder of documents is configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.engine.tools.base import ToolContext, ToolOutcome, ToolRun
from gateway.engine.tools.inputs import Input, given_of, with_defaults
from gateway.engine.tools.knowledge.base import USUAL_PASSAGES, KnowledgeBase

TOOL_TYPE = "knowledge_base"
DESCRIPTION = "Search the knowledge base. The answer quotes the passages that fit, each with the place where it stands."

INPUTS = (
    Input("query", "string", "", about="What to look for, in a few words.", is_required=True),
    Input("limit", "integer", USUAL_PASSAGES, about="How many passages.", minimum=1),
)


def knowledge_run(knowledge: KnowledgeBase) -> ToolRun:
    """A run that searches this folder."""

    async def run(arguments: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
        values = with_defaults(INPUTS, given_of(arguments))
        return ToolOutcome(await knowledge.search(values["query"], values["limit"]))

    return run

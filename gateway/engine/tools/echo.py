"""The custom tool `echo`, which ships with the engine: it answers with the arguments that it ran with.

It makes approval visible (static, dynamic and edited values alike) without any network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway.engine.tools.base import ToolContext, ToolOutcome

TOOL_TYPE = "echo"


async def echo(arguments: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
    """The arguments as compact JSON with sorted keys."""
    return ToolOutcome(json.dumps(arguments, ensure_ascii=False, sort_keys=True, separators=(",", ":")))

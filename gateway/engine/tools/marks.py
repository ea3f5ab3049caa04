"""What the engine writes into a tool's definition for models to find: the approval switch, and which tools search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

APPROVAL_SWITCH = "request_approval"
APPROVAL_SWITCH_SCHEMA: Mapping[str, Any] = {
    "type": "boolean",
    "default": False,
    "description": "Set this to true to have a person approve the call before it runs.",
}
SEARCH_MARK = "is_search"  # in a definition's metadata, which no provider ever sees


def has_switch(parameters: Mapping[str, Any]) -> bool:
    """Whether a model may ask for approval of this tool's calls."""
    switch: object = parameters.get("properties", {}).get(APPROVAL_SWITCH)
    return switch == APPROVAL_SWITCH_SCHEMA


def with_switch(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the switch, or as it was where the tool has an argument of that name itself."""
    properties = parameters.get("properties", {})
    if APPROVAL_SWITCH in properties:
        return parameters
    return {**parameters, "properties": {**properties, APPROVAL_SWITCH: dict(APPROVAL_SWITCH_SCHEMA)}}

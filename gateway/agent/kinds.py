"""The kinds of tools that have a form of their own: web searches, custom tools, MCP servers and connectors.

An input that the author leaves unset goes out as dynamic with an empty description; its default stays with whoever
runs the tool. So a dynamic input is one that the model may give, not one that it must.
"""

# ruff: noqa: A002  # arguments are named as in the guide

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from gateway.agent.errors import DefinitionError
from gateway.agent.mcp import McpServer
from gateway.agent.tool import JsonObject, Tool, ToolApprovalConfig, ToolInput, input_to_wire

Approval = ToolApprovalConfig | str | None


class SearchTool(Tool):
    """A web search. Subclasses declare their inputs in wire order; `preset` ones go out as static unless given."""

    kind: ClassVar[str]
    about: ClassVar[str]
    declared: ClassVar[tuple[str, ...]]
    preset: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        id: str | None = None,
        tool_name: str | None = None,
        tool_description: str | None = None,
        approval_config: Approval = ToolApprovalConfig.AUTO_RUN,
        **inputs: Any,
    ) -> None:
        given = {**self.preset, **inputs}
        unknown = sorted(set(given) - set(self.declared_for(given)))
        if unknown:
            raise DefinitionError(f"{self.kind} has no input {', '.join(unknown)}; it has {', '.join(self.declared)}")
        super().__init__(
            self.kind,
            id=id,
            tool_name=tool_name,
            tool_description=self.about if tool_description is None else tool_description,
            approval_config=approval_config,
            # A preset that is taken away (None) is left to the model; any other input may well be None.
            inputs={key: value for key, value in given.items() if value is not None or key not in self.preset},
        )
        for name in self.declared_for(given):
            self.inputs.setdefault(name, {"type": "dynamic", "value": ""})

    @classmethod
    def declared_for(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        """The inputs that there are, with what is given."""
        return cls.declared


class ExaAiTool(SearchTool):
    """A search with Exa."""

    kind = "exa_ai"
    about = "Query the Exa search API"
    declared = (
        "end_crawl_date",
        "end_published_date",
        "livecrawl",
        "loader_type",
        "max_characters",
        "num_results",
        "query",
        "search_type",
        "start_crawl_date",
        "start_published_date",
        "use_highlights",
    )
    preset: ClassVar[Mapping[str, Any]] = {"max_characters": 2000, "num_results": 10, "use_highlights": False}


class GoogleSearchTool(SearchTool):
    """A search with Google."""

    kind = "google_search"
    about = "Query the Google Search search API"
    declared = ("location", "num_results", "query", "search_type")


class WikipediaTool(SearchTool):
    """A search in Wikipedia; with `chunk_text` the articles come in chunks."""

    kind = "wikipedia"
    about = "Query Wikipedia to return relevant articles"
    declared = ("chunk_text", "query")
    preset: ClassVar[Mapping[str, Any]] = {"chunk_text": False}

    @classmethod
    def declared_for(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        chunk_text = input_to_wire(given.get("chunk_text"))
        if chunk_text["type"] == "dynamic":
            raise DefinitionError("chunk_text cannot be dynamic: it decides which inputs there are")
        return (
            (*cls.declared, "chunk_size", "chunk_overlap")
            if str(chunk_text["value"]).lower() == "true"
            else cls.declared
        )


class CustomTool(Tool):
    """A tool that the platform knows by `tool_type`: on the embedded engine a Python function, or `echo`."""

    def __init__(
        self,
        tool_type: str,
        inputs: Mapping[str, Any] | None = None,
        custom_node_type: str | ToolInput | JsonObject | None = None,
        tool_name: str | None = None,
        tool_description: str | None = None,
        approval_config: Approval = ToolApprovalConfig.AUTO_RUN,
        id: str | None = None,
    ) -> None:
        if not isinstance(tool_type, str) or not tool_type.strip():
            raise DefinitionError("a custom tool needs a tool_type")
        details: JsonObject = {"tool_type": tool_type}
        if custom_node_type is not None:
            details["custom_node_type"] = input_to_wire(custom_node_type)
        super().__init__(
            "custom_tool",
            id=id,
            tool_name=tool_name or tool_type,
            tool_description=tool_description or f"Custom tool: {tool_type}",
            approval_config=approval_config,
            inputs=inputs,
            details=details,
        )

    @property
    def custom_tool_type(self) -> str:
        """The name under which the platform looks the tool up."""
        return str(self.details.get("tool_type", ""))


class McpServerTool(Tool):
    """All tools of one MCP server, under one approval setting."""

    default_approval = ToolApprovalConfig.LET_AGENT_DECIDE

    def __init__(
        self,
        server: McpServer,
        tool_name: str | None = None,
        tool_description: str | None = None,
        approval_config: Approval = ToolApprovalConfig.LET_AGENT_DECIDE,
        id: str | None = None,
        auto_populate_tools: bool = True,
        tools: Mapping[str, Any] | None = None,
    ) -> None:
        shown = server.name or server.id
        catalogue = dict(tools or {}) or (server.list_tools() if auto_populate_tools else {})
        super().__init__(
            "mcp_server",
            id=id,
            tool_name=tool_name or f"mcp_{shown}",
            tool_description=tool_description or f"MCP server: {shown}",
            approval_config=approval_config,
            details={"server": _reference(server.id, "mcp_server"), **({"tools": catalogue} if catalogue else {})},
        )

    @property
    def server(self) -> McpServer:
        """The server, as a handle with nothing but its id."""
        return McpServer(id=_referred(self.details.get("server")))

    @property
    def catalogue(self) -> JsonObject:
        """The server's tools as far as they are known: name → argument → input."""
        tools = self.details.get("tools")
        return tools if isinstance(tools, dict) else {}


class McpConnectorTool(Tool):
    """The tools of an integration that the platform keeps; without one, the model chooses at each call."""

    default_approval = ToolApprovalConfig.LET_AGENT_DECIDE

    def __init__(
        self,
        integration: Any = None,
        tool_name: str | None = None,
        tool_description: str | None = None,
        approval_config: Approval = ToolApprovalConfig.LET_AGENT_DECIDE,
        id: str | None = None,
    ) -> None:
        known_as = getattr(integration, "object_id", None) or getattr(integration, "id", None)
        if integration is not None and not known_as:
            raise DefinitionError("an integration needs an id; pass one that the platform has saved")
        shown = getattr(integration, "name", None) or known_as or "dynamic"
        super().__init__(
            "mcp_connector",
            id=id,
            tool_name=tool_name or f"mcp_connector_{shown}",
            tool_description=tool_description or f"MCP connector: {shown}",
            approval_config=approval_config,
            details={"integration": _reference(str(known_as), "integration") if known_as else {"type": "dynamic"}},
        )


def _reference(object_id: str, object_type: str) -> JsonObject:
    return {"type": "static", "value": {"object_id": object_id, "object_type": object_type}}


def _referred(reference: object) -> str:
    value = reference.get("value") if isinstance(reference, Mapping) else None
    object_id = value.get("object_id") if isinstance(value, Mapping) else None
    if not isinstance(object_id, str) or not object_id:
        raise DefinitionError("the tool names no MCP server")
    return object_id

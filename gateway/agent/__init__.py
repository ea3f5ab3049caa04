"""What a user writes to define an agent, with the names of the guide. The engine and the gateway read it too."""

from __future__ import annotations

from gateway.agent.agent import Agent
from gateway.agent.agent_tools import AgentTools, tool_from_wire
from gateway.agent.config import AgentType, IOConfig, IoConfig, LLMInfo, LlmInfo, MemoryConfig
from gateway.agent.kinds import (
    CustomTool,
    ExaAiTool,
    GoogleSearchTool,
    McpConnectorTool,
    McpServerTool,
    WikipediaTool,
)
from gateway.agent.loading import load_agent
from gateway.agent.local import ArgumentsError, LocalTool
from gateway.agent.mcp import McpServer
from gateway.agent.platform import Platform
from gateway.agent.policy import ApprovalPolicy
from gateway.agent.running import (
    AgentRunResult,
    ConversationalAgentRunResult,
    ConversationalRunActionRequiredError,
)
from gateway.agent.tool import Tool, ToolApprovalConfig, ToolInput, ToolInputType

__all__ = [
    "Agent",
    "AgentType",
    "AgentRunResult",
    "ConversationalAgentRunResult",
    "ConversationalRunActionRequiredError",
    "MemoryConfig",
    "IoConfig",
    "LlmInfo",
    "Tool",
    "ToolInput",
    "ToolInputType",
    "ToolApprovalConfig",
    "AgentTools",
    "ExaAiTool",
    "GoogleSearchTool",
    "WikipediaTool",
    "McpServerTool",
    "McpConnectorTool",
    "CustomTool",
    "IOConfig",
    "LLMInfo",
    "ApprovalPolicy",
    "ArgumentsError",
    "LocalTool",
    "McpServer",
    "Platform",
    "load_agent",
    "tool_from_wire",
]

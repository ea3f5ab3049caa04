"""The settings of an agent: its type, model, memory, inputs and outputs. Keys that we do not know are kept."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class AgentType(StrEnum):
    """A functional agent turns inputs into outputs; a conversational one holds sessions."""

    FUNCTIONAL = "functional"
    CONVERSATIONAL = "conversational"


class LlmInfo(BaseModel):
    """Which model an agent uses, and how to reach it."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    provider: str
    model_id: str
    api_key: str | None = Field(default=None, repr=False)
    fine_tuned_model_id: str | None = None
    endpoint: str | None = None
    deployment_id: str | None = None
    stream_response: bool = False
    json_output: bool = True
    show_source: bool = False
    show_confidence: bool = False
    enable_tools: bool = True
    base_url: str | None = None
    max_retries: int | None = None
    retry_interval_ms: int | None = None


class MemoryConfig(BaseModel):
    """What a conversational agent remembers: earlier turns of the session; earlier sessions."""

    model_config = ConfigDict(extra="allow")

    enable_session_memory: bool = True
    enable_global_memory: bool = False


class IoConfig(BaseModel):
    """One input or output of a functional agent. `server_id` is its id on the platform, kept over saves."""

    model_config = ConfigDict(extra="allow")

    io_type: str
    description: str | None = ""
    server_id: str | None = Field(default=None, exclude=True)


# The names that older code uses.
LLMInfo = LlmInfo
IOConfig = IoConfig

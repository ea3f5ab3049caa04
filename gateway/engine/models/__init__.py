"""The models behind an agent: the scripted one that ships with the engine, and real ones through pydantic-ai."""

from __future__ import annotations

from gateway.engine.models.build import build_model
from gateway.engine.models.failures import ModelUnavailable, checked, explain
from gateway.engine.models.window import context_window, estimate_tokens

__all__ = ["build_model", "ModelUnavailable", "checked", "explain", "context_window", "estimate_tokens"]

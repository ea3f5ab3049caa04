"""What arq hands to every job, with a type."""

from __future__ import annotations

from typing import Any

from gateway.app import Gateway


def gateway_of(ctx: dict[str, Any]) -> Gateway:
    """The worker's open gateway."""
    gateway: Gateway = ctx["gateway"]
    return gateway

"""What can go wrong in the gateway, by what the caller should do now.

GatewayError
├── ConfigurationError     do not start: the message names the variable (exit code 2)
├── NotFound               there is no such thing: say so
├── QueueUnavailable       Redis does not come up: try again later (exit code 1)
└── LeaseLost              somebody else works on the conversation: stop at once and write nothing
"""

from __future__ import annotations


class GatewayError(Exception):
    """Root of everything the gateway raises on purpose."""


class ConfigurationError(GatewayError):
    """The environment does not make sense. At most two lines, naming the variables."""


class NotFound(GatewayError):
    """Nothing is known under that id."""


class QueueUnavailable(GatewayError):
    """Redis cannot be reached, and has been waited for."""


class LeaseLost(GatewayError):
    """The conversation's lease has gone to another worker since this one took it."""

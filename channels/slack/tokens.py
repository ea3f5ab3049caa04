"""Who knows the bot token of a workspace: the port, and the simplest of its two implementations.

`channels.slack.installations` is the other one, for an app in several workspaces.
"""

from __future__ import annotations

from typing import Protocol


class Tokens(Protocol):
    """Who knows the bot token of a workspace."""

    async def bot_token(self, team_id: str) -> str:
        """The token to use now. Raises `ChannelDown` where the app is not installed."""
        ...

    async def home_team(self) -> str:
        """The workspace of the staff's desk; "" where the app is in no other."""
        ...


class OneToken:
    """The token of an app that lives in one workspace."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def bot_token(self, team_id: str) -> str:
        return self._token

    async def home_team(self) -> str:
        return ""

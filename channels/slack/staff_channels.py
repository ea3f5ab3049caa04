"""Where staff are among themselves. Ids of Slack channels name one only within a workspace, and staff have theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffChannels:
    """The staff's channels, by id, in the workspace that `home` tells: "" where there is no other."""

    ids: frozenset[str]
    home: Callable[[], Awaitable[str]]

    async def has(self, slack_channel_id: str, *, team_id: str) -> bool:
        """Whether this is one of them. A channel of the same id elsewhere is a customer's like any other.

        Raises `SendError` where only Slack could tell, and does not.
        """
        if slack_channel_id not in self.ids:
            return False
        home = await self.home()
        return not home or home == team_id

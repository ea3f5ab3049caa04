"""Who writes to us: names, time zones and languages of members, as fresh as an address needs to be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.errors import SendError
from channels.slack.api import SlackApi
from channels.slack.fresh import Fresh
from channels.slack.web import Json

_FRESH_FOR = timedelta(minutes=10)
_PATIENCE_S = 1.0  # of an event that waits to be stored: a name is worth no more


@dataclass(frozen=True, slots=True)
class Person:
    """A member as far as the agent is told of them. Empty where Slack did not say in time."""

    name: str = ""
    tz: str = ""
    locale: str = ""
    is_outsider: bool = False  # a guest, or of another organisation


class PeopleDirectory:
    """Looks members up, and never stands in the way of their message."""

    def __init__(self, api: SlackApi, now: Callable[[], datetime]) -> None:
        self._api = api
        self._known: Fresh[Person] = Fresh(_FRESH_FOR, now)

    async def lookup(self, member_ids: Collection[str], *, team_id: str) -> Mapping[str, Person]:
        """The members that Slack knows and tells of quickly."""

        async def one(member_id: str) -> tuple[str, Person | None]:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return member_id, await self._known.get(f"{team_id}:{member_id}", self._fetch)
            except (SendError, TimeoutError):
                return member_id, None

        found = await asyncio.gather(*(one(member_id) for member_id in member_ids))
        return {member_id: person for member_id, person in found if person is not None}

    async def _fetch(self, key: str) -> Person:
        team_id, _, member_id = key.partition(":")
        return _person(await self._api.user(member_id, team_id=team_id))


def _person(user: Json) -> Person:
    profile = user.get("profile", {})
    return Person(
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name", "")),
        tz=str(user.get("tz") or ""),
        locale=str(user.get("locale") or ""),
        is_outsider=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")),
    )

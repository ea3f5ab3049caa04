"""What somebody could ask, shown to them when they open the app's messages.

Slack keeps the suggestions of a conversation as they were last set, and posts nothing for them: to set the same again,
after a restart or from a second process, changes nothing that anybody sees. Whom this process has suggested to is
remembered only to save calls.
Under `agent_view`, the only kind of app surface that new apps can have, `app_home_opened` with the messages tab is the
sign of it. See https://docs.slack.dev/ai/
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.errors import SendError
from channels.slack.api import SlackApi
from channels.slack.config import Prompt
from channels.slack.later import Later
from channels.slack.web import Json

_TITLE = "How can I help?"
_MOST = 10_000  # people remembered


class Prompts:
    """Suggests, with one call for each person while the process lives."""

    def __init__(self, api: SlackApi, later: Later, prompts: Sequence[Prompt]) -> None:
        self._api = api
        self._later = later
        self._prompts = [{"title": prompt.title, "message": prompt.message} for prompt in prompts]
        self._greeted: set[tuple[str, str]] = set()

    def opened(self, body: Json) -> None:
        """Somebody opened the app's messages."""
        event, team_id = body["event"], str(body.get("team_id", ""))
        person = (team_id, str(event.get("user", "")))
        if not self._prompts or person in self._greeted or not event.get("channel"):
            return
        if len(self._greeted) >= _MOST:
            self._greeted.clear()
        self._greeted.add(person)
        self._later(self._suggest(person, str(event["channel"])))

    async def _suggest(self, person: tuple[str, str], slack_channel_id: str) -> None:
        team_id, _ = person
        try:
            await self._api.suggest_prompts(
                channel=slack_channel_id, prompts=self._prompts, title=_TITLE, team_id=team_id
            )
        except SendError:
            self._greeted.discard(person)  # the next time that they open it
            raise

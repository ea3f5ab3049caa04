"""What somebody could ask, shown to them once when they open the app's messages.

Under `agent_view`, the only kind of app surface that new apps can have, `app_home_opened` with the messages tab is the
sign of it. See https://docs.slack.dev/ai/
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.slack.api import Json, SlackApi
from channels.slack.config import Prompt
from channels.slack.later import Later

_TITLE = "How can I help?"
_MOST = 10_000  # people remembered


class Prompts:
    """Suggests, once per person while the process lives."""

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
        self._later(
            self._api.suggest_prompts(
                channel=str(event["channel"]), prompts=self._prompts, title=_TITLE, team_id=team_id
            )
        )

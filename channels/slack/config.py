"""What the Slack app must be told. Built by the composition root; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

SLACK_FILE_HOSTS = frozenset({"files.slack.com"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """A suggestion to somebody who opens the app's messages: what they see, and what is sent when they press it."""

    title: str
    message: str


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """Credentials and addresses of one Slack app. Secrets stay out of the repr.

    Several `signing_secrets` are accepted at once, so that a secret can be changed without losing an event.
    `bot_token` may be empty where an installation store knows the tokens. `proxy` is the only proxy used: slack-sdk
    would otherwise take `HTTPS_PROXY` and ignore `NO_PROXY`.
    """

    bot_token: str = field(repr=False, default="")
    signing_secrets: tuple[str, ...] = field(repr=False, default=())
    app_token: str = field(repr=False, default="")
    api_url: str = "https://slack.com/api/"
    approvers_channel: str = ""
    staff_channels: frozenset[str] = frozenset()  # besides the approvers': handoff and escalation
    prompts: tuple[Prompt, ...] = ()
    timeout: timedelta = timedelta(seconds=15)
    proxy: str = field(repr=False, default="")

    @property
    def all_staff_channels(self) -> frozenset[str]:
        """Where staff are among themselves."""
        return (self.staff_channels | {self.approvers_channel}) - {""}

    @property
    def file_hosts(self) -> frozenset[str]:
        """The hosts that may see the token for a file: Slack's, or those of a Slack that is simulated."""
        host = urlsplit(self.api_url).hostname or ""
        return SLACK_FILE_HOSTS if host == "slack.com" or host.endswith(".slack.com") else frozenset({host})

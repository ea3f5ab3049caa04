"""What the Slack app must be told. Built by the composition root; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


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
    timeout: timedelta = timedelta(seconds=15)
    proxy: str = field(repr=False, default="")

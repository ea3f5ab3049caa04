"""Installing the app and renewing its token, as far as `oauth.v2.access` goes.

See https://docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.sandbox.slack.rules import SlackError
from channels.sandbox.slack.workspace import APP, BOT_USER, TEAM, Json, numbered

LIFETIME_S = 43_200
CLIENT_ID, CLIENT_SECRET = "1.2", "client-secret"


@dataclass(slots=True)
class OAuth:
    """Codes and tokens. A code and a refresh token work once; a bot token until it is revoked."""

    bot_tokens: set[str]
    _codes: dict[str, str] = field(default_factory=dict)  # each with the workspace that it is for
    _refresh_tokens: dict[str, str] = field(default_factory=dict)
    _next_code: Callable[[], str] = field(default_factory=lambda: numbered("code-"))
    _next_token: Callable[[], str] = field(default_factory=lambda: numbered("xoxe.xoxb-"))
    _next_refresh: Callable[[], str] = field(default_factory=lambda: numbered("xoxe-"))

    def agree(self, team_id: str = TEAM) -> str:
        """Somebody presses Allow: the code that Slack sends their browser back with."""
        code = self._next_code()
        self._codes[code] = team_id
        return code

    def access(self, authorization: str, given: Json) -> Json:
        """`oauth.v2.access`, for a code or a refresh token."""
        if _basic(authorization) != f"{CLIENT_ID}:{CLIENT_SECRET}":
            raise SlackError("bad_client_secret")
        if given.get("grant_type") == "refresh_token":
            team_id = self._use(self._refresh_tokens, given.get("refresh_token"), "invalid_refresh_token")
        else:
            team_id = self._use(self._codes, given.get("code"), "invalid_code")
        return {"ok": True, **self._issue(team_id)}

    def _issue(self, team_id: str) -> Json:
        token, refresh_token = self._next_token(), self._next_refresh()
        self.bot_tokens.add(token)
        self._refresh_tokens[refresh_token] = team_id
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": "chat:write",
            "bot_user_id": BOT_USER,
            "app_id": APP,
            "team": {"id": team_id, "name": "Acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U0ADA"},
            "refresh_token": refresh_token,
            "expires_in": LIFETIME_S,
        }

    @staticmethod
    def _use(known: dict[str, str], given: object, error: str) -> str:
        if given not in known:
            raise SlackError(error)
        return known.pop(str(given))


def _basic(authorization: str) -> str:
    try:
        return b64decode(authorization.removeprefix("Basic ")).decode()
    except (NotBase64, UnicodeDecodeError):
        return ""

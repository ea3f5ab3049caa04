"""Who gets into the console: one token for the deployment, then a signed cookie; and whose forms are believed.

The cookie holds a random session id and is signed with a key made of SECRET_KEY and CONSOLE_TOKEN, so that changing
either ends every session. The token of a form is made of the session's id: a page of somebody else cannot know it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from gateway.links import CONSOLE
from gateway.settings import Settings

SESSION_LASTS = timedelta(hours=12)
_COOKIE = "frontdesk_console"
_SAID = "frontdesk_said"
_SAID_LASTS_S = 60


class Access:
    """The lock of one deployment's console."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.console_token.get_secret_value()
        self._key = f"{settings.secret_key.get_secret_value()}\n{self._token}"
        self._serializer = URLSafeTimedSerializer(self._key, salt="console.session")
        self._words = URLSafeTimedSerializer(self._key, salt="console.said")
        self._host = urlsplit(settings.reached_at).netloc
        self._is_https = settings.reached_at.startswith("https://")

    @property
    def is_open(self) -> bool:
        """Whether there is a console at all."""
        return bool(self._token)

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long for every wrong one."""
        return hmac.compare_digest(_digest(given), _digest(self._token))

    def session_of(self, request: Request) -> str:
        """The session that the request's cookie proves, "" for none."""
        try:
            found = self._serializer.loads(request.cookies.get(_COOKIE, ""), max_age=int(SESSION_LASTS.total_seconds()))
        except BadSignature:
            return ""
        return found if isinstance(found, str) else ""

    def start_session(self, response: Response) -> None:
        """Let this browser in from now on."""
        response.set_cookie(
            _COOKIE,
            str(self._serializer.dumps(secrets.token_urlsafe(18))),
            max_age=int(SESSION_LASTS.total_seconds()),
            path=CONSOLE,
            secure=self._is_https,
            httponly=True,
            samesite="lax",  # a card in Slack links to a transcript: whoever follows it is still signed in
        )

    def end_session(self, response: Response) -> None:
        response.delete_cookie(_COOKIE, path=CONSOLE, secure=self._is_https, httponly=True, samesite="lax")

    def say(self, response: Response, words: Mapping[str, str]) -> None:
        """Words for the next page. They travel signed and not in its address, where anybody could put any."""
        response.set_cookie(
            _SAID,
            str(self._words.dumps(dict(words))),
            max_age=_SAID_LASTS_S,
            path=CONSOLE,
            secure=self._is_https,
            httponly=True,
            samesite="strict",
        )

    def said(self, request: Request) -> Mapping[str, str]:
        """What the page before wanted to be said here."""
        try:
            words = self._words.loads(request.cookies.get(_SAID, ""), max_age=_SAID_LASTS_S)
        except BadSignature:
            return {}
        return words if isinstance(words, dict) else {}

    def was_said(self, response: Response) -> None:
        response.delete_cookie(_SAID, path=CONSOLE, secure=self._is_https, httponly=True, samesite="strict")

    def form_token(self, session: str) -> str:
        """What each form of this session carries."""
        return hmac.new(self._key.encode(), f"console.form:{session}".encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, session: str, given: str) -> bool:
        return hmac.compare_digest(self.form_token(session).encode(), given.encode())

    def is_same_origin(self, request: Request) -> bool:
        """Whether a page of ours sent this. Browsers say where a POST comes from; other programs say nothing."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        return origin is None or urlsplit(origin).netloc in (self._host, request.headers.get("host"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

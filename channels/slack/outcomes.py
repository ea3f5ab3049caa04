"""What an error of a Slack call means for whoever called: translated once, here.

`repeatable` calls change nothing when made twice (reads, updates), so a cut connection is only temporary there. After
a post of unknown outcome Slack must be asked first. See https://docs.slack.dev/apis/web-api/ and each method's page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure, UnknownOutcome

_CHANNEL_DOWN = frozenset({
    "access_denied", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth",
    "missing_scope", "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted",
    "token_expired", "token_revoked", "two_factor_setup_required",
})  # fmt: skip
_NOT_SENT = frozenset({"accesslimited", "ratelimited", "rate_limited", "request_timeout", "service_unavailable"})
# "It's possible some aspect of the operation succeeded before the error was raised", say the method pages.
_PERHAPS_SENT = frozenset({"fatal_error", "internal_error", "duplicate_message_not_found"})

_DEFAULT_RETRY_AFTER = timedelta(seconds=30)


@contextmanager
def translated(method: str, *, lane: str, repeatable: bool) -> Iterator[None]:
    """Run one call; whatever goes wrong in it leaves as a `SendError`."""
    try:
        yield
    except SlackApiError as error:
        raise _from_response(method, error, lane=lane, repeatable=repeatable) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise TemporaryFailure(f"{method}: no connection to Slack", code="no_connection") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _cut(method, type(error).__name__, repeatable=repeatable) from error
    except (SlackClientError, AttributeError, ValueError) as error:
        # slack-sdk stumbles over bodies that are not JSON objects (a proxy's page with status 200).
        raise _cut(method, "unreadable answer", repeatable=repeatable) from error


def _from_response(method: str, error: SlackApiError, *, lane: str, repeatable: bool) -> SendError:
    response = error.response
    if not isinstance(response, AsyncSlackResponse):
        return _cut(method, "unreadable answer", repeatable=repeatable)
    if response.status_code == 429:
        wait = _retry_after(response.headers)
        return TemporaryFailure(f"{method}: rate limited", code="ratelimited", retry_after=wait, lane=lane)
    code = response.data.get("error", "") if isinstance(response.data, dict) else ""
    if not code:
        return _cut(method, f"status {response.status_code}", repeatable=repeatable)
    return _from_code(method, str(code), lane=lane, repeatable=repeatable)


def _from_code(method: str, code: str, *, lane: str, repeatable: bool) -> SendError:
    if code in _CHANNEL_DOWN:
        return ChannelDown(f"{method}: {code}", code=code)
    if code in _NOT_SENT:
        return TemporaryFailure(f"{method}: {code}", code=code, retry_after=_DEFAULT_RETRY_AFTER, lane=lane)
    if code in _PERHAPS_SENT:
        return _cut(method, code, repeatable=repeatable)
    return PermanentFailure(f"{method}: {code}", code=code)


def _cut(method: str, what: str, *, repeatable: bool) -> SendError:
    if repeatable:
        return TemporaryFailure(f"{method}: {what}", code="cut")
    return UnknownOutcome(f"{method}: {what}", code="cut")


def _retry_after(headers: Mapping[str, str]) -> timedelta:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(value)) if value.isdecimal() else _DEFAULT_RETRY_AFTER

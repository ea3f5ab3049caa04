"""What can go wrong between an agent definition and the platform that keeps it.

PlatformError
├── ApiConnectionError            nobody answered; trying later may help
│   └── ApiTimeoutError           no answer in time; what was asked may have happened
└── ApiStatusError                the platform said no; `status_code` and `error_message` say why
    ├── BadRequestError           400
    ├── AuthenticationError       401: the key
    ├── PermissionDeniedError     403
    ├── NotFoundError             404
    ├── UnprocessableEntityError  422
    ├── RateLimitError            429
    └── InternalServerError       500 and above
DefinitionError (a ValueError)    the definition itself cannot be used: found before anything is sent
"""

from __future__ import annotations

import json


class PlatformError(Exception):
    """Root of everything that a call to the platform raises on purpose."""


class ApiConnectionError(PlatformError):
    """The platform could not be reached."""


class ApiTimeoutError(ApiConnectionError):
    """The platform did not answer in time."""


class ApiStatusError(PlatformError):
    """The platform answered with a status of 400 or more."""

    def __init__(self, status_code: int, method: str, endpoint: str, raw_response: str) -> None:
        self.status_code = status_code
        self.method = method
        self.endpoint = endpoint
        self.raw_response = raw_response
        self.error_message = _said(raw_response)
        super().__init__(f"{method} {endpoint}: HTTP {status_code}: {self.error_message}")


class BadRequestError(ApiStatusError):
    """The platform does not understand what was sent."""


class AuthenticationError(ApiStatusError):
    """The key is missing, wrong or expired."""


class PermissionDeniedError(ApiStatusError):
    """The key may not do this."""


class NotFoundError(ApiStatusError):
    """There is nothing under this id or name."""


class UnprocessableEntityError(ApiStatusError):
    """What was sent is well-formed and wrong."""


class RateLimitError(ApiStatusError):
    """Too many calls."""


class InternalServerError(ApiStatusError):
    """The platform failed."""


class DefinitionError(ValueError):
    """An agent or tool that cannot be what it says."""


_BY_STATUS: dict[int, type[ApiStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(status_code: int, method: str, endpoint: str, raw_response: str) -> ApiStatusError:
    """The most specific error for a status."""
    kind = InternalServerError if status_code >= 500 else _BY_STATUS.get(status_code, ApiStatusError)
    return kind(status_code, method, endpoint, raw_response)


def _said(raw_response: str) -> str:
    """The first of the usual fields that says something, else the whole body."""
    try:
        body = json.loads(raw_response)
    except ValueError:
        return raw_response
    if not isinstance(body, dict):
        return raw_response
    said = next((body[key] for key in ("error", "message", "detail", "errors") if body.get(key)), raw_response)
    return "; ".join(map(str, said)) if isinstance(said, list) else str(said)

"""The REST API of the simulated Twilio, as far as the official SDK uses it here, with Twilio's errors and paging.

Media are served as Twilio does: after Basic authentication a redirect to a storage address, which refuses to be shown
the credentials.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from channels.sandbox.faults import FaultKind, Faults
from channels.sandbox.twilio.account import Account, Rejection
from channels.sandbox.twilio.records import API_VERSION, Message

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_KINDS = (
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.RATE_LIMIT,
    FaultKind.SERVER_ERROR,
    FaultKind.SLOW,
    FaultKind.REJECT,
)
_PAGE_SIZE, _MAX_PAGE_SIZE = 50, 1000
_STATUS_OF_CODE = {20003: 401, 20404: 404, 20429: 429}


class RestApi:
    """The routes over one account. `on_create` is told of each new message, to carry it on its way."""

    def __init__(self, account: Account, auth_token: str, faults: Faults, on_create: Callable[[Message], None]) -> None:
        self._account = account
        credentials = base64.b64encode(f"{account.sid}:{auth_token}".encode()).decode()
        self._authorization = f"Basic {credentials}"
        self._faults = faults
        self._on_create = on_create

    def routes(self) -> list[web.RouteDef]:
        base = f"/{API_VERSION}/Accounts/{{account_sid}}"
        media = f"{base}/Messages/{{sid}}/Media/{{media_sid}}"
        return [
            web.get(f"{base}.json", self._guarded("account", self._show_account)),
            web.post(f"{base}/Messages.json", self._guarded("messages.create", self._create)),
            web.get(f"{base}/Messages.json", self._guarded("messages.list", self._list)),
            web.get(f"{base}/Messages/{{sid}}.json", self._guarded("messages.fetch", self._fetch)),
            web.get(media, self._guarded("media", self._redirect_to_media)),
            web.delete(media, self._guarded("media", self._delete_media)),
            web.get("/twilio-storage/{token}", self._serve_media),
        ]

    def _guarded(self, operation: str, handler: _Handler) -> _Handler:
        """The handler behind authentication, Twilio's errors and the planned faults."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._authenticate(request)
                return await handler(request)
            except Rejection as rejection:
                return _error(rejection)

        async def misbehave(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(operation, *_KINDS)
            if fault is None:
                return await answer(request)
            match fault.kind:
                case FaultKind.DROP_BEFORE:
                    return _cut(request)
                case FaultKind.DROP_AFTER:
                    await answer(request)
                    return _cut(request)
                case FaultKind.RATE_LIMIT:
                    response = _error(Rejection(20429, "Too Many Requests", 429))
                    response.headers["Retry-After"] = str(round(fault.seconds))
                    return response
                case FaultKind.REJECT:
                    code = int(fault.code)
                    return _error(Rejection(code, "Refused on order.", _STATUS_OF_CODE.get(code, 400)))
                case FaultKind.SLOW:
                    response_in_time = await answer(request)
                    await asyncio.sleep(fault.seconds)
                    return response_in_time
                case _:
                    return web.Response(status=500, text="<html>Internal Server Error</html>", content_type="text/html")

        return misbehave

    def _authenticate(self, request: web.Request) -> None:
        shown = request.headers.get("Authorization", "")
        known = hmac.compare_digest(shown.encode(), self._authorization.encode())
        if not known or request.match_info["account_sid"] != self._account.sid:
            raise Rejection(20003, "Authenticate", 401)

    async def _show_account(self, _: web.Request) -> web.StreamResponse:
        account = {"sid": self._account.sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"}
        return web.json_response(account)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        message = self._account.create({name: str(value) for name, value in form.items()})
        self._on_create(message)
        return web.json_response(message.resource(self._account.sid), status=201)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        page = _number(query, "Page", 0)
        size = max(1, min(_number(query, "PageSize", _PAGE_SIZE), _MAX_PAGE_SIZE))
        found = [message for message in self._account.messages() if _matches(message, query)]
        start, end = page * size, (page + 1) * size
        shown = found[start:end]
        return web.json_response(
            {
                "messages": [message.resource(self._account.sid) for message in shown],
                "page": page,
                "page_size": size,
                "start": start,
                "end": max(start, start + len(shown) - 1),
                "uri": request.path_qs,
                "first_page_uri": _page_uri(request, 0),
                "previous_page_uri": _page_uri(request, page - 1) if page else None,
                "next_page_uri": _page_uri(request, page + 1) if end < len(found) else None,
            }
        )

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        message = self._account.message(request.match_info["sid"])
        if message is None:
            raise Rejection(20404, "The requested resource was not found", 404)
        return web.json_response(message.resource(self._account.sid))

    async def _redirect_to_media(self, request: web.Request) -> web.StreamResponse:
        media = self._account.media(request.match_info["media_sid"])
        if media is None or media.message_sid != request.match_info["sid"]:
            raise Rejection(20404, "The requested resource was not found", 404)
        return web.Response(status=307, headers={"Location": f"/twilio-storage/{media.token}"})

    async def _delete_media(self, request: web.Request) -> web.StreamResponse:
        if self._account.media(request.match_info["media_sid"]) is None:
            raise Rejection(20404, "The requested resource was not found", 404)
        self._account.delete_media(request.match_info["media_sid"])
        return web.Response(status=204)

    async def _serve_media(self, request: web.Request) -> web.StreamResponse:
        media = self._account.media_by_token(request.match_info["token"])
        if media is None:
            return web.Response(status=404)
        if "Authorization" in request.headers:
            return web.Response(status=400, text="Only one auth mechanism allowed")
        return web.Response(body=media.content, headers={"Content-Type": media.mime_type})


def _matches(message: Message, query: MultiMapping[str]) -> bool:
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    times = {name: _time(query[name]) for name in ("DateSent", "DateSent<", "DateSent>") if name in query}
    if not times:
        return True
    sent = message.sent_at
    return (
        sent is not None
        and ("DateSent" not in times or sent.date() == times["DateSent"].date())
        and ("DateSent<" not in times or sent <= times["DateSent<"])
        and ("DateSent>" not in times or sent >= times["DateSent>"])
    )


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise Rejection(20001, "Unknown date format") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _number(query: MultiMapping[str], name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else default


def _page_uri(request: web.Request, page: int) -> str:
    query = {**request.query, "Page": str(page), "PageToken": f"PA{page}"}
    return f"{request.path}?{urlencode(query)}"


def _error(rejection: Rejection) -> web.Response:
    body = {
        "code": rejection.code,
        "message": rejection.message,
        "more_info": f"https://www.twilio.com/docs/errors/{rejection.code}",
        "status": rejection.status,
    }
    return web.json_response(body, status=rejection.status)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()

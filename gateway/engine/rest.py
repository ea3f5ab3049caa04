"""The REST side: agents, functional runs, catalogues of MCP servers, health. Reads requests, writes answers."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
import structlog
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.engine.agents import BadAgent, agent_object, create_agent, update_agent
from gateway.engine.functional import RunRequest, run_agent
from gateway.engine.keys import Keys
from gateway.engine.protocol.contents import DEFAULT_FILE_NAME, DEFAULT_MIME_TYPE, File
from gateway.engine.store import agents
from gateway.engine.store.agents import AgentRecord
from gateway.engine.store.erasure import erase_session
from gateway.engine.tools.base import ToolFailure
from gateway.engine.turns.workshop import Workshop
from gateway.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_LIST = 1000

Handler: TypeAlias = Callable[[Request, str], Awaitable[Response]]


class Refusal(Exception):
    """The request cannot be done."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class RestApi:
    """All routes, below `/v1` but for `/healthz`."""

    workshop: Workshop
    keys: Keys

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self._healthz, methods=["GET"]),
            self._route("/v1/agent", self._create, "POST"),
            self._route("/v1/agent", self._fetch, "GET"),
            self._route("/v1/update/agent/{id}", self._save, "POST"),
            self._route("/v1/agents", self._list, "GET"),
            self._route("/v1/agent/{id}", self._delete, "DELETE"),
            self._route("/v1/agent/{id}/run", self._run, "POST"),
            self._route("/v1/session/{id}", self._erase_session, "DELETE"),
            self._route("/v1/mcp-server/{id}/tools", self._mcp_tools, "GET"),
        ]

    async def _healthz(self, _request: Request) -> Response:
        return _json({"status": "ok"})

    async def _create(self, request: Request, owner: str) -> Response:
        agent = await create_agent(self.workshop.db, self.workshop.services, owner, await _object(request))
        return _json({"status": "success", "id": agent.id})

    async def _fetch(self, request: Request, owner: str) -> Response:
        return _json({"object": agent_object(await self._named(request, owner))})

    async def _save(self, request: Request, owner: str) -> Response:
        payload = await _object(request)
        agent = await update_agent(self.workshop.db, self.workshop.services, owner, request.path_params["id"], payload)
        if agent is None:
            raise _unknown_agent()
        return _json({"status": "success", "id": agent.id, "branch_id": agent.branch_id})

    async def _list(self, request: Request, owner: str) -> Response:
        limit, offset = _number(request, "limit", 50), _number(request, "offset", 0)
        found = await agents.list_agents(self.workshop.db, owner, min(limit, MAX_LIST), offset)
        return _json({"objects": [agent_object(agent) for agent in found]})

    async def _delete(self, request: Request, owner: str) -> Response:
        if not await agents.delete_agent(self.workshop.db, owner, request.path_params["id"]):
            raise _unknown_agent()
        log.info("agent.deleted", agent_id=request.path_params["id"])
        return _json({"status": "success", "id": request.path_params["id"]})

    async def _run(self, request: Request, owner: str) -> Response:
        agent = await agents.find_agent(self.workshop.db, owner, request.path_params["id"])
        if agent is None:
            raise _unknown_agent()
        return _json(await run_agent(self.workshop, agent, await _run_request(request)))

    async def _erase_session(self, request: Request, owner: str) -> Response:
        """Beyond the protocol: everything that is known of a session goes, for good."""
        session_id = request.path_params["id"]
        async with self.workshop.db.transaction() as tx:
            if not await erase_session(tx, session_id, owner):
                raise Refusal(404, "There is no session of this id.")
        log.info("session.erased", session_id=session_id)
        return _json({"status": "success", "id": session_id})

    async def _mcp_tools(self, request: Request, _owner: str) -> Response:
        try:
            catalogue = await self.workshop.services.mcp_catalogue(request.path_params["id"])
        except ToolFailure as error:
            raise Refusal(502, str(error)) from error
        if catalogue is None:
            raise Refusal(404, "There is no MCP server of this id.")
        return _json({"tool_config": catalogue})

    async def _named(self, request: Request, owner: str) -> AgentRecord:
        """The agent that `id` and `name` mean; where both are given, both must fit."""
        agent_id, name = request.query_params.get("id"), request.query_params.get("name")
        if agent_id:
            agent = await agents.find_agent(self.workshop.db, owner, agent_id) if agent_id.isprintable() else None
            if agent is not None and name and agent.name != name:
                agent = None
        elif name:
            agent = await agents.find_agent_by_name(self.workshop.db, owner, name) if "\0" not in name else None
        else:
            raise Refusal(400, "Say which agent: id or name is missing.")
        if agent is None:
            raise _unknown_agent()
        return agent

    def _route(self, path: str, handler: Handler, method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            owner = self.keys.owner(request.headers)
            if owner is None:
                return _failed(401, "The API key is missing or wrong.")
            if not str(request.path_params.get("id", "")).isprintable():
                return _failed(404, "There is nothing of this id.")
            return await _guarded(handler, request, owner)

        return Route(path, endpoint, methods=[method])


async def _guarded(handler: Handler, request: Request, owner: str) -> Response:
    try:
        return await handler(request, owner)
    except Refusal as refusal:
        return _failed(refusal.status, refusal.text)
    except BadAgent as error:
        return _failed(400, f"This is no agent: {error}")
    except DatabaseUnavailable:
        return _failed(503, "The engine cannot reach its database.")


async def http_error(_request: Request, error: Exception) -> Response:
    """Unknown routes and methods, in the words of all other errors."""
    if not isinstance(error, HTTPException):
        return _failed(500, "The engine could not do this.")
    return _failed(error.status_code, error.detail)


def _failed(status: int, text: str) -> Response:
    return _json({"status": "failed", "error": text}, status)


def _json(answer: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(answer), status, media_type="application/json")


def _unknown_agent() -> Refusal:
    return Refusal(404, "There is no agent of this id or name.")


async def _object(request: Request) -> Mapping[str, Any]:
    try:
        body = orjson.loads(await _body(request))
    except orjson.JSONDecodeError as error:
        raise Refusal(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "The body is not a JSON object.")
    return body


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Refusal(413, f"The body may have {MAX_BODY_BYTES} bytes at most.")
    return bytes(body)


async def _run_request(request: Request) -> RunRequest:
    """A functional run: JSON, or a form with the files beside a JSON field."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _run_form(request)
    body = await _object(request)
    inputs, extra = body.get("inputs", {}), body.get("additional_instructions") or ""
    if not isinstance(inputs, dict) or not isinstance(extra, str):
        raise Refusal(400, "inputs must be an object, additional_instructions text.")
    return RunRequest(inputs, additional_instructions=extra)


async def _run_form(request: Request) -> RunRequest:
    inputs: Any = {}
    extra = ""
    files: list[tuple[str, File]] = []
    async with request.form(max_part_size=MAX_BODY_BYTES) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append((name, await _file(value)))
            elif name == "inputs":
                inputs = _parsed(value)
            elif name == "additional_instructions":
                extra = value
    if not isinstance(inputs, dict):
        raise Refusal(400, "inputs must be a JSON object.")
    return RunRequest(inputs, files, extra)


async def _file(upload: UploadFile) -> File:
    name = (upload.filename or DEFAULT_FILE_NAME).replace("\\", "/").rpartition("/")[2]
    guessed = mimetypes.guess_type(name)[0] or DEFAULT_MIME_TYPE
    return File(name or DEFAULT_FILE_NAME, upload.content_type or guessed, await upload.read())


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, "inputs is not JSON.") from error


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise Refusal(400, f"{name} must be a whole number.")
    return int(text)

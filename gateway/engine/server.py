"""The engine as a server: opens everything, serves REST and WebSocket under `/v1`, closes everything."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.engine.agents import serve_definition
from gateway.engine.config import EngineConfig
from gateway.engine.connections.socket import Socket
from gateway.engine.ids import new_id
from gateway.engine.keys import Keys
from gateway.engine.listeners.hub import Hub
from gateway.engine.listeners.peers import Peers
from gateway.engine.models import build_model
from gateway.engine.models.pool import BuildModel, ModelPool
from gateway.engine.rest import RestApi, http_error
from gateway.engine.sessions import Sessions
from gateway.engine.tools.services import ToolServices
from gateway.engine.turns.memory import Memory
from gateway.engine.turns.runner import Runner
from gateway.engine.turns.sweep import Sweep
from gateway.engine.turns.workshop import Workshop
from gateway.store.database import connect

log = structlog.get_logger(__name__)

# Above what a frame may have: such a frame is still read, to be refused in words rather than by closing the socket.
WS_READ_LIMIT = 64 * 1024 * 1024
STOP_LISTENING_S = 2
SOCKET_PATH = "/v1/ws/session"


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine, open."""

    app: ASGIApp
    runner: Runner
    hub: Hub


@asynccontextmanager
async def open_engine(config: EngineConfig, *, build: BuildModel = build_model) -> AsyncIterator[Engine]:
    """The engine without a port of its own: its application can be served by any ASGI server."""
    async with AsyncExitStack() as stack:
        db = await connect(config.database_url)
        stack.push_async_callback(db.close)
        services = await stack.enter_async_context(ToolServices.open(config.tools))
        models = await stack.enter_async_context(ModelPool.open(build))
        local_tools = {name: tool for agent in config.agents for name, tool in agent.local_tools.items()}
        hub = Hub()
        peers = Peers(db, hub, new_id(), config.database_url)
        workshop = Workshop(db, hub, peers, Memory(db), services, local_tools, models)
        for agent in config.agents:
            await serve_definition(db, agent)
        runner = Runner(workshop, peers.process_id)
        await stack.enter_async_context(peers.listening(runner.stop))
        await stack.enter_async_context(Sweep(db, runner, peers).running())
        stack.push_async_callback(runner.close, config.grace)
        yield Engine(create_app(workshop, runner, Keys(config.api_keys)), runner, hub)


def create_app(workshop: Workshop, runner: Runner, keys: Keys) -> ASGIApp:
    """REST by Starlette; a session's socket straight, since it holds whatever it came through for hours."""
    sessions = Sessions(workshop, runner)

    async def session_socket(websocket: WebSocket) -> None:
        owner = keys.owner(websocket.headers)
        if owner is None:
            refusal = {"status": "failed", "error": "The API key is missing or wrong."}
            await websocket.send_denial_response(JSONResponse(refusal, 401))
            return
        await Socket(websocket, owner, sessions, workshop.hub).serve()

    rest = Starlette(
        routes=RestApi(workshop, keys).routes(),
        exception_handlers={HTTPException: http_error, Exception: http_error},
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == SOCKET_PATH:
            await session_socket(WebSocket(scope, receive, send))
        else:
            await rest(scope, receive, send)

    return app


def server_config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=WS_READ_LIMIT,
        ws_per_message_deflate=False,  # doubles the cost of a frame, for nothing on a loopback
        access_log=False,
        log_level="warning",  # else a line with an address for every connection
        proxy_headers=False,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=STOP_LISTENING_S,
    )


class EngineServer(uvicorn.Server):
    """Ends when a signal asks for it, and leaves the rest to its caller.

    Uvicorn itself raises the signal again once it has ended, and so ends the process before everything is closed.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(config: EngineConfig) -> None:
    """Serve until SIGTERM or SIGINT; then stop within 10 s, with nothing lost."""
    async with open_engine(config) as engine:
        log.info("engine.starting", host=config.host, port=config.port)
        await EngineServer(server_config(engine.app, config.host, config.port)).serve()
        log.info("engine.stopping")

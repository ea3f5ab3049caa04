"""What our durable turn is compared with: the usual Slack bot. Bolt acknowledges and enqueues, an arq job answers.

    python -m benchmarks.bare web|worker PORT REDIS_URL SLACK_API_URL

Nothing is stored, nothing is kept in order, and no agent is asked. It has what makes it fast: uvloop, uvicorn with
httptools, a shared HTTP session, and a poll delay of 10 ms instead of arq's 500. The rest is as its libraries come.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
import uvloop
from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SIGNING_SECRET = "bare-secret"
TOKEN = "xoxb-bare"
POLL_DELAY_S = 0.01
ANSWER = "Thank you for writing. Your order has left our warehouse and will be with you in two or three working days."


async def serve(port: int, redis_url: str, slack_api_url: str) -> None:
    """The web process."""
    async with aiohttp.ClientSession() as session:
        redis = await create_pool(RedisSettings.from_dsn(redis_url))
        client = AsyncWebClient(TOKEN, base_url=slack_api_url, session=session)
        bolt = AsyncApp(token=TOKEN, signing_secret=SIGNING_SECRET, client=client)
        handler = AsyncSlackRequestHandler(bolt)

        @bolt.event("message")
        async def on_message(event: dict[str, Any]) -> None:
            await redis.enqueue_job("answer", event["channel"], event["ts"], event["text"])

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            yield
            await redis.aclose()

        app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])], lifespan=lifespan)
        await uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False)).serve()


async def work(redis_url: str, slack_api_url: str) -> None:
    """The worker process."""
    async with aiohttp.ClientSession() as session:
        ctx = {"client": AsyncWebClient(TOKEN, base_url=slack_api_url, session=session)}
        worker = Worker([answer], redis_pool=await create_pool(RedisSettings.from_dsn(redis_url)), ctx=ctx)
        worker.poll_delay_s = POLL_DELAY_S
        await worker.async_run()


async def answer(ctx: dict[str, Any], channel: str, thread_ts: str, text: str) -> None:
    """The job."""
    key = text.partition(" ")[0]
    await ctx["client"].chat_postMessage(channel=channel, thread_ts=thread_ts, text=f"{key} {ANSWER}")


def main() -> None:
    process, port, redis_url, slack_api_url = sys.argv[1:]
    running = serve(int(port), redis_url, slack_api_url) if process == "web" else work(redis_url, slack_api_url)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(running)


if __name__ == "__main__":
    main()

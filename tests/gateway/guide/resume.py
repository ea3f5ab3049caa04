"""The last step of the guide: a session goes on in another process, by its id alone."""

from __future__ import annotations

import asyncio
import json
import os

from vectorshift.events import SessionEventType
from vectorshift.session import Session, SessionError

SESSION_ID = os.environ["SESSION_ID"]


async def resume() -> str:
    session = Session(session_id=SESSION_ID)
    async with session:
        await session.send("Pick up where we left off — what were we discussing?")
        async for event in session.listen(event_types=[SessionEventType.MESSAGE_COMPLETE]):
            return str(event.text)
    return "no answer"


async def resume_unknown() -> str:
    try:
        await Session(session_id="no-such-session").connect()
    except SessionError as error:
        return type(error).__name__
    return "connected"


async def main() -> list[str]:
    return [await resume(), await resume_unknown()]


print(json.dumps(asyncio.run(main())))

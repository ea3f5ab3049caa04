"""A mailbox process that kills itself (SIGKILL) right before or after a step: `python -m … URL IMAP_URL STEP WHEN`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.email.mailbox import Mailbox
from channels.email.servers import ImapServer
from gateway.store.database import connect
from gateway.store.mailboxes import MailboxLedger
from tests.workers.mail_doubles import StoredInbox, listener
from workers.mailbox import Open


class Doomed:
    """Stands for another object, until `step` is called on it."""

    def __init__(self, inner: object, step: str, when: str) -> None:
        self._inner = inner
        self._step = step
        self._when = when

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._killing(found) if name == self._step else found

    def _killing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def killing(*args: Any, **kwargs: Any) -> None:
            if self._when == "after":
                await call(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        return killing


async def main(url: str, imap_url: str, step: str, when: str) -> None:
    """Listen until the step is reached."""

    def wrap(opening: Open) -> Open:
        @asynccontextmanager
        async def doomed_opening() -> AsyncIterator[Mailbox]:
            async with opening() as mailbox:
                yield Doomed(mailbox, step, when)

        return doomed_opening

    db = await connect(url)
    ledger: Any = Doomed(MailboxLedger(db), step, when)
    inbox: Any = Doomed(StoredInbox(db), step, when)
    await listener(ImapServer.parse(imap_url), ledger, inbox, owner="victim", wrap=wrap).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

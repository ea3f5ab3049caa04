"""A process that cannot start says why in one line, and whose fault it is by its exit code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateway.cli.conftest import Frontdesk
from tests.gateway.cli.running import run

BASE = {"REDIS_URL": "redis://127.0.0.1:1/0", "SECRET_KEY": "key", "VECTORSHIFT_API_KEY": "vs-key"}
HALF_TWILIO = {**BASE, "TWILIO_ACCOUNT_SID": "AC1"}
WRONG = {
    "web, half of Twilio": ("gateway.processes.web", HALF_TWILIO, "TWILIO_AUTH_TOKEN"),
    "worker, half of Slack": ("workers", {**BASE, "SLACK_BOT_TOKEN": "xoxb-1"}, "APPROVERS_CHANNEL"),
    "worker, half of mail": ("workers", {**BASE, "SMTP_URL": "smtps://mail.example"}, "EMAIL_ADDRESS"),
    "slack without its token": ("gateway.processes.slack", BASE, "SLACK_APP_TOKEN"),
    "engine without keys": ("gateway.processes.engine", {}, "ENGINE_API_KEYS"),
    "engine without its agent": (
        "gateway.processes.engine",
        {"ENGINE_API_KEYS": "k", "AGENT": "nowhere.py:agent"},
        "nowhere.py",
    ),
    "web with a database of no kind": ("gateway.processes.web", {**BASE, "DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
    "web with nothing": ("gateway.processes.web", {}, "REDIS_URL"),
}


@pytest.mark.parametrize(("module", "env", "named"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_environment_is_exit_2_and_one_line(
    tmp_path: Path, module: str, env: dict[str, str], named: str
) -> None:
    ended = await run(tmp_path, env, module=module)

    assert ended.code == 2
    assert ended.out == ""
    assert named in ended.err
    assert len(ended.err.splitlines()) <= 2


async def test_the_command_passes_the_verdict_of_its_process_on(tmp_path: Path) -> None:
    ended = await run(tmp_path, HALF_TWILIO, "web")

    assert (ended.code, ended.err.splitlines()[1:]) == (2, [])
    assert "TWILIO_AUTH_TOKEN" in ended.err


@pytest.mark.parametrize("module", ["gateway.processes.web", "workers", "workers.mailbox_main"])
async def test_a_database_without_our_tables_is_exit_2_and_names_the_command(tmp_path: Path, module: str) -> None:
    mail = {"EMAIL_ADDRESS": "us@example.com", "IMAP_URL": "imaps://u:p@127.0.0.1/", "SMTP_URL": "smtps://127.0.0.1"}

    ended = await run(tmp_path, {**BASE, **mail}, module=module)

    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "frontdesk migrate" in ended.err


def test_a_command_on_a_database_of_a_newer_release_says_so(frontdesk: Frontdesk, database_url: str) -> None:
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")

    listed = frontdesk("conversations", "list")
    migrated = frontdesk("migrate")

    assert (listed.code, listed.err.count("\n"), "9999" in listed.err) == (2, 1, True)
    assert (migrated.code, migrated.err.count("\n"), "9999" in migrated.err) == (2, 1, True)


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:1/x", "postgresql://u:hunter2@nowhere.invalid/x"])
async def test_a_database_that_is_away_is_exit_1_and_one_line(tmp_path: Path, url: str) -> None:
    ended = await run(tmp_path, {**BASE, "DATABASE_URL": url}, module="gateway.processes.web")

    assert ended.code == 1
    assert len(ended.err.splitlines()) <= 2
    assert "hunter2" not in ended.err

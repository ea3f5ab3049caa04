"""The command line as a whole: every command stands where the list says, and is found by its name alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command

from gateway.cli.main import COMMANDS, command_line

NAMES = [name for names in COMMANDS.values() for name in names]


def test_the_list_names_every_command() -> None:
    assert sorted(get_command(command_line()).commands) == sorted(NAMES)  # type: ignore[attr-defined]  # it is a group


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_found_where_only_its_module_is_loaded(name: str) -> None:
    assert name in get_command(command_line(name)).commands  # type: ignore[attr-defined]  # likewise


def test_a_process_is_started_without_loading_the_gateway_twice() -> None:
    program = "import sys; from gateway.cli.main import command_line; command_line('web'); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert {"gateway.app", "gateway.demo.inside", "sqlalchemy"} & set(loaded) == set()

"""Puts the commands together, and turns what goes wrong into one clear line and an exit code.

Exit codes: 0 done, 1 it failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from gateway.errors import ConfigurationError, GatewayError
from gateway.session import SessionError
from gateway.store.database import DatabaseUnavailable, WrongSchema

COMMANDS = {
    "gateway.cli.processes": ("demo", "web", "worker", "mailbox", "engine", "migrate", "slack"),
    "gateway.cli.talking": ("chat",),
    "gateway.cli.checks": ("doctor",),
    "gateway.cli.lookups": ("conversations", "approvals", "deliveries", "mails", "audit"),
    "gateway.cli.tracing": ("trace",),
    "gateway.cli.forgetting": ("forget",),
    "gateway.cli.opting": ("opt-outs",),
    "gateway.cli.sandbox": ("sandbox",),
}
"""Which module brings which commands, in the order of `--help`."""


def command_line(named: str = "") -> typer.Typer:
    """The commands of the module that brings `named`; of every module where none does.

    Most modules load the whole gateway: a second of CPU that a process which is replaced at once should not pay.
    """
    app = typer.Typer(
        name="frontdesk",
        help="An omnichannel gateway for support agents: email, SMS and Slack in, approvals in Slack.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # Without one, a single command would stand for the whole line.
    for module in [module for module, names in COMMANDS.items() if named in names] or COMMANDS:
        import_module(module).add_to(app)
    return app


def main() -> None:
    """Run the command line."""
    try:
        command_line(*sys.argv[1:2])()
    except (ConfigurationError, WrongSchema) as error:
        _fail(str(error), 2)
    except (GatewayError, SessionError, DatabaseUnavailable) as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"frontdesk: {message}\n")
    sys.exit(code)

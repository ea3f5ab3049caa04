"""Puts the commands together, and turns what goes wrong into one clear line and an exit code.

Exit codes: 0 done, 1 it failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import sys

import typer

from gateway.cli import checks, forgetting, lookups, opting, processes, sandbox, talking, tracing
from gateway.errors import ConfigurationError, GatewayError
from gateway.session import SessionError
from gateway.store.database import DatabaseUnavailable, WrongSchema

app = typer.Typer(
    name="frontdesk",
    help="An omnichannel gateway for support agents: email, SMS and Slack in, approvals in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
processes.add_to(app)
talking.add_to(app)
checks.add_to(app)
lookups.add_to(app)
tracing.add_to(app)
forgetting.add_to(app)
opting.add_to(app)
app.add_typer(sandbox.app, name="sandbox", help="Play customer, approver and provider against a running demo.")


def main() -> None:
    """Run the command line."""
    try:
        app()
    except (ConfigurationError, WrongSchema) as error:
        _fail(str(error), 2)
    except (GatewayError, SessionError, DatabaseUnavailable) as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"frontdesk: {message}\n")
    sys.exit(code)

"""What every process does first: read its settings, set up its log, and say in one line why it cannot start."""

from __future__ import annotations

import sys
from asyncio import Runner
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from channels.errors import ChannelError
from gateway.agent.errors import DefinitionError
from gateway.errors import ConfigurationError, GatewayError
from gateway.logs import set_up_logging
from gateway.settings import ProcessType, Settings, read_settings
from gateway.store.database import DatabaseUnavailable, WrongSchema


def start(process: ProcessType, run: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Run a process type until it ends. Exit code 2: its configuration is wrong; 1: it failed."""
    try:
        settings = read_settings(process)
        set_up_logging(level=settings.log_level, style=settings.log_format)
        with Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    except (ConfigurationError, DefinitionError, WrongSchema) as error:
        _fail(error, 2)
    except (GatewayError, DatabaseUnavailable, ChannelError) as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(error: Exception, code: int) -> None:
    sys.stderr.write(f"frontdesk: {error}\n")
    sys.exit(code)

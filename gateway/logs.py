"""Logging, set up once for a process: structured lines, for people on a terminal and as JSON elsewhere.

What libraries log goes the same way, so that every line of a process can be read by the same program.
"""

from __future__ import annotations

import logging
import sys

import structlog

# These log arguments, URLs, payloads or every step at their usual level.
_QUIET = (
    "alembic",
    "arq",
    "httpx",
    "httpcore",
    "aiohttp",
    "aiosqlite",
    "slack_bolt",
    "slack_sdk",
    "twilio",
    "websockets",
    "asyncio",
)


def set_up_logging(*, level: str, style: str) -> None:
    """`style` is `json`, `console`, or empty for what fits where standard error goes."""
    chosen = style or ("console" if sys.stderr.isatty() else "json")
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if chosen == "console" else structlog.processors.JSONRenderer()
    )
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, handlers=[_library_lines(common, renderer)], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def _library_lines(common: list[structlog.typing.Processor], renderer: structlog.typing.Processor) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    return handler

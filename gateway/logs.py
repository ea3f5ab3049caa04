"""Logging, set up once for a process: structured lines, for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys

import structlog

# These log arguments, URLs or payloads at their usual level.
_QUIET = (
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
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=number, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))

"""Slack's libraries log whole requests, texts and all, at level debug. Ours may be debug without that."""

from __future__ import annotations

import logging

# Bolt finds SLACK_BOT_TOKEN in the environment by itself, and advises against what we do on purpose.
_ADVICE = "As you gave `client` as well"


def quiet_logger() -> logging.Logger:
    """A logger for slack-sdk and bolt that passes on warnings, whatever level the process logs at."""
    logger = logging.getLogger("slack.libraries")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_news)
    return logger


def _is_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_ADVICE)

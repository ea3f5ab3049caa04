"""Slack's libraries log whole requests, texts and all, at level debug. Ours may be debug without that."""

from __future__ import annotations

import logging


def quiet_logger() -> logging.Logger:
    """A logger for slack-sdk and bolt that passes on warnings, whatever level the process logs at."""
    logger = logging.getLogger("slack.libraries")
    logger.setLevel(logging.WARNING)
    return logger

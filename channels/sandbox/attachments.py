"""Files that a player attaches, as they come from the page; and showing them there again.

How a file travels on (a media address, a part of a mail, a private address) is each simulator's own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.twilio.simulator import TwilioSimulator

# What a browser may show in place. Everything else, above all SVG and HTML, is only ever saved.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody attached."""

    name: str
    mime_type: str
    content: bytes


def read_attachments(given: Any) -> Sequence[Attachment]:
    """From JSON: objects with `name`, `type` and base64 `content`. Raises `HTTPBadRequest` where they are not that."""
    try:
        return [
            Attachment(
                str(each["name"]), _mime_type(str(each["type"])), base64.b64decode(each["content"], validate=True)
            )
            for each in given or ()
        ]
    except (KeyError, TypeError, binascii.Error) as error:
        raise web.HTTPBadRequest(text="a file needs name, type and base64 content") from error


def find_attachment(provider: str, file_id: str, twilio: TwilioSimulator, slack: SlackSimulator) -> Attachment | None:
    """A file that stands in a text message or in Slack."""
    if provider == "twilio":
        media = twilio.account.media_on_phone(file_id)
        return Attachment(media.sid, media.mime_type, media.content) if media else None
    file = slack.workspace.files.get(file_id)
    return Attachment(file.described["name"], file.described["mimetype"], file.content) if file else None


def shown(file: Attachment) -> web.Response:
    """The file for the page: a picture in place, anything else to be saved."""
    is_picture = file.mime_type in PICTURES
    return web.Response(
        body=file.content,
        content_type=file.mime_type if is_picture else "application/octet-stream",
        headers={
            "Content-Disposition": "inline" if is_picture else "attachment",
            "Content-Security-Policy": POLICY,
            "Cache-Control": "private, max-age=3600",
        },
    )


def _mime_type(given: str) -> str:
    """A browser names no type for what it does not know."""
    bare = given.partition(";")[0].strip().lower()
    main, _, sub = bare.partition("/")
    return bare if main.isalpha() and sub and not sub.strip("abcdefghijklmnopqrstuvwxyz0123456789.+-") else _UNKNOWN


_UNKNOWN = "application/octet-stream"

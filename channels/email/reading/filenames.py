"""File names of attachments: what a sender wrote, made safe to store, show and send on."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable

MAX_BYTES = 180

_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\\/\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_SPACES = re.compile(r"\s+")
# The types that mail holds, named here because the machine's own table differs from machine to machine.
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "image/tiff": ".tif",
    "application/octet-stream": ".bin",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "message/rfc822": ".eml",
}


def safe_name(written: str, mime_type: str) -> str:
    """A name without directories, line ends or tricks, at most `MAX_BYTES` in UTF-8; invented where there is none."""
    name = _SPACES.sub(" ", written.replace("\r", "").replace("\n", " "))
    name = name.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .")
    if not name.strip("_"):
        name = f"attachment{extension(mime_type)}"
    return _shortened(name)


def extension(mime_type: str) -> str:
    return _EXTENSIONS.get(mime_type) or mimetypes.guess_extension(mime_type) or ".bin"


def distinct(names: Iterable[str]) -> list[str]:
    """The same names, with a number in those that came before."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
        candidate, number = name, 2
        while candidate.lower() in taken:
            candidate = f"{stem} ({number}){dot}{suffix}"
            number += 1
        taken.add(candidate.lower())
        result.append(candidate)
    return result


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > 16:
        stem, dot, suffix = name, "", ""
    room = MAX_BYTES - len(f"{dot}{suffix}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + dot + suffix

"""What an invitation (`text/calendar`, RFC 5545) says, as a few lines of text. It is read, never answered."""

from __future__ import annotations

import re

_FOLD = re.compile(r"\n[ \t]")
_LINE = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|LOCATION|ORGANIZER|METHOD)((?:;[^:\n]{0,500})?):(.{0,2000})$", re.MULTILINE
)
_ZONE = re.compile(r"TZID=([^;:]+)")
_NAME = re.compile(r"CN=\"?([^\";:]+)")
_STAMP = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")


def summary(text: str) -> str:
    """Method, title, time, place and organiser of the first event; empty where there is no title."""
    text = _FOLD.sub("", text.replace("\r\n", "\n"))
    start = text.find("BEGIN:VEVENT")
    found: dict[str, tuple[str, str]] = {}
    for name, options, value in _LINE.findall(text[:start] if start > 0 else ""):
        if name == "METHOD":
            found[name] = (options, value.strip())
    for name, options, value in _LINE.findall(text[max(start, 0) :]):
        found.setdefault(name, (options, value.strip()))
    if "SUMMARY" not in found:
        return ""
    lines = [f"Invitation ({found['METHOD'][1].lower()})" if "METHOD" in found else "Invitation"]
    lines.append(f"What: {_plain(found['SUMMARY'][1])}")
    lines += [
        f"{label}: {_when(*found[name])}" for label, name in (("From", "DTSTART"), ("Until", "DTEND")) if name in found
    ]
    if found.get("LOCATION", ("", ""))[1]:
        lines.append(f"Where: {_plain(found['LOCATION'][1])}")
    if "ORGANIZER" in found:
        lines.append(f"Organiser: {_organiser(*found['ORGANIZER'])}")
    return "\n".join(lines)


def _plain(value: str) -> str:
    return value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")


def _when(options: str, value: str) -> str:
    stamp = _STAMP.match(value)
    if not stamp:
        return value
    year, month, day, hour, minute, utc = stamp.groups()
    zone = _ZONE.search(options)
    time = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{time}{' UTC' if utc else ''}{f' ({zone[1]})' if zone else ''}"


def _organiser(options: str, value: str) -> str:
    name = _NAME.search(options)
    address = re.sub(r"(?i)^mailto:", "", value)
    return f"{name[1].strip()} <{address}>" if name else address

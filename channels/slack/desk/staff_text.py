"""What staff write in Slack, as the Markdown that every channel is given.

Slack's `*bold*`, `_italic_` and `~struck~` become Markdown's, links and mentions plain words, emoji codes the signs
that a phone shows. What Slack shows as it is stays so: signs that only Markdown would take for marks are escaped.
See https://docs.slack.dev/messaging/formatting-message-text/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import emoji

from channels.slack.reading import NameOf, readable, without_us

# Slack's marks, once found, stand as control characters, which no message has, until the rest is escaped.
_BOLD, _ITALIC, _STRUCK, _HELD = "\x01", "\x02", "\x03", "\x04"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MARKS = {
    _BOLD: (re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]*[^\s*])\*(?![\w*])"), "**"),
    _ITALIC: (re.compile(r"(?<![\w_])_(?![\s_])([^_\n]*[^\s_])_(?![\w_])"), "_"),
    _STRUCK: (re.compile(r"(?<![\w~])~(?![\s~])([^~\n]*[^\s~])~(?![\w~])"), "~~"),
}
_BLOCK_OF_CODE = re.compile(r"```(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_TAG = re.compile(r"<((?:[@#!]|[a-z][a-z+.-]*:)[^<>]*)>")
_MENTION = re.compile(r"<(?:@|!subteam\^)([A-Z0-9]+)(?:\|[^<>]*)?>")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?")
_CODE_POINTS = re.compile(r"(?!d[89a-f])[0-9a-f]{2,5}(?:-(?!d[89a-f])[0-9a-f]{2,5})*")
_FLAG = re.compile(r"flag-([a-z])([a-z])")

_QUOTED = re.compile(r"\s*>")
_BULLET = re.compile(r"( *)[•◦▪]\s+")
_ITEM = re.compile(r"\s*(?:-|\d{1,9}[.)])\s+")
# At the beginning of a line: a heading, a list's mark, a line under a heading or of a table.
_MARK_OF_LINE = re.compile(r"(?=#{1,6}(?:\s|$)|[+*](?:\s|$)|[-=_*|: ]{2,}$|[=-]$|~~~)")
_MARK_OF_TEXT = re.compile(
    r"""(?x)
    \\(?=[!-/:-@\[-`{-~]|$) | ` | ~(?=~) | (?<=~)~
    | (?<=\S)\* | \*(?=\S)
    | (?<![^\W_])_ | _(?![^\W_])
    | \](?=[(\[:]) | <(?=[A-Za-z/?]) | &(?=\#?\w+;)
    """
)


Signs = Mapping[str, str]  # emoji by their names in Slack


def staff_markdown(
    text: str, *, bot_user_id: str = "", name_of: NameOf = lambda _: "", signs: Signs | None = None
) -> str:
    """The message as Markdown. A mention of the app at either end says nothing more, and is left out.

    `signs` are the emoji of the message; where Slack does not tell them, every known code in the text is taken for one.
    """
    held: list[str] = []

    def hold(markdown: str) -> str:
        held.append(markdown)
        return f"{_HELD}{len(held) - 1}{_HELD}"

    text = _CONTROLS.sub("", without_us(text, bot_user_id))
    text = _BLOCK_OF_CODE.sub(lambda match: hold(_fence(readable(match[1], name_of=name_of))), text)
    text = _CODE.sub(lambda match: hold(f"`{readable(match[1], name_of=name_of)}`"), text)
    text = _TAG.sub(lambda match: hold(_spoken(match[0], name_of)), text)
    text = _EMOJI.sub(lambda match: hold(_sign(match, signs)), text)
    lines = [_line(line) for line in _unescaped(text).split("\n")]
    # What is held may hold more: a link within a quotation of code.
    return _released("\n".join(_apart(lines)), held).strip()


def mentions(text: str) -> tuple[str, ...]:
    """The ids of the people and groups that a message names, each once, in order."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))


def _line(line: str) -> str:
    quote = _QUOTED.match(line)
    if quote:
        return f"> {_line(line[quote.end() :].lstrip(' >'))}"
    bullet = _BULLET.match(line)
    if bullet:
        return f"{'  ' * (len(bullet[1]) // 4)}- {_line(line[bullet.end() :])}"
    item = _ITEM.match(line)
    if item and not _MARK_OF_LINE.match(line):
        return item[0] + _line(line[item.end() :])
    line = line.lstrip()  # four spaces would make code of it
    return ("\\" if _MARK_OF_LINE.match(line) else "") + _inline(line)


def _inline(text: str) -> str:
    for mark, (pattern, _) in _MARKS.items():
        text = pattern.sub(rf"{mark}\1{mark}", text)
    text = _MARK_OF_TEXT.sub(lambda match: f"\\{match[0]}", text)
    for mark, (_, markdown) in _MARKS.items():
        text = text.replace(mark, markdown)
    return text


def _apart(lines: list[str]) -> Iterator[str]:
    """A blank line where a quotation or a list ends; Markdown would take the next line into it."""
    before = ""
    for line in lines:
        quote_ends = before.startswith(">") and not line.startswith(">")
        list_ends = bool(_ITEM.match(before)) and not _ITEM.match(line) and not line.startswith(" ")
        if line and (quote_ends or list_ends):
            yield ""
        yield line
        before = line


def signs_in(blocks: Any) -> Signs | None:
    """The emoji of a message by the names that its text has for them. None where Slack sent no such blocks."""
    rich = [item for item in blocks if isinstance(item, dict) and item.get("type") == "rich_text"] if blocks else []
    if not rich:
        return None
    return {str(element.get("name")): _from_code_points(element["unicode"]) for element in _emoji_elements(rich)}


def _emoji_elements(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _emoji_elements(item)
    elif isinstance(value, dict):
        if value.get("type") == "emoji" and _CODE_POINTS.fullmatch(str(value.get("unicode"))):
            yield value
        yield from _emoji_elements(value.get("elements"))


def _from_code_points(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split("-"))


def _sign(match: re.Match[str], signs: Signs | None) -> str:
    """The emoji of a code, or the code where it is none, or one that is only known in this workspace."""
    name, tone = match[1], match[2]
    if signs is not None:
        toned = f"{name}::skin-tone-{tone}" if tone else name
        return signs.get(toned) or signs.get(name) or match[0]
    flag = _FLAG.fullmatch(name)
    if flag:
        return "".join(chr(ord("🇦") + ord(letter) - ord("a")) for letter in flag.groups())
    sign = emoji.emojize(f":{name}:", language="alias")
    if sign == f":{name}:":
        return match[0]
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    if len(name) < 3 and (before.isalnum() or after.isalnum()):  # "a:b:c" is no blood group
        return match[0]
    return sign + (chr(ord("🏻") + int(tone) - 2) if tone else "")


def _spoken(tag: str, name_of: NameOf) -> str:
    target, _, label = tag[1:-1].partition("|")
    if target[0] in "@#!":
        return _escaped(readable(tag, name_of=name_of))
    shown, address = readable(f"<{target}|>"), _unescaped(target)
    label = _unescaped(label)
    if not label or label in (shown, address) or label == address.partition("://")[2]:
        return shown
    safe = "".join(f"%{ord(sign):02X}" if sign in "()<> \\" else sign for sign in address)
    return f"[{_escaped(label)}]({safe})"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>~])", r"\\\1", text)


def _fence(code: str) -> str:
    return f"\n```\n{code}\n```\n"


def _released(text: str, held: list[str]) -> str:
    return re.sub(f"{_HELD}(\\d+){_HELD}", lambda match: _released(held[int(match[1])], held), text)


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

"""One line of a handoff thread: who speaks, and exactly what they said.

Foreign words are a quotation, escaped, so that nothing a customer writes looks like ours or calls anybody. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from channels.message import Attachment
from channels.slack import mrkdwn
from channels.slack.desk import blocks as block
from channels.slack.desk.card import CardMessage
from channels.slack.limits import MESSAGE_TEXT, SECTION_TEXT
from channels.staff import HandoffAction, Speaker, ThreadLine

WHOLE_TEXT = "message.txt"  # the file that holds a text too long for a message

_NAME = 80
_ROOM = 11_000  # characters of quotation that one message surely holds
_LENGTHS = (9000, 4000, 1800)  # tried in turn: escaping makes a text up to five times as long
_PIECE = 500
_FILE_NAME = 120
_MOST_FILES = 10

_MARKS = {
    Speaker.CUSTOMER: (":bust_in_silhouette:", "Customer"),
    Speaker.AGENT: (":robot_face:", "Agent"),
    Speaker.STAFF: (":technologist:", "Staff"),
    Speaker.NOTICE: (":information_source:", "Frontdesk"),
}


def compose_line(line: ThreadLine, *, lost: Collection[Attachment] = ()) -> CardMessage:
    """The line, within Slack's limits. `lost` are the files that could not be shown."""
    text = f"{_who(line)}: {_plainly(line)}"
    return CardMessage(mrkdwn.shorten(text, MESSAGE_TEXT), [*_blocks(line, lost)])


def heading(line: ThreadLine) -> str:
    """Who speaks and when."""
    mark, _ = _MARKS[line.speaker]
    return f"{mark} *{_who(line)}* · {mrkdwn.date(line.at)}"


def with_whole_text(line: ThreadLine) -> ThreadLine:
    """The line; where its text is too long to be shown, also as a file, so that nothing is lost."""
    if line.speaker is Speaker.NOTICE or _shown(line.text) == line.text:
        return line
    content = line.text.encode()
    whole = Attachment(WHOLE_TEXT, "text/plain", len(content), content=content)
    return replace(line, attachments=(*line.attachments, whole))


def _blocks(line: ThreadLine, lost: Collection[Attachment]) -> Iterator[block.Block]:
    if line.speaker is Speaker.NOTICE:
        yield block.section(f"{_sign(line)} {_ours(line)}")
    else:
        yield block.context(f":warning: {heading(line)}" if line.is_warning else heading(line))
        yield from (block.section(piece) for piece in _quoted(_shown(line.text)))
    if line.attachments:
        yield block.context(*_files(line, lost))
    if line.asks:
        yield block.actions("relay", _buttons(line.asks))


def _buttons(asks: str) -> list[block.Block]:
    return [
        block.button("Send anyway", HandoffAction.SEND_ANYWAY, asks),
        block.button("Hold back", HandoffAction.HOLD_BACK, asks, style="primary"),
    ]


def _files(line: ThreadLine, lost: Collection[Attachment]) -> Iterator[str]:
    shown = line.attachments[: _MOST_FILES - 1]
    for file in shown:
        where = "not shown here, see the transcript" if file in lost else "above"
        yield f":paperclip: {mrkdwn.plain(mrkdwn.shorten(file.name, _FILE_NAME))} ({where})"
    if more := len(line.attachments) - len(shown):
        yield f":paperclip: …and {more} more"


def _quoted(text: str) -> Iterator[str]:
    """The quotation in as few sections as hold it, broken between lines where it can be."""
    section = ""
    for piece in _pieces(text):
        quoted = mrkdwn.quote(piece)
        if section and len(section) + 1 + len(quoted) > SECTION_TEXT:
            yield section
            section = quoted
        else:
            section = f"{section}\n{quoted}" if section else quoted
    if section:
        yield section


def _pieces(text: str) -> Iterator[str]:
    for line in text.strip("\n").splitlines():
        if len(mrkdwn.quote(line)) <= SECTION_TEXT:
            yield line
        else:
            yield from (line[start : start + _PIECE] for start in range(0, len(line), _PIECE))


def _shown(text: str) -> str:
    """As much of the text as a message holds."""
    shortened = (mrkdwn.shorten(text, length) for length in _LENGTHS)
    return next((shown for shown in (text, *shortened) if len(mrkdwn.quote(shown)) <= _ROOM), "")


def _who(line: ThreadLine) -> str:
    _, role = _MARKS[line.speaker]
    return mrkdwn.plain(mrkdwn.shorten(line.name, _NAME)) or role


def _sign(line: ThreadLine) -> str:
    mark, _ = _MARKS[line.speaker]
    return ":warning:" if line.is_warning else mark


def _ours(line: ThreadLine) -> str:
    """A warning may carry a provider's reason, and calls nobody."""
    return mrkdwn.notice(line.text) if line.is_warning else mrkdwn.calling(line.text)


def _plainly(line: ThreadLine) -> str:
    words = _ours(line) if line.speaker is Speaker.NOTICE else mrkdwn.escape(line.text)
    files = " ".join(f"[{mrkdwn.escape(mrkdwn.shorten(file.name, _FILE_NAME))}]" for file in line.attachments)
    return " ".join(part for part in (words.strip(), files) if part) or "…"

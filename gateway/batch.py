"""A turn's messages as the session gets them: texts and files in order, and how to find them in its history again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.message import Attachment
from gateway.domain import Message, least_assurance
from gateway.events import SessionMessage
from gateway.session import UserSessionMessage
from gateway.wording import NOTE_MARK

NOTHING = "(an empty message)"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one turn posts. `values` are what the history will show for each item: a text, or a file's name."""

    items: tuple[UserSessionMessage, ...]
    values: tuple[str, ...]
    assurance: str = ""  # how sure we are of everybody who wrote

    def __len__(self) -> int:
        return len(self.items)

    @property
    def only_text(self) -> str | None:
        """The text, where the batch is nothing but one."""
        return self.values[0] if len(self.items) == 1 and isinstance(self.items[0].content, str) else None


def batch_of(
    texts: Sequence[Message], files: Sequence[Attachment], *, notes: Sequence[str] = (), with_names: bool = False
) -> Batch:
    """Notes from us, all texts in order of arrival, then all files. A file that could not be fetched is mentioned.

    A note says that it is one; a customer's text that says so is not believed. Where several people write in one
    conversation, `with_names` puts each author before what they wrote.
    """
    items: list[UserSessionMessage] = []
    values: list[str] = []
    for note in notes:
        values.append(f"{NOTE_MARK}\n{note}")
        items.append(UserSessionMessage(values[-1]))
    for message in texts:
        if message.text.strip():
            values.append(with_author(message) if with_names else _unmarked(message.text))
            items.append(UserSessionMessage(values[-1]))
    for file in files:
        if file.content is None:
            values.append(f"(The file {file.name} could not be fetched: {file.source})")
            items.append(UserSessionMessage(values[-1]))
        else:
            items.append(UserSessionMessage(file.content, mime_type=file.mime_type, filename=file.name))
            values.append(file.name)
    if not items:
        return Batch((UserSessionMessage(NOTHING),), (NOTHING,), least_assurance(texts))
    return Batch(tuple(items), tuple(values), least_assurance(texts))


def with_author(message: Message) -> str:
    """A message as the minutes of a meeting would have it: the name on a line of its own, then the words."""
    name = " ".join((message.sender.name or message.sender.address).split())
    return f"{name}:\n{_unmarked(message.text)}"


def _unmarked(text: str) -> str:
    """What a customer wrote, which is no note of ours whatever it says."""
    return text.replace(NOTE_MARK, NOTE_MARK.strip("[]")) if NOTE_MARK in text else text


def count_posted(history: Sequence[SessionMessage]) -> int:
    """How many messages of ours the session has, answers to approval requests not among them."""
    return sum(is_posted(message) for message in history)


def is_posted(message: SessionMessage) -> bool:
    return message.is_user and message.content_type != "response_message"


def find_batch(history: Sequence[SessionMessage], batch: Batch, *, cursor: int) -> int | None:
    """The index in the history at which the batch begins; None where the session has not got it.

    The first `cursor` messages of ours are older turns. The texts are compared as well, since somebody else may
    have talked into the session by hand.
    """
    ours = [(index, message.text) for index, message in enumerate(history) if is_posted(message)][cursor:]
    wanted = list(batch.values)
    for start in range(len(ours) - len(wanted) + 1):
        if [text for _, text in ours[start : start + len(wanted)]] == wanted:
            return ours[start][0]
    return None

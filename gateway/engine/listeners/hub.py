"""Who listens to which session in this process. A turn publishes, every attached connection hears.

Nothing here waits: a connection queues what it is told and sends at its own pace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """An event on its way to listeners. `is_idle`: it says that the session is idle again."""

    seq: int
    frame: str
    is_idle: bool = False


class Attachment:
    """One connection listening to one session. `last_seq` is the last event that it knows of."""

    __slots__ = ("_deliver", "_held", "idle_seq", "last_seq", "session_id")

    def __init__(self, session_id: str, deliver: Callable[[str], None]) -> None:
        self.session_id = session_id
        self.last_seq = 0
        self.idle_seq = 0  # the last event that said so
        self._deliver = deliver
        self._held: list[Told] | None = None

    def hold(self) -> None:
        """Keep live events back until what was missed has been told."""
        self._held = []

    def catch_up(self, missed: Sequence[Told]) -> None:
        """Tell what was missed, then what happened meanwhile, then whatever comes."""
        held, self._held = self._held or [], None
        for told in (*missed, *held):
            self.tell(told)

    def skip_to(self, seq: int) -> None:
        if self._held is None:
            self.last_seq = max(self.last_seq, seq)

    def tell(self, told: Told) -> None:
        """Tell an event, once."""
        if self._held is not None:
            self._held.append(told)
        elif told.seq > self.last_seq:
            self.last_seq = told.seq
            if told.is_idle:
                self.idle_seq = told.seq
            self._deliver(told.frame)


class Hub:
    """The attachments of this process, by session."""

    def __init__(self) -> None:
        self._attached: dict[str, set[Attachment]] = {}

    def attach(self, attachment: Attachment) -> None:
        self._attached.setdefault(attachment.session_id, set()).add(attachment)

    def detach(self, attachment: Attachment) -> None:
        """Harmless where it is not attached."""
        attached = self._attached.get(attachment.session_id, set())
        attached.discard(attachment)
        if not attached:
            self._attached.pop(attachment.session_id, None)

    def publish(self, session_id: str, told: Told) -> None:
        for attachment in tuple(self._attached.get(session_id, ())):
            attachment.tell(told)

    def has_listeners(self, session_id: str) -> bool:
        return session_id in self._attached

    def last_seqs(self) -> Sequence[tuple[str, int]]:
        """Of every session that is listened to, the last event that all of its listeners know of."""
        return [
            (session_id, min(attachment.last_seq for attachment in attached))
            for session_id, attached in self._attached.items()
        ]

    def skip_to(self, session_id: str, seq: int) -> None:
        """Everything up to this number has been told, or is told to nobody."""
        for attachment in self._attached.get(session_id, ()):
            attachment.skip_to(seq)

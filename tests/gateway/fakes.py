"""One fake for each port of the gateway. They behave: what was sent can be found, and what is away answers nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from channels.base import Limits
from channels.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import Answer, Attachment, ChannelName, OutboundPart, Receipt, ReplyTarget
from channels.staff import ApprovalCard, CardRef, DraftCard, HandoffBrief, Member, Speaker, ThreadLine
from gateway.queue import Wakeups

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class HeardWakeups(Wakeups):
    """Wake-ups that nobody follows: they are kept in `jobs` as (job, argument, time)."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, str, datetime | None]] = []

    async def check(self) -> str:
        return ""

    async def _enqueue(self, job: str, argument: str, at: datetime | None) -> None:
        self.jobs.append((job, argument, at))

    def of(self, job: str) -> list[str]:
        """The arguments of one kind of job, in order."""
        return [argument for name, argument, _ in self.jobs if name == job]


class FakeChannel:
    """A provider in memory. `problems` are raised by the next sends, one each; `forgets` takes a part and says nothing.

    An answer becomes one part for each paragraph.
    """

    limits = Limits(max_chars=1600)

    def __init__(self, name: ChannelName = ChannelName.SMS) -> None:
        self.name = name
        self.taken: dict[str, str] = {}  # provider ids by part key, in the order of sending
        self.texts: list[str] = []
        self.problems: deque[Exception] = deque()
        self.files: dict[str, bytes] = {}
        self.sent_files: list[Attachment] = []
        self.forgets = 0
        self.cannot_be_asked: Exception | None = None

    def compose(self, answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
        paragraphs = answer.text.split("\n\n")
        return tuple(
            OutboundPart(key if len(paragraphs) == 1 else f"{key}:{part}", target, text, part, len(paragraphs))
            for part, text in enumerate(paragraphs, start=1)
        )

    async def send(self, part: OutboundPart) -> Receipt:
        if self.problems:
            raise self.problems.popleft()
        self.taken[part.key] = f"SM{len(self.taken) + 1}"
        self.texts.append(part.text)
        self.sent_files.extend(part.attachments)
        if self.forgets:
            self.forgets -= 1
            raise UnknownOutcome("the connection was lost after the request", code="timeout")
        return Receipt(self.taken[part.key])

    async def find(self, part: OutboundPart, *, attempted_at: datetime) -> Receipt | None:
        if self.cannot_be_asked is not None:
            raise self.cannot_be_asked
        provider_id = self.taken.get(part.key)
        return None if provider_id is None else Receipt(provider_id)

    async def fetch(self, attachment: Attachment) -> Attachment:
        if self.problems:
            raise self.problems.popleft()
        content = self.files.get(attachment.source)
        if content is None:
            raise PermanentFailure("the file is gone", code="404")
        return Attachment(attachment.name, attachment.mime_type, len(content), content=content)


class FakeDesk:
    """A workspace in memory: its people, the cards that stand, the notices that were posted."""

    def __init__(self, *members: Member, channel: Sequence[str] = (), groups: dict[str, Sequence[str]] | None = None):
        self.members = {member.member_id: member for member in members}
        self.channel = tuple(channel)
        self.groups = groups or {}
        self.cards: dict[str, ApprovalCard] = {}  # by timestamp, as they look now
        self.posted: dict[str, CardRef] = {}  # by key
        self.notices: list[str] = []
        self.briefs: dict[str, HandoffBrief] = {}  # by timestamp, as they look now
        self.lines: list[ThreadLine] = []
        self.drafts: dict[str, DraftCard] = {}
        self.marks: dict[str, set[str]] = {}  # by the timestamp of the message
        self.whispers: list[tuple[str, str]] = []
        self.is_away = False
        self.forgets = 0

    async def post_card(self, card: ApprovalCard, *, key: str) -> CardRef:
        self._answer()
        ref = self._place(key)
        self.cards[ref.ts] = card
        self._forget()
        return ref

    async def update_card(self, card: ApprovalCard) -> None:
        self._answer()
        assert card.ref is not None
        if card.ref.ts not in self.cards:
            raise PermanentFailure("somebody deleted the card", code="message_not_found")
        if card.revision >= self.cards[card.ref.ts].revision:
            self.cards[card.ref.ts] = card

    async def find_card(
        self, *, key: str, attempted_at: datetime, slack_channel_id: str = "", thread_ts: str = ""
    ) -> CardRef | None:
        self._answer()
        return self.posted.get(key)

    async def notify(self, text: str, *, key: str, slack_channel_id: str = "", thread_ts: str = "") -> CardRef:
        self._answer()
        self.notices.append(text)
        return self._place(key, slack_channel_id)

    async def whisper(self, text: str, *, member_id: str, slack_channel_id: str, thread_ts: str = "") -> None:
        self._answer()
        self.whispers.append((member_id, text))

    async def post_brief(self, brief: HandoffBrief, *, key: str, slack_channel_id: str) -> CardRef:
        self._answer()
        ref = self._place(key, slack_channel_id)
        self.briefs[ref.ts] = brief
        self._forget()
        return ref

    async def update_brief(self, brief: HandoffBrief) -> None:
        self._answer()
        assert brief.ref is not None
        if brief.ref.ts not in self.briefs:
            raise PermanentFailure("the message is gone", code="message_not_found")
        self.briefs[brief.ref.ts] = brief

    async def post_line(self, line: ThreadLine, *, thread: CardRef, key: str) -> CardRef:
        self._answer()
        if thread.ts not in self.briefs:
            raise PermanentFailure("the thread is gone", code="message_not_found")
        self.lines.append(line)
        ref = self._place(key, thread.slack_channel_id)
        self._forget()
        return ref

    async def post_draft(self, draft: DraftCard, *, thread: CardRef, key: str) -> CardRef:
        self._answer()
        self.drafts[draft.draft_id] = draft
        return self._place(key, thread.slack_channel_id)

    async def update_draft(self, draft: DraftCard) -> None:
        self._answer()
        self.drafts[draft.draft_id] = draft

    async def mark(self, message: CardRef, emoji: str) -> None:
        self._answer()
        self.marks.setdefault(message.ts, set()).add(emoji)

    async def unmark(self, message: CardRef, emoji: str) -> None:
        self._answer()
        self.marks.get(message.ts, set()).discard(emoji)

    async def fetch(self, attachment: Attachment) -> Attachment:
        self._answer()
        return Attachment(attachment.name, attachment.mime_type, 4, content=b"file")

    async def permalink(self, ref: CardRef) -> str:
        self._answer()
        return f"https://acme.slack.example/archives/{ref.slack_channel_id}/p{ref.ts.replace('.', '')}"

    async def member(self, member_id: str) -> Member | None:
        self._answer()
        return self.members.get(member_id)

    async def group_members(self, group_id: str) -> Sequence[str]:
        self._answer()
        if group_id not in self.groups:
            raise PermanentFailure("the plan has no user groups", code="no_groups")
        return self.groups[group_id]

    async def channel_members(self, slack_channel_id: str) -> Sequence[str]:
        self._answer()
        return self.channel

    @property
    def card(self) -> ApprovalCard:
        """The only card that stands."""
        (card,) = self.cards.values()
        return card

    def _answer(self) -> None:
        if self.is_away:
            raise TemporaryFailure("Slack does not answer", code="timeout")

    def _forget(self) -> None:
        if self.forgets:
            self.forgets -= 1
            raise UnknownOutcome("no answer", code="timeout")

    @property
    def brief(self) -> HandoffBrief:
        """The newest head of a thread."""
        return list(self.briefs.values())[-1]

    @property
    def shown(self) -> list[str]:
        """What the customer is seen to have written, line by line."""
        return [line.text for line in self.lines if line.speaker is Speaker.CUSTOMER]

    def _place(self, key: str, slack_channel_id: str = "") -> CardRef:
        ref = CardRef(slack_channel_id or "C0APPROVERS", f"1700000000.{len(self.posted):06}")
        self.posted[key] = ref
        return ref

"""A deployment that has been at work for a while: its rows, as the use cases would have left them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway import audit
from gateway.domain import canonical_json, hash_arguments
from gateway.store.database import Database, Statements
from gateway.store.values import micros, to_json

REFUND_ABOUT = "Refund an order. Money goes back to the card that paid."
REFUND: Mapping[str, Any] = {"order_id": "A-1001", "amount": 25, "reason": "arrived broken"}
QUESTIONS = (
    "Where is my order A-1014? It should have come on Friday.",
    "Can I change the address of my delivery?",
    "The lamp flickers since yesterday. What can I do?",
    "Do you ship to Portugal, and what does it cost?",
    "I was charged twice for the same order.",
    "How do I return the chair? It does not fit our table.",
)
ANSWERS = (
    "It left our warehouse on Thursday and should be with you tomorrow before noon.",
    "Of course. Which address should it go to?",
    "Please try another socket first. If it still flickers, we send you a new one.",
    "We do: delivery to Portugal takes four to six days and costs 9.90 €.",
    "I am sorry about that. I can see both charges; the second one is on its way back to you.",
    "You can return it within 30 days. I have sent you a label by mail.",
)
PEOPLE = ("Ada Byron", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Donald Knuth", "Radia Perlman", "")


@dataclass
class Scene:
    """Writes rows at given times. Ids sort by time, as real ones do."""

    tx: Statements
    now: datetime
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def id(self, prefix: str, at: datetime) -> str:
        return f"{prefix}_{micros(at) // 1000:012x}{next(self.numbers):020x}"

    async def conversation(
        self, at: datetime, *, channel: str = "sms", address: str = "", name: str = "", **columns: Any
    ) -> str:
        conversation_id = self.id("cnv", at)
        number = next(self.numbers)
        values = {
            "id": conversation_id,
            "channel": channel,
            "thread_key": f"thread-{number}",
            "address": address or (f"+1555{number:07d}" if channel == "sms" else f"customer{number}@example.com"),
            "name": name,
            "session_id": f"ses_{number:08x}",
            "created_at": micros(at),
            "updated_at": micros(at),
            **columns,
        }
        await self._insert("conversations", values)
        return conversation_id

    async def message(self, conversation_id: str, text: str, at: datetime, **columns: Any) -> str:
        message_id = self.id("msg", at)
        await self.tx.execute(
            """
            UPDATE conversations SET arrived = arrived + 1, taken = arrived + 1, updated_at = $2 WHERE id = $1
            """,
            conversation_id,
            micros(at),
        )
        row = await self.tx.fetch_one("SELECT * FROM conversations WHERE id = $1", conversation_id)
        assert row is not None
        sender = {"address": row["address"], "name": row["name"], "assurance": "claimed"}
        values = {
            "id": message_id,
            "conversation_id": conversation_id,
            "position": row["arrived"],
            "provider_id": f"provider-{message_id}",
            "sender": to_json(sender),
            "text": text,
            "reply_to": self._target(row["channel"], row["address"]),
            "received_at": micros(at),
            "stored_at": micros(at),
            **columns,
        }
        await self._insert("messages", values)
        return message_id

    async def attach(self, message_id: str, name: str, mime_type: str, size: int | None, problem: str = "") -> None:
        values = {"id": self.id("att", self.now), "message_id": message_id, "name": name, "mime_type": mime_type}
        await self._insert("attachments", {**values, "size": size, "problem": problem})

    async def turn(self, conversation_id: str, at: datetime, *, took: timedelta, state: str = "done") -> str:
        turn_id = self.id("trn", at)
        row = await self.tx.fetch_one("SELECT * FROM conversations WHERE id = $1", conversation_id)
        assert row is not None
        values = {
            "id": turn_id,
            "conversation_id": conversation_id,
            "state": state,
            "first_position": max(row["arrived"], 1),
            "last_position": max(row["arrived"], 1),
            "cursor": 0,
            "reply_to": self._target(row["channel"], row["address"]),
            "started_at": micros(at),
            "deadline_at": micros(at + timedelta(minutes=5)),
            "ended_at": micros(at + took) if state in ("done", "failed") else None,
        }
        await self._insert("turns", values)
        if state in ("running", "paused"):
            await self.tx.execute("UPDATE conversations SET open_turn_id = $2 WHERE id = $1", conversation_id, turn_id)
        return turn_id

    async def delivery(self, conversation_id: str, text: str, at: datetime, **columns: Any) -> str:
        delivery_id = self.id("dlv", at)
        row = await self.tx.fetch_one("SELECT * FROM conversations WHERE id = $1", conversation_id)
        assert row is not None
        values = {
            "id": delivery_id,
            "lane": conversation_id,
            "kind": "answer",
            "conversation_id": conversation_id,
            "channel": row["channel"],
            "address": row["address"],
            "target": self._target(row["channel"], row["address"]),
            "text": text,
            "state": "delivered",
            "attempts": 1,
            "created_at": micros(at),
            "updated_at": micros(at),
            **columns,
        }
        await self._insert("deliveries", values)
        return delivery_id

    async def approval(
        self,
        conversation_id: str,
        turn_id: str,
        at: datetime,
        *,
        tool: str = "refund_order",
        arguments: Mapping[str, Any] = REFUND,
        **columns: Any,
    ) -> str:
        approval_id = self.id("apr", at)
        values = {
            "id": approval_id,
            "conversation_id": conversation_id,
            "turn_id": turn_id,
            "request_id": approval_id,
            "tool_name": tool,
            "description": REFUND_ABOUT,
            "arguments": canonical_json(dict(arguments)),
            "arguments_hash": hash_arguments(tool, arguments),
            "policy": to_json({"approvers": [], "high_risk": False}),
            "state": "pending",
            "created_at": micros(at),
            "expires_at": micros(at + timedelta(hours=24)),
            **columns,
        }
        await self._insert("approvals", values)
        return approval_id

    async def quarantined(self, uid: int, at: datetime, reason: str) -> None:
        values = {"mailbox": "support@example.com/INBOX", "uidvalidity": 1, "uid": uid, "state": "quarantined"}
        times = {"received_at": micros(at), "due_at": micros(at), "updated_at": micros(at)}
        await self._insert("mail_intakes", {**values, **times, "size": 48_213, "reason": reason, "tries": 5})

    async def _insert(self, table: str, values: Mapping[str, Any]) -> None:
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await self.tx.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())  # noqa: S608

    def _target(self, channel: str, address: str) -> str:
        return to_json({"channel": channel, "address": address, "thread_key": "thread", "details": {}})


@dataclass(frozen=True, slots=True)
class Known:
    """The things of the scene that tests name."""

    conversation: str
    pending: str
    dead: Sequence[str]


async def furnish(db: Database, now: datetime) -> Known:
    """Fill an empty database with a day of a small shop."""
    async with db.transaction() as tx:
        scene = Scene(tx, now)
        await _a_day(scene)
        known = await _a_refund(scene)
        await _others(scene)
    return known


async def _a_day(scene: Scene) -> None:
    """Short exchanges all day long, more of them around noon."""
    for number in range(60):
        at = scene.now - timedelta(hours=23.5) + timedelta(minutes=22 * number + (number * 7) % 13)
        channel = ("sms", "email", "slack")[number % 3]
        conversation_id = await scene.conversation(at, channel=channel, name=PEOPLE[number % len(PEOPLE)])
        took = timedelta(seconds=1.4 + (number * 13 % 29) / 10)
        for _ in range(1 + number % 3):
            await scene.message(conversation_id, QUESTIONS[number % len(QUESTIONS)], at)
        await scene.turn(conversation_id, at + timedelta(seconds=0.4 + number % 5 / 3), took=took)
        await scene.delivery(conversation_id, ANSWERS[number % len(ANSWERS)], at + took, provider_id=f"SM{number}")


async def _a_refund(scene: Scene) -> Known:
    """The conversation that shows everything: files, an approved request, staff, a pending one, a dead letter."""
    start = scene.now - timedelta(hours=2, minutes=10)
    ada = await scene.conversation(
        start, channel="email", address="ada@example.com", name="Ada Byron", subject="Broken lamp"
    )
    first = await scene.message(
        ada,
        "Hello,\n\nthe lamp of order A-1001 arrived broken. There is a picture attached.\n\nAda",
        start,
        subject="Broken lamp",
        original="Hello,\n\nthe lamp of order A-1001 arrived broken. There is a picture attached.\n\nAda\n-- \nLondon",
    )
    await scene.attach(first, "lamp.jpg", "image/jpeg", 248_113)
    await scene.attach(first, "invoice.pdf", "application/pdf", 31_400, "the file is gone")
    turn = await scene.turn(ada, start + timedelta(seconds=1), took=timedelta(minutes=12))
    await scene.delivery(
        ada,
        "One moment please: a colleague is checking this, and you will hear from us here.",
        start + timedelta(seconds=3),
        kind="notice",
    )
    await scene.approval(
        ada,
        turn,
        start + timedelta(seconds=4),
        state="approved",
        decided_at=micros(start + timedelta(minutes=11)),
        decided_by="U0GRACE",
        outcome="Refunded 25.00 € for A-1001.",
        final_arguments=canonical_json({**REFUND, "amount": 20}),
        asked_because="this tool always needs a person's approval",
    )
    await scene.delivery(
        ada,
        "I am sorry about the lamp. We have refunded 20.00 €; it takes two or three days to reach your card.\n\n"
        "Please keep the lamp, there is no need to send it back.",
        start + timedelta(minutes=12),
    )
    await scene.message(ada, "Thank you! And the second one? It is broken as well.", scene.now - timedelta(minutes=41))
    await scene.delivery(
        ada, "I have put this right for you, Ada. – Grace", scene.now - timedelta(minutes=36), kind="relay"
    )
    await scene.message(ada, "Please refund that one too.", scene.now - timedelta(minutes=14))
    turn = await scene.turn(ada, scene.now - timedelta(minutes=14), took=timedelta(0), state="paused")
    pending = await scene.approval(
        ada,
        turn,
        scene.now - timedelta(minutes=14),
        quote="Please refund that one too.",
        asked_because="this tool always needs a person's approval",
    )
    await audit.record(
        scene.tx,
        "approval.requested",
        now=scene.now,
        conversation_id=ada,
        subject_id=pending,
        data={"tool": "refund_order"},
    )
    dead = [
        await scene.delivery(
            ada,
            "Your label is attached.",
            scene.now - timedelta(minutes=30),
            state="failed",
            attempts=6,
            code="5.1.1",
            reason="550 5.1.1 mailbox unavailable",
        )
    ]
    bob = await scene.conversation(scene.now - timedelta(hours=3), address="+15550007788", name="Bob")
    await scene.message(bob, "STOP sending me these", scene.now - timedelta(hours=3))
    dead.append(
        await scene.delivery(
            bob,
            "Your order is on its way.",
            scene.now - timedelta(hours=3),
            state="failed",
            code="21610",
            reason="the recipient has opted out of messages from this number",
        )
    )
    await audit.record(
        scene.tx,
        "delivery.failed",
        now=scene.now,
        conversation_id=bob,
        subject_id=dead[1],
        data={"code": "21610", "attempts": 1},
    )
    return Known(ada, pending, dead)


async def _others(scene: Scene) -> None:
    """What waits for people and for workers, each once."""
    carla = await scene.conversation(
        scene.now - timedelta(minutes=9),
        channel="slack",
        address="U0CARLA",
        name="Carla",
        holder="human",
        held_because="the customer asked for a person",
    )
    await scene.message(carla, "I want to talk to somebody, please.", scene.now - timedelta(minutes=8))
    busy = await scene.conversation(scene.now - timedelta(seconds=20), address="+15550001122", name="Grace Hopper")
    await scene.message(busy, "Is the blue one in stock?", scene.now - timedelta(seconds=4))
    await scene.turn(busy, scene.now - timedelta(seconds=3), took=timedelta(0), state="running")
    turn = await scene.turn(carla, scene.now - timedelta(minutes=8), took=timedelta(seconds=2))
    await scene.approval(
        carla,
        turn,
        scene.now - timedelta(hours=1),
        tool="update_address",
        arguments={"customer_id": "C-17", "street": "12 St James's Square", "city": "London", "notify": True},
        description="Change where orders of a customer go.",
        quote="Could you send it to my office instead?",
        asked_because="amount is above 100",
        customer_wrote_since=2,
    )
    for number, state in enumerate(("approved", "rejected", "expired", "approved", "approved")):
        at = scene.now - timedelta(hours=3 + 3 * number)
        await scene.approval(
            carla,
            turn,
            at,
            state=state,
            decided_at=micros(at + timedelta(minutes=4 + 9 * number)),
            decided_by="" if state == "expired" else "U0ADA",
            reason="too old for a refund" if state == "rejected" else "",
        )
    await scene.quarantined(4711, scene.now - timedelta(hours=5), "the header has no end")
    await scene.delivery(busy, "Let me look.", scene.now, state="queued", attempts=0, due_at=micros(scene.now))
    await audit.record(
        scene.tx,
        "conversation.held",
        now=scene.now,
        conversation_id=carla,
        data={"because": "the customer asked for a person"},
    )

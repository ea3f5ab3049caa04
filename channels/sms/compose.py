"""Gives an answer its form as text messages: plain text, in as few messages as carriers join reliably.

Pure: sending, order and pace are left to others.
"""

from __future__ import annotations

from channels.message import Answer, Attachment, OutboundPart, ReplyTarget
from channels.sms.gsm7 import fold
from channels.sms.parts import MAX_SEGMENTS, split
from channels.sms.plain import plain_text


def compose(
    answer: Answer, target: ReplyTarget, *, key: str, max_segments: int = MAX_SEGMENTS
) -> tuple[OutboundPart, ...]:
    """The parts of an answer, in order, with keys `<key>:1`, `<key>:2`, … An answer without words has none."""
    text = "\n\n".join(filter(None, (plain_text(answer.text), *map(_mention, answer.attachments))))
    texts = split(fold(text), max_segments=max_segments) if is_sms(target.address) else split(text, max_segments=None)
    return tuple(
        OutboundPart(f"{key}:{place}", target, part, place, len(texts)) for place, part in enumerate(texts, start=1)
    )


def is_sms(address: str) -> bool:
    """Whether the address is reached in segments over a carrier, rather than over WhatsApp and the like."""
    return ":" not in address


def _mention(attachment: Attachment) -> str:
    """Twilio takes files only by a public address; a file without one is named, so that nobody waits for it in vain."""
    if attachment.source.startswith(("https://", "http://")):
        return f"{attachment.name}: {attachment.source}"
    return f"({attachment.name} cannot be sent by text message. Ask us to send it by email.)"

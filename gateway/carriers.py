"""How each kind of delivery gets to its provider: messages through their channel, cards and alerts through the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from channels.base import Channel, Desk
from channels.errors import PermanentFailure, SendError
from channels.message import ChannelName, OutboundPart, Receipt
from channels.staff import ApprovalCard, CardRef
from gateway.cards import Cards
from gateway.domain import Delivery, DeliveryKind


class Carrier(Protocol):
    """Sends one delivery, or finds out what became of an earlier attempt. Raises only `channels.errors`."""

    async def send(self, delivery: Delivery) -> Receipt: ...

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None: ...


class ChannelCarrier:
    """Answers and notices to customers."""

    def __init__(self, channels: Mapping[ChannelName, Channel]) -> None:
        self._channels = channels

    async def send(self, delivery: Delivery) -> Receipt:
        return await self._channel(delivery).send(part_of(delivery))

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        return await self._channel(delivery).find(part_of(delivery), attempted_at=attempted_at)

    def _channel(self, delivery: Delivery) -> Channel:
        channel = self._channels.get(delivery.target.channel)
        if channel is None:
            raise PermanentFailure(f"the {delivery.target.channel} channel is not configured", code="channel_off")
        return channel


class CardCarrier:
    """Approval cards: rendered as the approval is now, so that a late card or a repeated one still tells the truth."""

    def __init__(self, desk: Desk | None, cards: Cards) -> None:
        self._desk = desk
        self._cards = cards

    async def send(self, delivery: Delivery) -> Receipt:
        desk = required(self._desk)
        card = await self._cards.of(delivery.subject_id)
        if card is None:
            raise PermanentFailure("the approval is gone", code="approval_gone")
        if card.ref is not None:
            return await self._updated(desk, delivery, card, card.ref)
        return await self._placed(delivery, await desk.post_card(card, key=delivery.subject_id))

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        card = await self._cards.of(delivery.subject_id)
        if card is None or card.ref is not None:
            return None  # an update may be made as often as one likes
        found = await required(self._desk).find_card(key=delivery.subject_id, attempted_at=attempted_at)
        return None if found is None else await self._placed(delivery, found)

    async def _updated(self, desk: Desk, delivery: Delivery, card: ApprovalCard, ref: CardRef) -> Receipt:
        """The card brought up to date; one that somebody deleted is posted anew, once."""
        try:
            await desk.update_card(card)
        except PermanentFailure as failure:
            if failure.code != "message_not_found":
                raise
            key = f"{card.approval_id}:{ref.ts}"
            posted = await desk.find_card(key=key, attempted_at=card.created_at)
            return await self._placed(delivery, posted or await desk.post_card(card, key=key))
        return receipt(ref)

    async def _placed(self, delivery: Delivery, ref: CardRef) -> Receipt:
        await self._cards.place(delivery.subject_id, ref, link=await self._link(ref))
        return receipt(ref)

    async def _link(self, ref: CardRef) -> str:
        """The card's address, for the audit; one that is not to be had keeps no card from standing."""
        try:
            return await required(self._desk).permalink(ref)
        except SendError:
            return ""


class RemarkCarrier:
    """Lines in the thread of a card."""

    def __init__(self, desk: Desk | None, cards: Cards) -> None:
        self._desk = desk
        self._cards = cards

    async def send(self, delivery: Delivery) -> Receipt:
        card = await self._cards.ref_of(delivery.subject_id)
        if card is None:
            raise PermanentFailure("the card was never posted", code="no_card")
        posted = await required(self._desk).notify(
            delivery.text, key=delivery.id, slack_channel_id=card.slack_channel_id, thread_ts=card.ts
        )
        return receipt(posted)

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        card = await self._cards.ref_of(delivery.subject_id)
        if card is None:
            return None
        found = await required(self._desk).find_card(
            key=delivery.id, attempted_at=attempted_at, slack_channel_id=card.slack_channel_id, thread_ts=card.ts
        )
        return None if found is None else receipt(found)


class AlertCarrier:
    """Lines for staff. The target's thread key is the Slack channel, empty for the approvers channel."""

    def __init__(self, desk: Desk | None) -> None:
        self._desk = desk

    async def send(self, delivery: Delivery) -> Receipt:
        desk = required(self._desk)
        return receipt(await desk.notify(delivery.text, key=delivery.id, slack_channel_id=delivery.target.thread_key))

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        found = await required(self._desk).find_card(
            key=delivery.id, attempted_at=attempted_at, slack_channel_id=delivery.target.thread_key
        )
        return None if found is None else receipt(found)


def carriers(
    channels: Mapping[ChannelName, Channel], desk: Desk | None, cards: Cards
) -> Mapping[DeliveryKind, Carrier]:
    """Who carries what."""
    customer = ChannelCarrier(channels)
    return {
        DeliveryKind.ANSWER: customer,
        DeliveryKind.NOTICE: customer,
        DeliveryKind.CARD: CardCarrier(desk, cards),
        DeliveryKind.REMARK: RemarkCarrier(desk, cards),
        DeliveryKind.ALERT: AlertCarrier(desk),
    }


def part_of(delivery: Delivery) -> OutboundPart:
    """The part that a channel composed, as it was."""
    return OutboundPart(
        key=delivery.id,
        target=delivery.target,
        text=delivery.text,
        part=delivery.part,
        parts=delivery.parts,
        payload=delivery.payload,
    )


def receipt(ref: CardRef) -> Receipt:
    return Receipt(f"{ref.slack_channel_id}:{ref.ts}")


def required(desk: Desk | None) -> Desk:
    if desk is None:
        raise PermanentFailure("no desk is configured: set SLACK_BOT_TOKEN and APPROVERS_CHANNEL", code="desk_off")
    return desk

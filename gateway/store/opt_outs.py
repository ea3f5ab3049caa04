"""Who does not want to hear from us, on which channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import ChannelName
from gateway.store.database import Statements
from gateway.store.values import micros, moment


@dataclass(frozen=True, slots=True)
class OptOut:
    """An address that nothing is sent to, since when, and what said so."""

    channel: ChannelName
    address: str
    since: datetime
    source: str


async def add(tx: Statements, channel: ChannelName, address: str, *, source: str, now: datetime) -> bool:
    """False: they had said so before."""
    return (
        await tx.execute(
            "INSERT INTO opt_outs (channel, address, since, source) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            channel,
            address,
            micros(now),
            source,
        )
        == 1
    )


async def stands(db: Statements, channel: ChannelName, address: str) -> bool:
    """Whether they do not want to hear from us."""
    row = await db.fetch_one("SELECT 1 AS one FROM opt_outs WHERE channel = $1 AND address = $2", channel, address)
    return row is not None


async def remove(tx: Statements, channel: ChannelName, address: str) -> bool:
    """False: nothing stood against them."""
    return await tx.execute("DELETE FROM opt_outs WHERE channel = $1 AND address = $2", channel, address) == 1


async def newest(db: Statements, *, limit: int) -> Sequence[OptOut]:
    rows = await db.fetch("SELECT * FROM opt_outs ORDER BY since DESC, address LIMIT $1", limit)
    return [OptOut(ChannelName(row["channel"]), row["address"], moment(row["since"]), row["source"]) for row in rows]

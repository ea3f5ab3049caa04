"""The files that go out with a delivery: their content, or where it can be fetched when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.message import Attachment, ChannelName
from gateway.domain import DeliveryId
from gateway.store.database import Row, Statements


@dataclass(frozen=True, slots=True)
class DeliveryFile:
    """One file. `origin` is the channel that can fetch it, None where the content is here."""

    attachment: Attachment
    origin: ChannelName | None = None


async def add(
    tx: Statements, delivery_id: DeliveryId, attachments: Sequence[Attachment], *, origin: ChannelName | None = None
) -> None:
    """Attach files to a delivery that is in the outbox; a repeat changes nothing."""
    for number, attachment in enumerate(attachments, start=1):
        await tx.execute(
            """
            INSERT INTO delivery_files (delivery_id, number, name, mime_type, size, origin, source, content)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
            """,
            delivery_id,
            number,
            attachment.name,
            attachment.mime_type,
            attachment.size,
            origin or "",
            attachment.source,
            attachment.content,
        )


async def of_delivery(db: Statements, delivery_id: DeliveryId) -> Sequence[DeliveryFile]:
    """The files of a delivery, in the order in which they were attached."""
    rows = await db.fetch("SELECT * FROM delivery_files WHERE delivery_id = $1 ORDER BY number", delivery_id)
    return [_file(row) for row in rows]


def _file(row: Row) -> DeliveryFile:
    return DeliveryFile(
        Attachment(
            name=row["name"],
            mime_type=row["mime_type"],
            size=row["size"],
            source=row["source"],
            content=row["content"],
        ),
        ChannelName(row["origin"]) if row["origin"] else None,
    )

"""The engine processes that share this database, and how long each is believed to live."""

from __future__ import annotations

from gateway.store.database import Statements


async def register(db: Statements, process_id: str, lease_until: int) -> None:
    await db.execute("INSERT INTO engine_processes (id, lease_until) VALUES ($1, $2)", process_id, lease_until)


async def renew(db: Statements, process_id: str, now: int, lease_until: int) -> bool:
    """False where the lease had run out: others may have taken our turns already."""
    changed = await db.execute(
        "UPDATE engine_processes SET lease_until = $3 WHERE id = $1 AND lease_until > $2", process_id, now, lease_until
    )
    return changed == 1


async def count_others(db: Statements, process_id: str, now: int) -> int:
    row = await db.fetch_one(
        "SELECT count(*) AS others FROM engine_processes WHERE id <> $1 AND lease_until > $2", process_id, now
    )
    return int(row["others"]) if row else 0


async def remove(db: Statements, process_id: str) -> None:
    await db.execute("DELETE FROM engine_processes WHERE id = $1", process_id)


async def remove_dead(db: Statements, before: int) -> None:
    """Forget processes whose lease ran out before this time."""
    await db.execute("DELETE FROM engine_processes WHERE lease_until < $1", before)


async def remove_all(db: Statements) -> None:
    """On a database that only one engine can use, whoever starts is the only one."""
    await db.execute("DELETE FROM engine_processes")

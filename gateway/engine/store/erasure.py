"""Erasing a session: its history, what the model remembers of it, and every file that was posted to it."""

from __future__ import annotations

from gateway.store.database import Statements


async def erase_session(tx: Statements, session_id: str, owner: str) -> bool:
    """False: there is no session of this id. A turn that runs finds its fence gone, and can write nothing more."""
    if not await tx.execute("DELETE FROM engine_sessions WHERE id = $1 AND owner = $2", session_id, owner):
        return False
    await tx.execute("DELETE FROM engine_turns WHERE session_id = $1", session_id)
    await tx.execute("DELETE FROM engine_events WHERE session_id = $1", session_id)
    return True

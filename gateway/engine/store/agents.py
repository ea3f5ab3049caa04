"""Saved agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.store.database import Row, Statements

EVERYBODY = "*"  # the owner of agents that are served from Python code


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent as saved. `payload` keeps the order of its keys, which is the order of the tools."""

    id: str
    owner: str
    branch_id: str
    payload: Mapping[str, Any]
    created_at: int
    updated_at: int

    @property
    def name(self) -> str:
        return str(self.payload.get("name", ""))


async def save_agent(db: Statements, agent: AgentRecord) -> None:
    """Create the agent, or replace what was saved under its id."""
    await db.execute(
        """INSERT INTO engine_agents (id, owner, name, branch_id, payload, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (id) DO UPDATE SET name = excluded.name, payload = excluded.payload,
               updated_at = excluded.updated_at""",
        agent.id,
        agent.owner,
        agent.name,
        agent.branch_id,
        orjson.dumps(agent.payload).decode(),
        agent.created_at,
        agent.updated_at,
    )


async def find_agent(db: Statements, owner: str, agent_id: str) -> AgentRecord | None:
    row = await db.fetch_one(
        "SELECT * FROM engine_agents WHERE id = $1 AND owner IN ($2, $3)", agent_id, owner, EVERYBODY
    )
    return _agent(row) if row else None


async def find_agent_for_update(tx: Statements, owner: str, agent_id: str) -> AgentRecord | None:
    """The agent, held against other writers until the transaction ends."""
    row = await tx.fetch_one(
        "UPDATE engine_agents SET updated_at = updated_at WHERE id = $1 AND owner IN ($2, $3) RETURNING *",
        agent_id,
        owner,
        EVERYBODY,
    )
    return _agent(row) if row else None


async def find_agent_by_name(db: Statements, owner: str, name: str) -> AgentRecord | None:
    """The newest agent of that name."""
    row = await db.fetch_one(
        """SELECT * FROM engine_agents WHERE owner IN ($1, $2) AND name = $3
           ORDER BY created_at DESC, id DESC LIMIT 1""",
        owner,
        EVERYBODY,
        name,
    )
    return _agent(row) if row else None


async def list_agents(db: Statements, owner: str, limit: int, offset: int) -> Sequence[AgentRecord]:
    """Newest first."""
    rows = await db.fetch(
        """SELECT * FROM engine_agents WHERE owner IN ($1, $2)
           ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4""",
        owner,
        EVERYBODY,
        limit,
        offset,
    )
    return [_agent(row) for row in rows]


async def delete_agent(db: Statements, owner: str, agent_id: str) -> bool:
    """Whether there was one."""
    return await db.execute("DELETE FROM engine_agents WHERE id = $1 AND owner = $2", agent_id, owner) > 0


def _agent(row: Row) -> AgentRecord:
    return AgentRecord(
        id=row["id"],
        owner=row["owner"],
        branch_id=row["branch_id"],
        payload=orjson.loads(row["payload"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )

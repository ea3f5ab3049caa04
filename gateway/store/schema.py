"""Whether a database has the schema that this release was written for: asked once, when it is opened."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gateway.store.database import Statements, WrongSchema

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


async def require_current(db: Statements) -> None:
    """Raises `WrongSchema` where the database is not migrated, or by a newer release than this."""
    found, known = await _revision(db), newest_known()
    if found < known:
        raise WrongSchema(f"the database has {_called(found)} and needs {known}: run `frontdesk migrate`")
    if found > known:
        raise WrongSchema(
            f"the database has {_called(found)}, and this release knows {known}: install the release that migrated it"
        )


@cache
def newest_known() -> str:
    """The newest version that this release brings: its files begin with their number."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py"))


async def _revision(db: Statements) -> str:
    """The version that the database is at, "" for none."""
    try:
        row = await db.fetch_one("SELECT MAX(version_num) AS revision FROM alembic_version")
    except WrongSchema:
        return ""
    return str(row["revision"] or "") if row else ""


def _called(revision: str) -> str:
    return f"schema {revision}" if revision else "no tables of ours"

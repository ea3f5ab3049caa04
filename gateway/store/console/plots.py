"""Numbers over time, put into equal steps by SQL. Times are microseconds; a step without rows is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.store.database import Database
from gateway.store.values import micros

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on, `steps` steps of `step_s` seconds."""

    start: datetime
    step_s: int
    steps: int

    @property
    def first(self) -> int:
        return micros(self.start)

    @property
    def step(self) -> int:
        return self.step_s * SECOND

    def id_from(self, prefix: str) -> str:
        """Before every id of this kind that was made in the span: ids begin with the time at which they were made."""
        return f"{prefix}_{self.first // 1000:012x}"


Counts = Mapping[int, float]  # by the number of the step

# Percentiles of many turns are taken from a share of them: those whose id ends with a digit up to this one. The ends of
# ids are random.
ALL = "f"
ENOUGH = 3_000
_DIGITS = "0123456789abcdef"


def sample_of(total: float) -> str:
    """The last digit up to which ids are counted, so that about `ENOUGH` of this many are; at least one in sixteen."""
    sixteenths = 16 if total <= ENOUGH else max(int(16 * ENOUGH / total), 1)
    return _DIGITS[sixteenths - 1]


def words_for(upto: str) -> str:
    """Of what a sample's numbers are, in words; "" where it is no sample."""
    return "" if upto == ALL else f" (of {_DIGITS.index(upto) + 1} in 16)"


async def messages(db: Database, span: Span) -> Counts:
    """Messages that came in."""
    return await _counted(
        db, "SELECT stored_at AS at FROM messages WHERE id >= $3 AND stored_at >= $1", span, span.id_from("msg")
    )


async def turns(db: Database, span: Span) -> Counts:
    """Turns that began."""
    return await _counted(
        db, "SELECT started_at AS at FROM turns WHERE id >= $3 AND started_at >= $1", span, span.id_from("trn")
    )


async def turn_seconds(db: Database, span: Span, *, upto: str = ALL) -> tuple[Counts, Counts]:
    """How long turns took, p50 and p95; those in which people were asked are left out, since they measure people."""
    return await _percentiles(
        db,
        """
        SELECT started_at AS at, ended_at - started_at AS took FROM turns
        WHERE id >= $3 AND substr(id, -1) <= $4 AND started_at >= $1 AND ended_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM approvals WHERE approvals.turn_id = turns.id)
        """,
        span,
        span.id_from("trn"),
        upto,
    )


async def queue_seconds(db: Database, span: Span, *, upto: str = ALL) -> tuple[Counts, Counts]:
    """How long the first message of a turn had waited when it began, p50 and p95."""
    return await _percentiles(
        db,
        """
        SELECT t.started_at AS at, t.started_at - m.stored_at AS took
        FROM turns t JOIN messages m ON m.conversation_id = t.conversation_id AND m.position = t.first_position
        WHERE t.id >= $3 AND substr(t.id, -1) <= $4 AND t.started_at >= $1
        """,
        span,
        span.id_from("trn"),
        upto,
    )


async def decision_seconds(db: Database, span: Span) -> tuple[Counts, Counts]:
    """How long requests waited for somebody's decision, p50 and p95."""
    return await _percentiles(
        db,
        """
        SELECT decided_at AS at, decided_at - created_at AS took FROM approvals
        WHERE id >= $3 AND decided_at >= $1 AND state IN ('approved', 'rejected')
        """,
        span,
        # Requests may be days old when they are decided.
        Span(datetime.fromtimestamp(max(span.start.timestamp() - 7 * 86_400, 0), span.start.tzinfo), 1, 1).id_from(
            "apr"
        ),
    )


async def failures(db: Database, span: Span) -> Mapping[str, Counts]:
    """Deliveries that could not be made, by channel."""
    rows = await db.fetch(
        """
        SELECT channel, (updated_at - $1) / $2 AS step, COUNT(*) AS n FROM deliveries
        WHERE state = 'failed' AND updated_at >= $1
        GROUP BY channel, step ORDER BY channel
        """,
        span.first,
        span.step,
    )
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        found.setdefault(row["channel"], {})[int(row["step"])] = row["n"]
    return found


async def _counted(db: Database, moments: str, span: Span, first_id: str) -> Counts:
    rows = await db.fetch(
        f"SELECT (at - $1) / $2 AS step, COUNT(*) AS n FROM ({moments}) AS moments GROUP BY step",  # noqa: S608  # constants of ours are put in
        span.first,
        span.step,
        first_id,
    )
    return {int(row["step"]): row["n"] for row in rows}


async def _percentiles(db: Database, durations: str, span: Span, *args: str) -> tuple[Counts, Counts]:
    """SQLite has no percentiles, so they are counted off: the row of which that share lies below."""
    rows = await db.fetch(
        f"""
        SELECT step, MIN(CASE WHEN rank * 100 >= n * 50 THEN took END) AS p50,
            MIN(CASE WHEN rank * 100 >= n * 95 THEN took END) AS p95
        FROM (
            SELECT step, took, ROW_NUMBER() OVER (PARTITION BY step ORDER BY took) AS rank,
                COUNT(*) OVER (PARTITION BY step) AS n
            FROM (SELECT (at - $1) / $2 AS step, took FROM ({durations}) AS durations) AS stepped
        ) AS ranked GROUP BY step
        """,  # noqa: S608  # constants of ours are put in
        span.first,
        span.step,
        *args,
    )
    return _seconds(rows, "p50"), _seconds(rows, "p95")


def _seconds(rows: Sequence[Mapping[str, int]], name: str) -> Counts:
    return {int(row["step"]): row[name] / SECOND for row in rows}

"""The plots: how much there is to do, how long it takes, and what fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.routing import Route

from gateway.store.console import plots
from gateway.store.console.plots import Counts, Span
from gateway.store.database import Database
from gateway.web.console.charts import Chart, bar_chart, line_chart
from gateway.web.console.page import Visit, guarded
from gateway.web.console.words import span as said
from gateway.web.console.words import thousands

# By name: seconds of a step, and how many steps.
SPANS: Mapping[str, tuple[int, int]] = {"1h": (60, 60), "24h": (1_800, 48), "7d": (4 * 3_600, 42)}
_WORDS = {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days"}


async def index(visit: Visit) -> Response:
    """All plots over the same time."""
    name = visit.asked("span") if visit.asked("span") in SPANS else "24h"
    span = span_until(visit.console.clock(), name)
    return await visit.show(
        "numbers.html", charts=await charts(visit.gateway.db, span), spans=_WORDS, chosen=name, words=_WORDS[name]
    )


routes = [Route("/numbers", guarded(index))]


def span_until(now: datetime, name: str) -> Span:
    """The steps that end with the one that is under way. They begin at round times, so bars do not wander."""
    step_s, steps = SPANS[name]
    end = (int(now.timestamp()) // step_s + 1) * step_s
    return Span(datetime.fromtimestamp(end - step_s * steps, UTC), step_s, steps)


async def charts(db: Database, span: Span) -> Sequence[Chart]:
    """One after another: each is one query, and SQLite reads them on one connection anyway."""
    minutes = span.step_s / 60
    messages, turns = await plots.messages(db, span), await plots.turns(db, span)
    upto = plots.sample_of(sum(turns.values()))
    sample = plots.words_for(upto)
    latency, waited = await plots.turn_seconds(db, span, upto=upto), await plots.queue_seconds(db, span, upto=upto)
    decided, failures = await plots.decision_seconds(db, span), await plots.failures(db, span)
    failed = sum(sum(counts.values()) for counts in failures.values())
    return [
        bar_chart(
            *("Messages", "What customers wrote, a minute"),
            *(span, {"messages": messages}),
            unit="a minute",
            per=minutes,
            headline=f"{thousands(sum(messages.values()))} in all",
        ),
        bar_chart(
            *("Turns", "Runs of the agent, a minute"),
            *(span, {"turns": turns}),
            unit="a minute",
            per=minutes,
            headline=f"{thousands(sum(turns.values()))} in all",
        ),
        _times("Turn latency", f"From start to answer, without turns that waited for people{sample}", span, latency),
        _times("Queue age", f"How long the first message of a turn had waited{sample}", span, waited),
        _times("Time to decision", "From the request to somebody's word", span, decided),
        bar_chart(
            *("Failures", "Deliveries that became dead letters, by channel"),
            *(span, failures),
            unit="failed",
            headline=f"{thousands(failed)} in all",
        ),
    ]


def _times(title: str, about: str, span: Span, percentiles: tuple[Counts, Counts]) -> Chart:
    p50, p95 = percentiles
    newest = max(p95, default=None)
    headline = "nothing measured" if newest is None else f"p50 {said(p50[newest])} · p95 {said(p95[newest])} last"
    return line_chart(title, about, span, {"p50": p50, "p95": p95}, unit="seconds", headline=headline)

"""A plot as values that a template draws: points, bars and labels in the units of an SVG. No library, no script."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.store.console.plots import Counts, Span
from gateway.web.console.words import span as said

WIDTH, HEIGHT = 480, 180
LEFT, RIGHT, TOP, BOTTOM = 50, 6, 12, 24
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_GAP = 0.2  # of a bar's step
_LABELS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a bar chart, with the words for whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its strokes (it breaks where nothing was measured), and its single points."""

    series: int
    strokes: Sequence[str]
    dots: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Label:
    """A word on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn, and the same in words and as a table."""

    title: str
    about: str
    unit: str
    headline: str
    series: Sequence[str]
    bars: Sequence[Bar]
    lines: Sequence[Line]
    ups: Sequence[Label]
    times: Sequence[Label]
    rows: Sequence[tuple[str, Sequence[str]]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT

    @property
    def is_empty(self) -> bool:
        return not self.rows


def bar_chart(
    title: str, about: str, span: Span, series: Mapping[str, Counts], *, unit: str, per: float = 1, headline: str
) -> Chart:
    """Counts of each step, stacked, divided by `per`."""
    totals = [sum(counts.get(step, 0) for counts in series.values()) / per for step in range(span.steps)]
    top = _nice(max(totals, default=0))
    width = _PLOT_WIDTH / span.steps
    bars: list[Bar] = []
    for step in range(span.steps):
        base = 0.0
        for number, (name, counts) in enumerate(series.items()):
            value = counts.get(step, 0) / per
            if value:
                height = _PLOT_HEIGHT * value / top
                y = TOP + _PLOT_HEIGHT - base - height
                words = f"{_time(span, step)}: {_number(value)} {unit}{f', {name}' if len(series) > 1 else ''}"
                bars.append(
                    Bar(_r(LEFT + (step + _GAP / 2) * width), _r(y), _r(width * (1 - _GAP)), _r(height), number, words)
                )
                base += height
    return Chart(
        title,
        about,
        unit,
        headline,
        tuple(series),
        bars,
        (),
        _ups(top, _number),
        _times(span),
        _rows(span, series, per, _number),
    )


def line_chart(title: str, about: str, span: Span, series: Mapping[str, Counts], *, unit: str, headline: str) -> Chart:
    """A measure over time, one line for each series."""
    top = _nice(max((value for counts in series.values() for value in counts.values()), default=0))
    lines = [_line(number, span, counts, top) for number, counts in enumerate(series.values())]
    rows = _rows(span, series, 1, said)
    return Chart(title, about, unit, headline, tuple(series), (), lines, _ups(top, said), _times(span), rows)


def _line(number: int, span: Span, counts: Counts, top: float) -> Line:
    strokes: list[list[str]] = [[]]
    dots: list[tuple[float, float, str]] = []
    for step in range(span.steps):
        if step not in counts:
            strokes.append([])
            continue
        x = _r(LEFT + (step + 0.5) * _PLOT_WIDTH / span.steps)
        y = _r(TOP + _PLOT_HEIGHT * (1 - counts[step] / top))
        strokes[-1].append(f"{x},{y}")
        dots.append((x, y, f"{_time(span, step)}: {said(counts[step])}"))
    return Line(number, [" ".join(points) for points in strokes if len(points) > 1], dots)


def _ups(top: float, words: Callable[[float], str]) -> Sequence[Label]:
    return [Label(_r(TOP + _PLOT_HEIGHT * (1 - share)), words(top * share)) for share in (0, 0.5, 1)]


def _times(span: Span) -> Sequence[Label]:
    every = max(span.steps // _LABELS, 1)
    return [
        Label(_r(LEFT + (step + 0.5) * _PLOT_WIDTH / span.steps), _time(span, step))
        for step in range(0, span.steps, every)
    ]


def _rows(
    span: Span, series: Mapping[str, Counts], per: float, words: Callable[[float], str]
) -> Sequence[tuple[str, Sequence[str]]]:
    known = sorted({step for counts in series.values() for step in counts if 0 <= step < span.steps})
    return [
        (_time(span, step), [words(counts[step] / per) if step in counts else "–" for counts in series.values()])
        for step in known
    ]


def _time(span: Span, step: int) -> str:
    at = span.start.timestamp() + step * span.step_s
    moment = span.start.fromtimestamp(at, span.start.tzinfo)
    return f"{moment:%d %b}" if span.step_s >= 3 * 3_600 else f"{moment:%H:%M}"


def _nice(top: float) -> float:
    """The next number above that people like to read: 1, 2, 4, 5 or 10 times a power of ten."""
    if top <= 0:
        return 1
    power = 10 ** math.floor(math.log10(top))
    return float(next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= top * 0.999))


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _r(value: float) -> float:
    return round(value, 1)

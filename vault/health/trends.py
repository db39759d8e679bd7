"""A trend: which readings may share one line, each with its own lab's range as a step.

Only one analyte, only numbers, only one unit after exact conversion. A bound is a point of its own kind and is never
joined; what doesn't convert, has no date or was withdrawn stays in the table and off the chart. No slope is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vault.health.observation import NEVER_PLOTTED, Facts, Reading
from vault.health.units import canonical_unit, convert, split_bound

RANGE_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Point:
    """One plotted reading. ``at`` in microseconds since 1970, UTC; ``bound`` is ``<``, ``<=``, ``>``, ``>=`` or empty;
    ``low`` and ``high`` are the lab's limits in the same unit, empty where it gave none; ``joined``: a line may lead to
    it from the joined point before."""

    at: int
    value: str
    bound: str
    low: str
    high: str
    flag: str
    joined: bool


def series(readings: Iterable[tuple[Reading, Facts]], analyte: str, unit: str) -> tuple[Point, ...]:
    """The points of one analyte in one of its units, oldest first."""
    points = [
        point
        for reading, facts in readings
        if reading.analyte == analyte and (point := point_of(reading, facts, unit)) is not None
    ]
    return tuple(sorted(points, key=lambda point: point.at))


def point_of(reading: Reading, facts: Facts, unit: str) -> Point | None:
    """Where a reading stands on a chart in ``unit``; None if it can't stand there."""
    if facts.since is None or NEVER_PLOTTED in facts.marks:
        return None
    shown = convert(reading.value, reading.unit, unit, reading.analyte)
    parts = split_bound(shown) if shown else None
    if shown is None or parts is None:
        return None
    bound = parts[0]
    low, high = limits_in(reading, unit)
    return Point(facts.since, shown.removeprefix(bound).strip(), bound, low, high, reading.flag, joined=not bound)


def limits_in(reading: Reading, unit: str) -> tuple[str, str]:
    """The lab's limits in another unit, as one step of the band; limits are exact, so they show three figures."""
    same = canonical_unit(reading.unit, reading.analyte) == canonical_unit(unit, reading.analyte)
    if same:
        return reading.low, reading.high
    low, high = (
        convert(end, reading.unit, unit, reading.analyte, RANGE_FIGURES) if end else ""
        for end in (reading.low, reading.high)
    )
    return (low, high) if low is not None and high is not None else ("", "")

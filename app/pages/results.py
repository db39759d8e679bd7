"""The list of tests with their latest results, and one result with its trend, units, source and who can see it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.deps import origin_of, services
from app.pages.rendering import render
from app.pages.visitors import Citizen
from app.pages.words import lacks_value
from vault.errors import NotFound
from vault.health import catalogue
from vault.health.observation import Reading
from vault.health.units import canonical_unit
from vault.ids import RecordId, parse_id
from vault.records.records import Records
from vault.records.views import LatestRow, RecordView, ResultQuery, ResultRow

router = APIRouter()

AS_RECEIVED = "as-received"
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Trend:
    """The results of one test, newest first; ``unit`` is what they were asked for in, empty for as received."""

    rows: tuple[ResultRow, ...]
    units: tuple[str, ...]
    unit: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One test in the list: its newest real value; ``later`` is a newer sample that gave none."""

    result: ResultRow
    count: int
    later: ResultRow | None = None


@router.get("/results")
def list_results(request: Request, session: Citizen, show: str = "", welcome: bool = False) -> Response:
    records = services(request).records(session, origin_of(request))
    rows = tuple(_line(records, newest) for newest in records.latest())
    outside = sum(bool(row.result.flag) for row in rows)
    shown = tuple(row for row in rows if row.result.flag) if show == "outside" else rows
    return render(
        request,
        "results.html",
        here="/results",
        rows=shown,
        total=len(rows),
        outside=outside,
        show=show,
        welcome=welcome,
    )


@router.get("/results/{record_id}")
def show_result(
    request: Request, session: Citizen, record_id: str, *, part: int = 0, unit: str = "", kept: bool = False
) -> Response:
    parts, found = services(request), RecordId(parse_id(record_id))
    records = parts.records(session, origin_of(request))
    view = records.read(found)
    reading = _reading(view, part)
    trend = _trend(records, reading, unit)
    rows = trend.rows if trend else ()
    own = next((row for row in rows if row.record_id == found and row.part == part), None)
    real = _newest_real(rows) if lacks_value(reading.value) else None
    return render(
        request,
        "result.html",
        here="/results",
        view=view,
        reading=reading,
        part=part,
        row=own,
        real=real,
        later=rows[0] if _stands_for(own, rows) else None,
        trend=trend,
        test=catalogue.find(reading.analyte),
        grants=parts.grants(session, origin_of(request)).granted_to(found),
        kept=kept,
    )


def _line(records: Records, newest: LatestRow) -> Line:
    """Only tests that the catalogue knows can be looked through; others stay as they are."""
    row = newest.result
    if row.analyte is None or not lacks_value(row.value):
        return Line(row, newest.count)
    real = _newest_real(records.results(ResultQuery(row.analyte, limit=MOST_ROWS)).items)
    return Line(real, newest.count, row) if real else Line(row, newest.count)


def _newest_real(rows: tuple[ResultRow, ...]) -> ResultRow | None:
    return next((row for row in rows if not lacks_value(row.value)), None)


def _stands_for(own: ResultRow | None, rows: tuple[ResultRow, ...]) -> bool:
    """Whether ``own`` is the newest real value and a later sample gave none."""
    return own is not None and lacks_value(rows[0].value) and own is _newest_real(rows)


def _reading(view: RecordView, part: int) -> Reading:
    """NotFound for a record without that reading."""
    if not 0 <= part < len(view.readings):
        raise NotFound
    return view.readings[part]


def _own_unit(reading: Reading, units: tuple[str, ...]) -> str:
    """The unit to show a trend in: this result's own; the test's first for a result in words."""
    own = canonical_unit(reading.unit, reading.analyte) if reading.unit else units[0] if units else None
    return own if own in units else AS_RECEIVED


def _trend(records: Records, reading: Reading, unit: str) -> Trend | None:
    """All results of the same test, in the unit asked for, else in the unit of this result. None for unsorted tests."""
    if reading.analyte is None:
        return None
    units = tuple(catalogue.analyte(reading.analyte).units)
    asked = unit or _own_unit(reading, units)
    query = ResultQuery(reading.analyte, None if asked == AS_RECEIVED else asked, MOST_ROWS)
    page = records.results(query)
    return Trend(page.items, units, asked, page.next is not None)

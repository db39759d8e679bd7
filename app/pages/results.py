"""The list of tests with their latest results, and one result with its trend, units, source and who can see it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.deps import origin_of, services
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.errors import NotFound
from vault.health import catalogue
from vault.health.observation import Reading
from vault.health.units import canonical_unit
from vault.ids import RecordId, parse_id
from vault.records.records import Records
from vault.records.views import RecordView, ResultQuery, ResultRow

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


@router.get("/results")
def list_results(request: Request, session: Citizen, show: str = "", welcome: bool = False) -> Response:
    rows = services(request).records(session, origin_of(request)).latest()
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
    latest = next((row for row in trend.rows if row.record_id == found and row.part == part), None) if trend else None
    return render(
        request,
        "result.html",
        here="/results",
        view=view,
        reading=reading,
        part=part,
        row=latest,
        trend=trend,
        test=catalogue.find(reading.analyte),
        grants=parts.grants(session, origin_of(request)).granted_to(found),
        kept=kept,
    )


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

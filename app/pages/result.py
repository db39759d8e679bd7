"""One result: its value beside the lab's own range, its trend, units, source, and who can see it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.deps import origin_of, services
from app.education import card_of
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.health import catalogue
from vault.health.observation import lacks_value
from vault.ids import RecordId, parse_id
from vault.records.one_result import AS_RECEIVED
from vault.records.views import ResultRow, ResultView

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to show a test: ``number`` stands in the address, so that no unit does; 0 is *as received*."""

    number: int
    unit: str
    is_chosen: bool


@router.get("/results/{record_id}")
def show_result(
    request: Request, session: Citizen, record_id: str, *, part: int = 0, unit: int | None = None, kept: bool = False
) -> Response:
    parts, found = services(request), RecordId(parse_id(record_id))
    view = parts.records(session, origin_of(request)).result(found, part, unit)
    newest = _newest_real(view.rows)
    is_latest = newest is not None and (newest.record_id, newest.part) == (found, part)
    return render(
        request,
        "result.html",
        here="/results",
        real=newest if lacks_value(view.reading.value) else None,
        later=view.rows[0] if is_latest and lacks_value(view.rows[0].value) else None,
        view=view,
        choices=_choices(view),
        test=catalogue.find(view.reading.analyte),
        grants=parts.grants(session, origin_of(request)).granted_to(found),
        card=card_of(view.reading.analyte),
        kept=kept,
    )


def _choices(view: ResultView) -> list[Choice]:
    """The test's units, and *as received* where they differ; none for a test that has but one."""
    if len(view.units) < 2:
        return []
    units = [Choice(number, unit, unit == view.unit) for number, unit in enumerate(view.units, 1)]
    return [*units, Choice(0, AS_RECEIVED, view.unit == AS_RECEIVED)]


def _newest_real(rows: tuple[ResultRow, ...]) -> ResultRow | None:
    return next((row for row in rows if not lacks_value(row.value)), None)

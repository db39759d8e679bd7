"""The doubtful parts of a file: each looked at, typed in by hand where it is a result, or left out for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen
from app.texts import _
from auth.sessions import Session
from vault.errors import Invalid, NotFound, VaultError
from vault.health import catalogue
from vault.health.typed import TypedResult
from vault.ids import ImportId, parse_id
from vault.records.readable import Readable
from vault.records.records import Records
from vault.records.reports import TYPED_IN

router = APIRouter()

_FIELDS = {"code": "analyte", "range": "range_low"}
_NEEDED = {
    "analyte": _("Please choose the test."),
    "value": _("Please enter the result as the paper gives it, such as 0.80, <0.5 or a word."),
    "taken_at": _("Please enter the day the sample was taken."),
}


@router.get("/imports/{import_id}/parts/{number}")
def show_part(request: Request, session: Citizen, import_id: str, number: int) -> Response:
    values = _part(_records(request, session), import_id, number)
    readable: Readable | None = values["readable"]
    typed = {name: (getattr(readable, name),) for name in _TYPED} if readable else {}
    return render(request, "import-part.html", typed=typed, **values)


@router.post("/imports/{import_id}/parts/{number}/type-in")
def type_part(request: Request, session: Citizen, form: Submitted, import_id: str, number: int) -> Response:
    records = _records(request, session)
    page = Page("import-part.html", _part(records, import_id, number), _FIELDS)
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        _check_day(form.text("taken_at"), services(request).clock.now().date())
        records.add_result(_typed(form))
        records.imports.settle(ImportId(parse_id(import_id)), [number], TYPED_IN)
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse(f"/imports/{import_id}#left-aside", 303)


@router.post("/imports/{import_id}/parts/discard")
def discard(request: Request, session: Citizen, form: Submitted, import_id: str) -> Response:
    """One part, or, without a number, all that are open."""
    number = form.text("part")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound
    numbers = [int(number)] if number else None
    _records(request, session).imports.settle(ImportId(parse_id(import_id)), numbers)
    return RedirectResponse(f"/imports/{import_id}#left-aside", 303)


_TYPED = ("analyte", "value", "unit", "taken_at", "range_low", "range_high", "lab")


def _typed(form: Form) -> TypedResult:
    analyte, value, *others = (form.text(name) for name in _TYPED)
    unit, taken_at, low, high, lab = others
    return TypedResult(analyte or None, None, value, unit or None, taken_at, low or None, high or None, lab or None)


def _check_day(written: str, today: date) -> None:
    """Invalid for a day that is still to come; today's date differs over the world by a day."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return
    if day > today + timedelta(days=1):
        raise Invalid(_("This day is still to come. Please check it."), "taken_at")


def _part(records: Records, import_id: str, number: int) -> dict[str, Any]:
    part, readable = records.imports.part(ImportId(parse_id(import_id)), number)
    analytes = sorted(catalogue.all_analytes(), key=lambda each: each.name.lower())
    return {"here": "/add", "import_id": import_id, "part": part, "readable": readable, "analytes": analytes}


def _records(request: Request, session: Session) -> Records:
    return services(request).records(session, origin_of(request))

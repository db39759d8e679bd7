"""The doubtful parts of a file: each looked at, typed in by hand where it is a result, or left out for good."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.results_typed import FIELDS, NAMES, NEEDED, check_day, in_our_words, typed_of
from app.pages.visitors import Citizen
from auth.sessions import Session
from vault.errors import NotFound, VaultError
from vault.health import catalogue
from vault.ids import ImportId, parse_id
from vault.records.readable import Readable
from vault.records.records import Records
from vault.records.reports import TYPED_IN

router = APIRouter()


@router.get("/imports/{import_id}/parts/{number}")
def show_part(request: Request, session: Citizen, import_id: str, number: int) -> Response:
    values = _part(_records(request, session), import_id, number)
    readable: Readable | None = values["readable"]
    typed = {name: (getattr(readable, name),) for name in NAMES} if readable else {}
    return render(request, "import-part.html", typed=typed, **values)


@router.post("/imports/{import_id}/parts/{number}/type-in")
def type_part(request: Request, session: Citizen, form: Submitted, import_id: str, number: int) -> Response:
    records = _records(request, session)
    page = Page("import-part.html", _part(records, import_id, number), FIELDS)
    if again := incomplete(request, form, page, NEEDED):
        return again
    try:
        check_day(form.text("taken_at"), services(request).clock.now().date())
        records.add_result(typed_of({name: form.text(name) for name in NAMES}))
        records.imports.settle(ImportId(parse_id(import_id)), [number], TYPED_IN)
    except VaultError as error:
        return refused(request, in_our_words(error, form.text("analyte")), page, form)
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


def _part(records: Records, import_id: str, number: int) -> dict[str, Any]:
    part, readable = records.imports.part(ImportId(parse_id(import_id)), number)
    analytes = sorted(catalogue.all_analytes(), key=lambda each: each.name.lower())
    return {"here": "/add", "import_id": import_id, "part": part, "readable": readable, "analytes": analytes}


def _records(request: Request, session: Session) -> Records:
    return services(request).records(session, origin_of(request))

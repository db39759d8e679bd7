"""Put records in: a file, or one result typed by hand; then what was found, what was doubtful, what was left aside."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app import refusals
from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, SubmittedFile, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, citizens_only, confirmed_citizen
from vault.errors import Invalid, TooLarge, Unauthenticated, VaultError
from vault.health import catalogue
from vault.health.typed import BadDate, TypedResult
from vault.health.units import UnknownUnit
from vault.ids import ImportId, parse_id, text_of

router = APIRouter()

MAX_FILENAME_CHARACTERS = 255
FIRST_YEAR = 1900
_FIELDS = {"code": "analyte", "range": "range_low"}
_NEEDED = {
    "analyte": "Please choose the test.",
    "value": "Please enter the result as the paper gives it, such as 0.80, <0.5 or a word.",
    "taken_at": "Please enter the day the sample was taken.",
}
_KEPT = "kept."


class NoFile(Invalid):
    code = "no-file"
    advice = "Please choose a file first."


@router.get("/add", dependencies=[citizens_only])
def add(request: Request) -> Response:
    return render(request, "add.html", here="/add")


@router.post("/import")
def import_file(request: Request, session: Citizen, form: SubmittedFile) -> Response:
    upload = form.upload
    try:
        if form.is_too_large:
            raise TooLarge("This file is larger than 10 MB, the most we can take. Nothing of it was kept.")
        if upload is None or (not upload.filename and not upload.data):
            raise NoFile(field="file")
        records = services(request).records(session, origin_of(request))
        outcome = records.add_file(upload.data, upload.filename[:MAX_FILENAME_CHARACTERS], upload.content_type)
    except VaultError as error:
        return refused(request, error, Page("add.html", {"here": "/add"}, {"": "file"}), form)
    return RedirectResponse(f"/imports/{text_of(outcome.import_id)}", 303)


@router.get("/imports/{import_id}")
def import_report(request: Request, session: Citizen, import_id: str) -> Response:
    records = services(request).records(session, origin_of(request))
    report = records.import_report(ImportId(parse_id(import_id)))
    return render(request, "import-report.html", here="/add", report=report)


@router.get("/type-in", dependencies=[citizens_only])
def type_in_form(request: Request) -> Response:
    return render(request, "type-in.html", **_choices())


@router.post("/type-in")
def type_in(request: Request, form: Submitted) -> Response:
    """Who was signed out meanwhile signs in first; what was typed waits in that form."""
    try:
        session = confirmed_citizen(request)
    except Unauthenticated as error:
        refusals.record(request, error)
        kept = {_KEPT + name: values for name, values in form.kept.items()}
        return render(request, "sign-in.html", 401, person=None, is_admin=False, again=True, typed=kept)
    page = Page("type-in.html", _choices(), _FIELDS)
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        _check_day(form.text("taken_at"), services(request).clock.now().date())
        record_id = services(request).records(session, origin_of(request)).add_result(_typed(form))
    except VaultError as error:
        return refused(request, _in_our_words(error, form), page, form)
    return RedirectResponse(f"/results/{text_of(record_id)}?kept=1", 303)


def typed_before(request: Request, form: Form) -> Response | None:
    """The form *type in* with what was typed before a sign-in ``form``; None if nothing was."""
    typed = {name.removeprefix(_KEPT): values for name, values in form.values.items() if name.startswith(_KEPT)}
    if not typed:
        return None
    return render(request, "type-in.html", person="citizen", typed=typed, **(_choices() | {"is_back": True}))


def _check_day(written: str, today: date) -> None:
    """Invalid for a day that is still to come or too long ago; today's date differs over the world by a day."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return
    if day > today + timedelta(days=1):
        raise Invalid("This day is still to come. Please check it.", "taken_at")
    if day.year < FIRST_YEAR:
        raise Invalid(f"This day is before {FIRST_YEAR}. Please check the year.", "taken_at")


def _in_our_words(error: VaultError, form: Form) -> VaultError:
    """The form has a list of tests and a picker of days, so its advice names no codes and no formats."""
    if isinstance(error, BadDate):
        return BadDate("Please enter a real day, such as 2026-04-05.", error.field)
    known = catalogue.find(form.text("analyte"))
    if isinstance(error, UnknownUnit) and known is not None:
        units = ", ".join(known.units)
        return UnknownUnit(f"{known.common_name or known.name} can be in {units}. Please choose one.", error.field)
    return error


def _typed(form: Form) -> TypedResult:
    return TypedResult(
        analyte=form.text("analyte") or None,
        code=None,
        value=form.text("value"),
        unit=form.text("unit") or None,
        taken_at=form.text("taken_at"),
        range_low=form.text("range_low") or None,
        range_high=form.text("range_high") or None,
        lab=form.text("lab") or None,
    )


def _choices() -> dict[str, object]:
    """Tests by group, and every unit that one of them has."""
    groups: dict[str, list[catalogue.Analyte]] = {}
    for analyte in sorted(catalogue.all_analytes(), key=lambda each: each.name.lower()):
        groups.setdefault(analyte.group, []).append(analyte)
    units = sorted({unit for analytes in groups.values() for each in analytes for unit in each.units})
    return {"here": "/add", "groups": dict(sorted(groups.items())), "units": units, "is_back": False}

"""Put records in: a file, or one result typed by hand; then what was found, what was doubtful, what was left aside."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, SubmittedFile, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, citizens_only
from vault.errors import Invalid, VaultError
from vault.health import catalogue
from vault.health.typed import TypedResult
from vault.ids import ImportId, parse_id, text_of

router = APIRouter()

MAX_FILENAME_CHARACTERS = 255
_FIELDS = {"code": "analyte", "range": "range_low"}


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
def type_in(request: Request, session: Citizen, form: Submitted) -> Response:
    try:
        record_id = services(request).records(session, origin_of(request)).add_result(_typed(form))
    except VaultError as error:
        return refused(request, error, Page("type-in.html", _choices(), _FIELDS), form)
    return RedirectResponse(f"/results/{text_of(record_id)}?kept=1", 303)


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
    return {"here": "/add", "groups": dict(sorted(groups.items())), "units": units}

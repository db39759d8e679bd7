"""Put a file in: what it holds is shown first, and nothing joins before somebody says yes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, SubmittedFile, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen
from app.texts import _
from auth.sessions import Session
from vault.errors import Invalid, TooLarge, VaultError
from vault.health.strict_json import MalformedJson
from vault.ids import ImportId, parse_id, text_of
from vault.records.imports import ImportStatus
from vault.records.incoming import Incoming, WhoseIsIt
from vault.records.records import Records
from vault.records.whose import WARNINGS

router = APIRouter()

MAX_FILENAME_CHARACTERS = 255
NOT_ADDED = "not-added"
BROUGHT_BACK = "brought-back"
_NONE = "none"


class NoFile(Invalid):
    code = "no-file"
    advice = "Please choose a file first."


@router.get("/add")
def add(request: Request, session: Citizen, said: str = "") -> Response:
    return render(request, "add.html", **_add_page(_incoming(request, session), said))


@router.post("/import")
def import_file(request: Request, session: Citizen, form: SubmittedFile) -> Response:
    upload, incoming = form.upload, _incoming(request, session)
    try:
        if form.is_too_large:
            raise TooLarge(_("This file is larger than 10 MB, the most we can take. Nothing of it was kept."))
        if upload is None or (not upload.filename and not upload.data):
            raise NoFile(field="file")
        preview = incoming.stage(upload.data, upload.filename[:MAX_FILENAME_CHARACTERS], upload.content_type)
    except MalformedJson:
        damaged = Invalid(
            _("We can\u2019t read this file. It may be damaged or cut short. Nothing of it was kept."), "file"
        )
        return refused(request, damaged, Page("add.html", _add_page(incoming)), form)
    except VaultError as error:
        return refused(request, error, Page("add.html", _add_page(incoming), {"": "file"}), form)
    return RedirectResponse(f"/imports/waiting/{text_of(preview.import_id)}", 303)


@router.get("/imports")
def list_imports(request: Request, session: Citizen, said: str = "") -> Response:
    return render(request, "imports.html", here="/add", reports=_records(request, session).imports.list(), said=said)


@router.get("/imports/waiting/{import_id}")
def check(request: Request, session: Citizen, import_id: str) -> Response:
    preview = _incoming(request, session).preview(_parsed(import_id))
    return render(request, "import-check.html", here="/add", preview=preview)


@router.post("/imports/waiting/{import_id}/confirm")
def confirm(request: Request, session: Citizen, form: Submitted, import_id: str) -> Response:
    incoming, waiting_id, whose = _incoming(request, session), _parsed(import_id), form.text("whose")
    if whose == _NONE:
        incoming.discard(waiting_id)
        return RedirectResponse(f"/add?said={NOT_ADDED}", 303)
    try:
        outcome = incoming.confirm(waiting_id, whose)
    except WhoseIsIt:
        page = Page("import-check.html", {"here": "/add", "preview": incoming.preview(waiting_id)})
        return refused(request, Invalid(_("Please say whose it is."), "whose"), page, form)
    return RedirectResponse(f"/imports/{text_of(outcome.import_id)}", 303)


@router.post("/imports/waiting/{import_id}/discard")
def discard(request: Request, session: Citizen, import_id: str) -> Response:
    _incoming(request, session).discard(_parsed(import_id))
    return RedirectResponse(f"/add?said={NOT_ADDED}", 303)


@router.get("/imports/{import_id}")
def import_report(request: Request, session: Citizen, import_id: str, said: str = "") -> Response:
    records = _records(request, session)
    status = records.imports.status(_parsed(import_id))
    warnings = [WARNINGS[code] for code in status.report.outcome.warnings]
    values = {"status": status, "warnings": warnings, "waiting": records.incoming.waiting(), "said": said}
    return render(request, "import-report.html", here="/add", opens_as=_opens_as(status), **values)


@router.post("/imports/{import_id}/undo")
def undo(request: Request, session: Citizen, import_id: str) -> Response:
    _records(request, session).imports.undo(_parsed(import_id))
    return RedirectResponse(f"/imports/{import_id}", 303)


@router.post("/imports/{import_id}/restore")
def bring_back(request: Request, session: Citizen, import_id: str) -> Response:
    _records(request, session).imports.bring_back(_parsed(import_id))
    return RedirectResponse(f"/imports/{import_id}?said={BROUGHT_BACK}", 303)


@router.post("/imports/{import_id}/remove")
def remove(request: Request, session: Citizen, import_id: str) -> Response:
    _records(request, session).imports.remove(_parsed(import_id))
    return RedirectResponse("/imports?said=removed", 303)


def _opens_as(status: ImportStatus) -> str:
    """The page of the one document that an import brought; empty for anything else."""
    document, media = status.standing.document, status.report.content_type
    if document is None:
        return ""
    is_drawn = media == "application/pdf" or media.startswith("image/")
    return f"/{'documents' if is_drawn else 'records'}/{text_of(document)}"


def _add_page(incoming: Incoming, said: str = "") -> dict[str, object]:
    return {"here": "/add", "waiting": incoming.waiting(), "said": said}


def _records(request: Request, session: Session) -> Records:
    return services(request).records(session, origin_of(request))


def _incoming(request: Request, session: Session) -> Incoming:
    return _records(request, session).incoming


def _parsed(import_id: str) -> ImportId:
    return ImportId(parse_id(import_id))

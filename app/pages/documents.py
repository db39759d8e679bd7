"""A photo or PDF: put it in, look at its pages, and type in what it says beside them.

A locked PDF asks for its password. It is used to draw the pages and never kept: for an hour the browser brings it back
in a cookie of that document's pages, sealed under the vault key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.entry import session_or_door
from app.pages.forms import Form, Page, Submitted, SubmittedFile, refused
from app.pages.paper_rows import FIRST_ROWS, MOST_ROWS, count_of, read_rows
from app.pages.rendering import render
from app.pages.results_typed import choices
from app.pages.visitors import Citizen, citizens_only
from app.problems import status_of
from app.texts import _
from auth.sessions import Session
from vault.documents.errors import DocumentBusy, DocumentLocked, DocumentPasswordWrong
from vault.documents.jpeg import size_of
from vault.documents.kinds import MEDIA_TYPES, kind_of, name_for
from vault.documents.rendering import render as draw
from vault.errors import Invalid, NotFound, TooLarge, VaultError
from vault.ids import RecordId, parse_id, text_of
from vault.records.documents import DocumentView
from vault.records.records import Records

router = APIRouter()

COOKIE: Final = "__Secure-document"
COOKIE_SECONDS: Final = 3600
MOST_SHOWN: Final = 30
MAX_PASSWORD_CHARACTERS: Final = 256
MAX_FILENAME_CHARACTERS: Final = 255
LOCKED, FAILED, BUSY = "locked", "failed", "busy"


class NoDocument(Invalid):
    code = "no-file"
    advice = _("Please choose a photo or a PDF first.")


class NotShown(Invalid):
    code = "document-not-shown"
    advice = _("This is no photo and no PDF that we can show. You can add it as a file instead.")


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see of a document: how many pages, of which size in dots; else why there is nothing."""

    total: int = 0
    width: int = 0
    height: int = 0
    state: str = ""
    why: str = ""

    @property
    def numbers(self) -> range:
        return range(1, min(self.total, MOST_SHOWN) + 1)


@router.get("/add/document", dependencies=[citizens_only])
def add_document_form(request: Request) -> Response:
    return render(request, "add-document.html", here="/add")


@router.post("/add/document")
def add_document(request: Request, session: Citizen, form: SubmittedFile) -> Response:
    """Keep it, then show it beside the rows. Only what we can show; any other file has its own way in."""
    try:
        record_id = _keep(_records(request, session), form)
    except VaultError as error:
        return refused(request, error, Page("add-document.html", {"here": "/add"}, {"": "file"}), form)
    return RedirectResponse(f"/documents/{text_of(record_id)}/type-in", 303)


@router.get("/documents/{record_id}")
def show_document(request: Request, session: Citizen, record_id: str, kept: int = 0) -> Response:
    return _view(request, session, _parsed(record_id), kept=kept)


@router.get("/documents/{record_id}/pages/{number}.jpg")
def show_page(request: Request, session: Citizen, record_id: str, number: int, look: str = "") -> Response:
    """One page as a picture; NotFound past the last."""
    found, documents = _parsed(record_id), _records(request, session).documents
    if not 1 <= number <= MOST_SHOWN:
        raise NotFound
    file = documents.file(found, look)
    pages = draw(file.data, _password(request, documents.open_password, found), first=number - 1, count=1)
    if not pages.images:
        raise NotFound
    return Response(pages.images[0], media_type="image/jpeg")


@router.post("/documents/{record_id}/password")
def unlock_document(request: Request, session: Citizen, form: Submitted, record_id: str) -> Response:
    """Draw the first page with the password; the browser keeps it sealed, we don't keep it at all."""
    found, documents = _parsed(record_id), _records(request, session).documents
    typing = form.text("then") == "type-in"
    password = form.secret("password")[:MAX_PASSWORD_CHARACTERS]
    try:
        draw(documents.file(found, form.text("look")).data, password, count=1)
    except DocumentPasswordWrong as error:
        faults = {"password": error.advice if password else _("Please enter the password of this PDF.")}
        if typing:
            return _typing(request, session, found, Form({}), faults=faults, status=status_of(error))
        return _view(request, session, found, faults=faults, status=status_of(error))
    response = RedirectResponse(f"/documents/{record_id}{'/type-in' if typing else ''}", 303)
    sealed = documents.seal_password(found, password)
    where = f"/documents/{record_id}"
    response.set_cookie(
        COOKIE, sealed, max_age=COOKIE_SECONDS, path=where, secure=True, httponly=True, samesite="strict"
    )
    return response


@router.get("/documents/{record_id}/type-in")
def type_in_form(request: Request, session: Citizen, record_id: str, unseen: bool = False) -> Response:
    return _typing(request, session, _parsed(record_id), Form({}), unseen=unseen)


@router.post("/documents/{record_id}/type-in")
def type_in(request: Request, form: Submitted, record_id: str) -> Response:
    """Keep all rows, or none and say what is wrong; ``more`` adds an empty row, ``again`` only shows the form."""
    found = _parsed(record_id)
    session = session_or_door(request, form, record_id)
    if isinstance(session, Response):
        return session
    if form.text("more") or form.text("again"):
        return _typing(request, session, found, form, rows=count_of(form) + bool(form.text("more")))
    read = read_rows(form, services(request).clock.now().date())
    if not read.faults:
        try:
            kept = _records(request, session).documents.add_results(read.typed, found)
            return RedirectResponse(f"/documents/{record_id}?kept={len(kept)}", 303)
        except Invalid as error:
            read.faults[""] = error.advice
    return _typing(request, session, found, form, faults=read.faults, status=422)


def _keep(records: Records, form: SubmittedFile) -> RecordId:
    upload = form.upload
    if form.is_too_large:
        raise TooLarge(_("This file is larger than 10 MB, the most we can take. Nothing of it was kept."))
    if upload is None or not upload.data:
        raise NoDocument(field="file")
    kind = kind_of(upload.data)
    if kind is None:
        raise NotShown(field="file")
    name = name_for(kind, upload.filename[:MAX_FILENAME_CHARACTERS] or _("photo"))
    document = records.add_file(upload.data, name, MEDIA_TYPES[kind]).document
    if document is None:
        raise NotShown(field="file")
    return document


def _view(
    request: Request,
    session: Session,
    record_id: RecordId,
    *,
    kept: int = 0,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    view = _records(request, session).documents.open(record_id)
    grants = services(request).grants(session, origin_of(request)).granted_to(record_id)
    values = _values(request, session, view) | {"grants": grants, "kept": kept, "faults": faults or {}}
    return render(request, "document.html", status, **values)


def _typing(
    request: Request,
    session: Session,
    record_id: RecordId,
    form: Form,
    *,
    rows: int | None = None,
    faults: dict[str, str] | None = None,
    status: int = 200,
    unseen: bool = False,
) -> Response:
    view = _records(request, session).documents.open(record_id)
    count = min(rows if rows is not None else count_of(form) if form.values else FIRST_ROWS, MOST_ROWS)
    more = {
        "rows": range(1, count + 1),
        "most_rows": MOST_ROWS,
        "new_row": count if rows is not None and form.text("more") else 0,
        "blind": unseen or bool(form.text("unseen")),
        "typed": form.kept,
        "faults": faults or {},
    }
    return render(request, "document-type-in.html", status, **(_values(request, session, view) | choices() | more))


def _values(request: Request, session: Session, view: DocumentView) -> dict[str, object]:
    documents = _records(request, session).documents
    password = _password(request, documents.open_password, view.row.record_id)
    return {"here": "/records", "view": view, "shown": _shown(view.file.data, password)}


def _shown(data: bytes, password: str | None) -> Shown:
    try:
        pages = draw(data, password, count=1)
    except DocumentLocked:
        return Shown(state=LOCKED)
    except DocumentBusy as error:
        return Shown(state=BUSY, why=error.advice)
    except Invalid as error:
        return Shown(state=FAILED, why=error.advice)
    width, height = size_of(pages.images[0]) if pages.images else (0, 0)
    return Shown(pages.total, width, height)


def _password(request: Request, open_password: Callable[[RecordId, str], str | None], found: RecordId) -> str | None:
    sealed = request.cookies.get(COOKIE, "")
    return open_password(found, sealed) if sealed else None


def _records(request: Request, session: Session) -> Records:
    return services(request).records(session, origin_of(request))


def _parsed(record_id: str) -> RecordId:
    return RecordId(parse_id(record_id))

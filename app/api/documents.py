"""A document's pages as pictures, and the results that were read from it. Files come in by ``/api/imports``.

A picture names the look it belongs to (``look`` of the document's own answer); without it, it is a look of its own.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from app.api.answers import Id, answer_json, operation, or_null
from app.api.records import RecordShown, show_record
from app.api.results import NewResult, ResultShown, show_result, typed_of
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.documents.errors import DocumentLocked
from vault.documents.kinds import kind_of
from vault.documents.rendering import render
from vault.errors import Invalid, NotFound
from vault.health.typed import TypedResult, resource_of
from vault.ids import RecordId, parse_id, text_of
from vault.records.documents import MOST_AT_ONCE, Documents, UnknownDocument

router = APIRouter(tags=["Documents"], prefix="/api/documents")
Citizen = Annotated[Session, Depends(citizen_session)]
Number = Annotated[int, Path(ge=1, le=1_000, description="Of the page, from 1.")]
Look = Annotated[str, Query(max_length=200, description="`look` of the document's own answer, at most an hour old.")]
PICTURE = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}


class DocumentShown(BaseModel):
    """``kind``: pdf, jpeg, png or heic, null for a file that has no pages to show. ``pages`` is null where they can't
    be counted; ``why`` is then the code of an error, such as ``document-locked``."""

    record: RecordShown
    filename: str
    content_type: str
    size_bytes: int
    kind: str | None
    pages: int | None
    why: str | None
    results: list[ResultShown]
    look: str


class Password(WireModel):
    password: str = Field(max_length=256)


class NewResults(WireModel):
    """All of them are kept, or none. ``document`` of each is left out: it is this one."""

    results: list[NewResult] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ResultsKept(BaseModel):
    record_ids: list[str]


@router.get("/{record_id}", **operation("One document", model=DocumentShown, refuses=(403, 404)))
def read_document(request: Request, session: Citizen, record_id: Id) -> Response:
    view = _documents(request, session).open(_parsed(record_id))
    kind = kind_of(view.file.data)
    pages, why = _count(view.file.data)
    body: dict[str, Any] = {
        "record": show_record(view.row),
        "filename": view.file.filename,
        "content_type": view.file.content_type,
        "size_bytes": len(view.file.data),
        "kind": or_null(kind or ""),
        "pages": pages,
        "why": why,
        "results": [show_result(row) for row in view.results],
        "look": view.look,
    }
    return answer_json(body)


@router.get(
    "/{record_id}/pages/{number}",
    **operation("One page as a JPEG without metadata", content=PICTURE, refuses=(403, 404)),
)
def read_page(request: Request, session: Citizen, record_id: Id, number: Number, look: Look = "") -> Response:
    return _picture(_documents(request, session), _parsed(record_id), number, look)


@router.post(
    "/{record_id}/pages/{number}",
    **operation(
        "One page of a locked PDF; its password is used once and not kept",
        content=PICTURE,
        body=Password,
        refuses=(403, 404),
    ),
)
def read_locked_page(
    request: Request, session: Citizen, *, record_id: Id, number: Number, raw: JsonBytes, look: Look = ""
) -> Response:
    password = read_wire(raw, Password).password
    return _picture(_documents(request, session), _parsed(record_id), number, look, password)


@router.post(
    "/{record_id}/results",
    **operation(
        "Type in several results read from this document",
        status=201,
        model=ResultsKept,
        body=NewResults,
        refuses=(403, 404, 409),
    ),
)
def add_results(request: Request, session: Citizen, record_id: Id, raw: JsonBytes) -> Response:
    typed = [typed_of(each) for each in read_wire(raw, NewResults).results]
    for place, each in enumerate(typed):
        _check(each, place)
    try:
        kept = _documents(request, session).add_results(typed, _parsed(record_id))
    except UnknownDocument:
        raise NotFound from None
    return answer_json({"record_ids": [text_of(each) for each in kept]}, 201)


def _check(typed: TypedResult, place: int) -> None:
    """Invalid whose field says which of the results is wrong."""
    try:
        resource_of(typed)
    except Invalid as error:
        error.field = f"results.{place}.{error.field}"
        raise


def _count(data: bytes) -> tuple[int | None, str | None]:
    try:
        return render(data, count=0).total, None
    except Invalid as error:
        return None, error.code


def _picture(
    documents: Documents, record_id: RecordId, number: int, look: str, password: str | None = None
) -> Response:
    file = documents.file(record_id, look)
    try:
        pages = render(file.data, password, first=number - 1, count=1)
    except DocumentLocked as error:
        raise type(error)(field=None if password is None else "password") from None
    if not pages.images:
        raise NotFound
    return Response(pages.images[0], media_type="image/jpeg")


def _documents(request: Request, session: Session) -> Documents:
    return services(request).records(session, origin_of(request)).documents


def _parsed(record_id: str) -> RecordId:
    return RecordId(parse_id(record_id))

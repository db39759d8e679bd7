"""Records: list, read, take out the file as it came, delete to the bin, restore."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Id, Limit, answer_page, encode, instant, nothing, operation, or_null
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.ids import RecordId, parse_id, text_of
from vault.records.views import RecordRow, RecordView

router = APIRouter(tags=["Records"], prefix="/api")
Citizen = Annotated[Session, Depends(citizen_session)]

_SAFE_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


class RecordShown(BaseModel):
    record_id: str
    version: int
    kind: str
    title: str
    taken_at: str | None
    status: str | None
    lab: str | None
    source: str
    added_at: str
    deleted_at: str | None
    analytes: list[str]
    categories: list[str]
    marks: list[str]


class RecordPage(BaseModel):
    items: list[RecordShown]
    next: str | None


class ReadingShown(BaseModel):
    analyte: str | None
    name: str
    value: str
    unit: str | None
    low: str | None
    high: str | None
    range_text: str | None
    flag: str | None


class RecordOpened(RecordShown):
    """``resource`` is the FHIR resource as received, null for a document; ``file`` the file it came in.

    ``private``: whether it is kept from carers.
    """

    readings: list[ReadingShown]
    resource: dict[str, Any] | None
    filename: str
    content_type: str
    size_bytes: int
    earlier_versions: list[int]
    private: bool


@router.get("/records", **operation("Records, newest first", model=RecordPage, refuses=(403,)))
def list_records(
    request: Request,
    session: Citizen,
    kind: Annotated[str | None, Query(max_length=50, description="A kind of the vocabulary.")] = None,
    limit: Limit = FIRST_LIMIT,
    after: After = None,
) -> Response:
    return answer_page(services(request).records(session, origin_of(request)).list(kind, limit, after), show_record)


@router.get("/records/{record_id}", **operation("One record", model=RecordOpened, refuses=(403, 404)))
def read_record(request: Request, session: Citizen, record_id: Id) -> Response:
    records = services(request).records(session, origin_of(request))
    view = records.read(RecordId(parse_id(record_id)))
    is_private = bool(records.private_of([view.row.record_id]))
    return Response(_opened(view, is_private), media_type="application/json")


@router.get(
    "/records/{record_id}/original",
    **operation(
        "The whole file a record came in, byte for byte",
        content={"*/*": {}},
        refuses=(403, 404),
        headers={"Content-Disposition": "Always an attachment, with the file's own name."},
    ),
)
def read_original(request: Request, session: Citizen, record_id: Id) -> Response:
    file = services(request).records(session, origin_of(request)).original(RecordId(parse_id(record_id)))
    return attachment(file.data, file.content_type, file.filename)


@router.put(
    "/records/{record_id}/private",
    **operation("Keep a record from carers, and every share that holds it", status=204, refuses=(403, 404, 409)),
)
def keep_private(request: Request, session: Citizen, record_id: Id) -> Response:
    return _set_private(request, session, record_id, is_private=True)


@router.delete(
    "/records/{record_id}/private",
    **operation("Let carers see a record again; shares that held it stay private", status=204, refuses=(403, 404, 409)),
)
def show_again(request: Request, session: Citizen, record_id: Id) -> Response:
    return _set_private(request, session, record_id, is_private=False)


def _set_private(request: Request, session: Session, record_id: str, *, is_private: bool) -> Response:
    parts, origin = services(request), origin_of(request)
    found, also = RecordId(parse_id(record_id)), parts.grants(session, origin).private_roots
    parts.records(session, origin).keep_private(found, also, is_private=is_private)
    return nothing()


@router.delete("/records/{record_id}", **operation("Move to the bin for 30 days", status=204, refuses=(403, 404, 409)))
def delete_record(request: Request, session: Citizen, record_id: Id) -> Response:
    services(request).records(session, origin_of(request)).delete(RecordId(parse_id(record_id)))
    return nothing()


@router.post("/records/{record_id}/restore", **operation("Back from the bin", status=204, refuses=(403, 404, 409)))
def restore_record(request: Request, session: Citizen, record_id: Id) -> Response:
    services(request).records(session, origin_of(request)).restore(RecordId(parse_id(record_id)))
    return nothing()


def attachment(data: bytes, content_type: str, filename: str) -> Response:
    """A file from outside, which a browser saves and never shows or runs in our origin."""
    stated = content_type.partition(";")[0].strip().lower()
    media = stated if _SAFE_MEDIA_TYPE.fullmatch(stated) else "application/octet-stream"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", filename)[:100].lstrip(".") or "file"
    headers = {
        "Content-Type": media,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename[:255], safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(data, headers=headers)


def show_record(row: RecordRow) -> dict[str, Any]:
    return {
        "record_id": text_of(row.record_id),
        "version": row.version,
        "kind": row.kind,
        "title": row.title,
        "taken_at": or_null(row.taken),
        "status": or_null(row.status),
        "lab": or_null(row.lab),
        "source": row.source,
        "added_at": instant(row.added_at),
        "deleted_at": instant(row.deleted_at) if row.deleted_at else None,
        "analytes": sorted(row.analytes),
        "categories": sorted(row.categories),
        "marks": sorted(row.marks),
    }


def _opened(view: RecordView, is_private: bool) -> bytes:
    """The stored resource goes out as it is: its numbers must not pass through a float."""
    members = show_record(view.row) | {
        "readings": [
            {
                "analyte": reading.analyte,
                "name": reading.name,
                "value": reading.value,
                "unit": or_null(reading.unit),
                "low": or_null(reading.low),
                "high": or_null(reading.high),
                "range_text": or_null(reading.range_text),
                "flag": or_null(reading.flag),
            }
            for reading in view.readings
        ],
        "filename": view.filename,
        "content_type": view.content_type,
        "size_bytes": view.size_bytes,
        "earlier_versions": list(view.earlier_versions),
        "private": is_private,
    }
    resource = view.body if view.row.media == "fhir" else b"null"
    return encode(members)[:-1] + b',"resource":' + resource + b"}"

"""Put a file in: FHIR JSON, NDJSON, ``.phr``, or any other file as a document. The body is the file itself.

In one step, which joins and warns (``staged`` asks first). Afterwards an import can be undone and brought back, and
its doubtful parts set aside.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.body import FileBytes, JsonBytes, WireModel, read_wire
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.ids import ImportId, parse_id, text_of
from vault.records.imports import ImportStatus
from vault.records.records import Records
from vault.records.views import ImportOutcome, ImportReport, SentBy
from vault.records.whose import WARNINGS

router = APIRouter(tags=["Records"], prefix="/api")
MAX_FILENAME_CHARACTERS = 255
Citizen = Annotated[Session, Depends(citizen_session)]
Filename = Annotated[str, Query(max_length=MAX_FILENAME_CHARACTERS, description="The file's own name.")]
FILE = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


class Quarantine(BaseModel):
    where: str
    reason: str


class Warned(BaseModel):
    code: str
    detail: str


class ImportDone(BaseModel):
    """``document`` is the record of a file that was kept as it came."""

    import_id: str
    added: int
    duplicates: int
    quarantined: list[Quarantine]
    warnings: list[Warned]
    document: str | None


class ReportPart(Quarantine):
    settled: str | None


class Sender(BaseModel):
    """Who delivered it: of the API key that was used, unless a lab's signature proves who it was."""

    name: str | None
    proven: bool


class ImportShown(BaseModel):
    """An import's report, and where its records are now; ``stays``: earlier records that it corrected."""

    import_id: str
    at: str
    filename: str
    size_bytes: int
    sha256: str
    added: int
    duplicates: int
    parts: list[ReportPart]
    warnings: list[Warned]
    live: int
    in_bin: int
    stays: int
    undone_at: str | None
    sent_by: Sender | None


class ImportLine(BaseModel):
    import_id: str
    at: str
    filename: str
    size_bytes: int
    added: int
    duplicates: int
    quarantined: int
    sent_by: Sender | None


class ImportList(BaseModel):
    items: list[ImportLine]


class Moved(BaseModel):
    moved: int


class Parts(WireModel):
    """Numbers of doubtful parts from 0, in the report's order; without any, all that are open."""

    parts: list[int] | None = None


@router.post(
    "/imports",
    **operation("Import a file of up to 10 MiB", status=201, model=ImportDone, body=FILE, refuses=(403, 409)),
)
def import_file(request: Request, session: Citizen, raw: FileBytes, filename: Filename = "") -> Response:
    outcome = records_of(request, session).incoming.add_file(raw, filename, request.headers.get("content-type", ""))
    return answer_json(show_outcome(outcome), 201)


@router.get("/imports", **operation("List imports, newest first", model=ImportList, refuses=(403,)))
def list_imports(request: Request, session: Citizen) -> Response:
    return answer_json({"items": [show_line(each) for each in records_of(request, session).imports.list()]})


@router.delete(
    "/imports/{import_id}",
    **operation("Destroy the file of an import of which no record is left", status=204, refuses=(403, 404, 409)),
)
def remove_import(request: Request, session: Citizen, import_id: Id) -> Response:
    records_of(request, session).imports.remove(parsed(import_id))
    return nothing()


@router.get(
    "/imports/{import_id}",
    **operation("What an import held, and what became of it", model=ImportShown, refuses=(403, 404)),
)
def read_import(request: Request, session: Citizen, import_id: Id) -> Response:
    return answer_json(show_status(records_of(request, session).imports.status(parsed(import_id))))


@router.post(
    "/imports/{import_id}/undo",
    **operation("Move all that came with an import to the bin, at once", model=Moved, refuses=(403, 404, 409)),
)
def undo_import(request: Request, session: Citizen, import_id: Id) -> Response:
    return answer_json({"moved": records_of(request, session).imports.undo(parsed(import_id))})


@router.post(
    "/imports/{import_id}/restore",
    **operation("Bring back what undoing an import moved", model=Moved, refuses=(403, 404, 409)),
)
def restore_import(request: Request, session: Citizen, import_id: Id) -> Response:
    return answer_json({"moved": records_of(request, session).imports.bring_back(parsed(import_id))})


@router.post(
    "/imports/{import_id}/parts/discard",
    **operation(
        "Set doubtful parts aside for good; the original file still holds them",
        model=Moved,
        body=Parts,
        refuses=(403, 404, 409),
    ),
)
def discard_parts(request: Request, session: Citizen, import_id: Id, raw: JsonBytes) -> Response:
    wanted = read_wire(raw, Parts)
    return answer_json({"moved": records_of(request, session).imports.settle(parsed(import_id), wanted.parts)})


def show_line(report: ImportReport) -> dict[str, Any]:
    return {
        "import_id": text_of(report.import_id),
        "at": instant(report.at),
        "filename": report.filename,
        "size_bytes": report.size_bytes,
        "added": report.outcome.added,
        "duplicates": report.outcome.duplicates,
        "quarantined": len(report.outcome.quarantined),
        "sent_by": show_sender(report.sent_by),
    }


def show_status(status: ImportStatus) -> dict[str, Any]:
    report, standing = status.report, status.standing
    return {
        "import_id": text_of(report.import_id),
        "at": instant(report.at),
        "filename": report.filename,
        "size_bytes": report.size_bytes,
        "sha256": report.sha256,
        "added": report.outcome.added,
        "duplicates": report.outcome.duplicates,
        "parts": [{"where": p.where, "reason": p.reason, "settled": or_null(p.settled)} for p in status.parts],
        "warnings": warned(report.outcome.warnings),
        "live": standing.live,
        "in_bin": standing.in_bin,
        "stays": standing.stays,
        "undone_at": instant(standing.undone_at) if standing.undone_at else None,
        "sent_by": show_sender(report.sent_by),
    }


def show_sender(sent_by: SentBy | None) -> dict[str, Any] | None:
    return {"name": or_null(sent_by.name), "proven": sent_by.proven} if sent_by else None


def show_outcome(outcome: ImportOutcome) -> dict[str, Any]:
    return {
        "import_id": text_of(outcome.import_id),
        "added": outcome.added,
        "duplicates": outcome.duplicates,
        "quarantined": [{"where": fault.where, "reason": fault.reason} for fault in outcome.quarantined],
        "warnings": warned(outcome.warnings),
        "document": text_of(outcome.document) if outcome.document else None,
    }


def warned(codes: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"code": code, "detail": WARNINGS[code]} for code in codes]


def records_of(request: Request, session: Session) -> Records:
    return services(request).records(session, origin_of(request))


def parsed(import_id: str) -> ImportId:
    return ImportId(parse_id(import_id))

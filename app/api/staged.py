"""A file in two steps: staged and looked at, then confirmed or taken away. Staged files are gone after a day."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.api.imports import (
    FILE,
    Citizen,
    Filename,
    ImportDone,
    Quarantine,
    Warned,
    parsed,
    records_of,
    show_outcome,
    warned,
)
from app.body import FileBytes, JsonBytes, WireModel, read_wire
from vault.ids import text_of
from vault.records.preview import Preview
from vault.records.waiting import Waiting
from vault.records.whose import warnings_of

router = APIRouter(tags=["Records"], prefix="/api")


class Counted(BaseModel):
    name: str
    count: int


class StagedFile(BaseModel):
    """What a staged file would bring if it were confirmed now. Nothing of it is among the records yet."""

    import_id: str
    filename: str
    size_bytes: int
    kept_until: str
    added: int
    corrected: int
    back_from_bin: int
    duplicates: int
    results: int
    tests: list[Counted]
    others: list[Counted]
    first_taken_at: str | None
    last_taken_at: str | None
    is_document: bool
    quarantined: list[Quarantine]
    warnings: list[Warned]


class StagedLine(BaseModel):
    import_id: str
    filename: str
    size_bytes: int
    kept_until: str
    results: int
    others: int
    doubtful: int
    asks_whose: bool


class StagedList(BaseModel):
    items: list[StagedLine]


class Answer(WireModel):
    """``whose`` is needed if the file warns of another name or birth date: ``mine`` joins, ``apart`` keeps it alone."""

    whose: str = ""


@router.post(
    "/imports/staged",
    **operation(
        "Stage a file: kept for a day, out of sight, until it is confirmed",
        status=201,
        model=StagedFile,
        body=FILE,
        refuses=(403, 409),
    ),
)
def stage_file(request: Request, session: Citizen, raw: FileBytes, filename: Filename = "") -> Response:
    incoming = records_of(request, session).incoming
    return answer_json(show_preview(incoming.stage(raw, filename, request.headers.get("content-type", ""))), 201)


@router.get("/imports/staged", **operation("List staged files", model=StagedList, refuses=(403,)))
def list_staged(request: Request, session: Citizen) -> Response:
    return answer_json({"items": [show_waiting(each) for each in records_of(request, session).incoming.waiting()]})


@router.get(
    "/imports/staged/{import_id}", **operation("What a staged file would bring", model=StagedFile, refuses=(403, 404))
)
def read_staged(request: Request, session: Citizen, import_id: Id) -> Response:
    return answer_json(show_preview(records_of(request, session).incoming.preview(parsed(import_id))))


@router.post(
    "/imports/staged/{import_id}/confirm",
    **operation("Import a staged file", status=201, model=ImportDone, body=Answer, refuses=(403, 404, 409)),
)
def confirm_staged(request: Request, session: Citizen, import_id: Id, raw: JsonBytes) -> Response:
    answer = read_wire(raw, Answer)
    outcome = records_of(request, session).incoming.confirm(parsed(import_id), answer.whose)
    return answer_json(show_outcome(outcome), 201)


@router.delete(
    "/imports/staged/{import_id}",
    **operation("Take a staged file away; nothing of it is kept", status=204, refuses=(403, 404)),
)
def discard_staged(request: Request, session: Citizen, import_id: Id) -> Response:
    records_of(request, session).incoming.discard(parsed(import_id))
    return nothing()


def show_preview(preview: Preview) -> dict[str, Any]:
    """Whom the file names stays on the page of the citizen; programs learn that it differs."""
    return {
        "import_id": text_of(preview.import_id),
        "filename": preview.file.filename,
        "size_bytes": preview.file.size,
        "kept_until": instant(preview.kept_until),
        "added": preview.added,
        "corrected": preview.corrected,
        "back_from_bin": preview.back,
        "duplicates": preview.duplicates,
        "results": preview.results,
        "tests": [{"name": name, "count": count} for name, count in preview.tests],
        "others": [{"name": kind, "count": count} for kind, count in preview.others],
        "first_taken_at": or_null(preview.first),
        "last_taken_at": or_null(preview.last),
        "is_document": preview.is_document,
        "quarantined": [{"where": fault.where, "reason": fault.reason} for fault in preview.quarantined],
        "warnings": warned(warnings_of(preview.doubts)),
    }


def show_waiting(waiting: Waiting) -> dict[str, Any]:
    return {
        "import_id": text_of(waiting.import_id),
        "filename": waiting.file.filename,
        "size_bytes": waiting.file.size,
        "kept_until": instant(waiting.kept_until),
        "results": waiting.brought.results,
        "others": waiting.brought.others,
        "doubtful": waiting.brought.doubtful,
        "asks_whose": waiting.brought.asks_whose,
    }

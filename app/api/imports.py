"""Put a file in: FHIR JSON, NDJSON, ``.phr``, or any other file as a document. The body is the file itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, operation
from app.body import FileBytes
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.ids import text_of

router = APIRouter(tags=["Records"], prefix="/api")
MAX_FILENAME_CHARACTERS = 255


class Quarantine(BaseModel):
    where: str
    reason: str


class ImportDone(BaseModel):
    import_id: str
    added: int
    duplicates: int
    quarantined: list[Quarantine]
    warnings: list[str]


@router.post(
    "/imports",
    **operation(
        "Import a file of up to 10 MiB",
        status=201,
        model=ImportDone,
        body={"*/*": {"schema": {"type": "string", "format": "binary"}}},
        refuses=(403, 409),
    ),
)
def import_file(
    request: Request,
    session: Annotated[Session, Depends(citizen_session)],
    raw: FileBytes,
    filename: Annotated[str, Query(max_length=MAX_FILENAME_CHARACTERS, description="The file's own name.")] = "",
) -> Response:
    records = services(request).records(session, origin_of(request))
    outcome = records.add_file(raw, filename, request.headers.get("content-type", ""))
    body = {
        "import_id": text_of(outcome.import_id),
        "added": outcome.added,
        "duplicates": outcome.duplicates,
        "quarantined": [{"where": fault.where, "reason": fault.reason} for fault in outcome.quarantined],
        "warnings": list(outcome.warnings),
    }
    return answer_json(body, 201)

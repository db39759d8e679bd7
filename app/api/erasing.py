"""Erasing for good: one record, or everything; the certificate of the latter, for whoever has its address."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.api.records import attachment
from app.body import JsonBytes, WireModel, read_wire
from app.deps import clear_session_cookie, freshly_proven_citizen, origin_of, services
from app.errors import BadValue
from auth.sessions import Session
from vault.ids import RecordId, parse_id, text_of

router = APIRouter(tags=["Erasing"], prefix="/api")
Proven = Annotated[Session, Depends(freshly_proven_citizen)]
Address = Annotated[str, Path(description="The part of `address` after its last slash.")]
EVERYTHING = "erase everything"
CERTIFICATE_NAME = "certificate-of-erasure.json"


class FileThatGoes(BaseModel):
    """``others``: records of the file that stay. ``doubtful``: parts of it that nobody settled."""

    filename: str
    others: int
    doubtful: int


class WhatGoes(BaseModel):
    """``grants``: living shares that hold the record; their links go on working without it."""

    title: str
    taken_at: str | None
    versions: int
    files: list[FileThatGoes]
    grants: list[str]


class EraseEverything(WireModel):
    """``confirm`` is the words ``erase everything``."""

    confirm: str


class Erased(BaseModel):
    """``address``: where the certificate will be. Keep it: nobody can find it again."""

    address: str


class ErasureShown(BaseModel):
    """``erasing`` until the old bytes are gone; then ``erased``, with what the certificate says."""

    state: str
    erased_at: str
    certificate: dict[str, Any] | None


class CertificateKey(BaseModel):
    """``public_key``: base64url of 32 bytes."""

    algorithm: str
    public_key: str


@router.get(
    "/erase/{record_id}", **operation("What erasing a record takes with it", model=WhatGoes, refuses=(403, 404))
)
def what_goes(request: Request, session: Proven, record_id: Id) -> Response:
    found, house = RecordId(parse_id(record_id)), services(request)
    goes = house.erasing(session, origin_of(request)).what_goes(found)
    grants = house.grants(session, origin_of(request)).granted_to(found)
    body = {
        "title": goes.title,
        "taken_at": or_null(goes.taken),
        "versions": goes.versions,
        "files": [
            {"filename": each.told.filename, "others": each.others, "doubtful": each.doubtful} for each in goes.files
        ],
        "grants": [text_of(each.grant_id) for each in grants],
    }
    return answer_json(body)


@router.post("/erase/{record_id}", **operation("Erase a record for good", status=204, refuses=(403, 404, 409)))
def erase_record(request: Request, session: Proven, record_id: Id) -> Response:
    services(request).erasing(session, origin_of(request)).erase(RecordId(parse_id(record_id)))
    return nothing()


@router.post(
    "/erase",
    **operation(
        "Erase everything, at once and for ever",
        status=202,
        model=Erased,
        body=EraseEverything,
        refuses=(403, 404, 409),
    ),
)
def erase_everything(request: Request, session: Proven, raw: JsonBytes) -> Response:
    if read_wire(raw, EraseEverything).confirm != EVERYTHING:
        raise BadValue(field="confirm")
    house = services(request)
    address = house.vault_erasing(session).erase()
    response = answer_json({"address": f"{house.settings.public_url}/erased/{address}"}, 202)
    if session.acting is None:
        clear_session_cookie(response)
    return response


@router.get(
    "/erased/{address}",
    **operation("How far an erasure is", model=ErasureShown, refuses=(404,), signed_in=False),
)
def show_erased(request: Request, address: Address) -> Response:
    standing = services(request).erasures.find(address)
    state = "erased" if standing.certificate else "erasing"
    body = {"state": state, "erased_at": instant(standing.erased_at), "certificate": standing.certificate}
    return answer_json(body)


@router.post(
    "/erased/{address}/certificate",
    **operation(
        "The signed certificate; it can be fetched for another hour",
        content={"*/*": {}},
        refuses=(403, 404),
        signed_in=False,
        headers={"Content-Disposition": "Always an attachment."},
    ),
)
def take_certificate(request: Request, address: Address) -> Response:
    return attachment(services(request).erasures.take(address), "application/json", CERTIFICATE_NAME)


@router.get(
    "/certificate-key",
    **operation("The key that verifies certificates of erasure", model=CertificateKey, signed_in=False),
)
def certificate_key(request: Request) -> Response:
    key = base64.urlsafe_b64encode(services(request).erasures.public_key()).rstrip(b"=").decode()
    return answer_json({"algorithm": "Ed25519", "public_key": key})

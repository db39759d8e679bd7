"""Deliveries: what a lab or a doctor puts into a vault while it is locked, and the keys that let them.

Who delivers shows an API key of this one address and reads nothing with it, not even what it delivered.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.body import FileBytes, JsonBytes, WireModel, media_type, read_wire
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from auth.sessions import Session
from vault.deliveries.format import MEDIA_TYPE
from vault.deliveries.receipts import address_of
from vault.deliveries.senders import DeliveryRefused
from vault.errors import NotFound
from vault.ids import DeliveryId, SenderId, VaultId, parse_id, text_of

router = APIRouter(tags=["Deliveries"], prefix="/api")

Citizen = Annotated[Session, Depends(citizen_session)]
Proven = Annotated[Session, Depends(freshly_proven_citizen)]
Filename = Annotated[str, Query(max_length=255, description="The file's own name, for a body that isn't sealed.")]
BODY = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


class Published(BaseModel):
    """What to seal to. Bytes are base64url without padding."""

    address: str
    epoch: int
    public_key: str
    manifest: str
    signature: str
    server_key: str


class ReceiptFields(BaseModel):
    format: str
    address: str
    delivery_id: str
    sha256: str
    size: int
    sealed_by: str
    received_at: str


class ReceiptSignature(BaseModel):
    algorithm: str
    key_id: str
    public_key: str
    value: str


class Receipt(BaseModel):
    """It says that the vault has these bytes, not that anybody has read them."""

    receipt: ReceiptFields
    signature: ReceiptSignature


class NewSender(WireModel):
    name: str
    lab_key: str = ""


class SenderMade(BaseModel):
    """The key is shown this once."""

    sender_id: str
    address: str
    key: str


class SenderShown(BaseModel):
    sender_id: str
    name: str
    signs: bool
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


class SendersShown(BaseModel):
    address: str
    items: list[SenderShown]


class DeliveryShown(BaseModel):
    """``state``: ``asks`` whose it is, or ``quarantined``: it could not be read."""

    delivery_id: str
    state: str
    reason: str
    sender: str | None
    proven: bool
    files: list[str]
    size_bytes: int
    arrived_at: str


class DeliveriesShown(BaseModel):
    items: list[DeliveryShown]


class Whose(WireModel):
    whose: str


@router.get(
    "/deliveries/{address}",
    **operation("The key to seal a delivery to", model=Published, refuses=(401,), signed_in=False),
)
def published(request: Request, address: str) -> Response:
    found = services(request).receiving.published(_vault_of(address), _key_of(request))
    told = {
        "address": address_of(services(request).settings.public_url, found.address.vault_id),
        "epoch": found.address.epoch,
        "public_key": _text(found.address.public_key),
        "manifest": _text(found.manifest),
        "signature": _text(found.signature),
        "server_key": _text(found.server_key),
    }
    return answer_json(told)


@router.post(
    "/deliveries/{address}",
    **operation(
        "Deliver a file, or files sealed by their sender",
        status=201,
        model=Receipt,
        body=BODY,
        refuses=(401, 409),
        signed_in=False,
    ),
)
def deliver(request: Request, data: FileBytes, address: str, filename: Filename = "") -> Response:
    receiving, vault_id, key = services(request).receiving, _vault_of(address), _key_of(request)
    if media_type(request) == MEDIA_TYPE:
        received = receiving.receive_sealed(vault_id, key, data, origin_of(request))
    else:
        stated = request.headers.get("content-type", "")
        received = receiving.receive_file(vault_id, key, data, filename, stated, origin_of(request))
    return answer_json(received.receipt, 201)


@router.get("/deliveries", **operation("Deliveries that need an answer", model=DeliveriesShown, refuses=(403,)))
def kept(request: Request, session: Citizen) -> Response:
    items = [
        {
            "delivery_id": text_of(each.delivery_id),
            "state": each.state,
            "reason": each.reason,
            "sender": or_null(each.sent_by.name),
            "proven": each.sent_by.proven,
            "files": list(each.names),
            "size_bytes": each.size,
            "arrived_at": instant(each.arrived_at),
        }
        for each in services(request).delivery_opening(session, origin_of(request)).kept()
    ]
    return answer_json({"items": items})


@router.post(
    "/deliveries/{delivery_id}/answer",
    **operation("Say whose a delivery is: mine, or apart", status=204, body=Whose, refuses=(403, 404)),
)
def answer(request: Request, session: Citizen, raw: JsonBytes, delivery_id: Id) -> Response:
    whose = read_wire(raw, Whose).whose
    opening = services(request).delivery_opening(session, origin_of(request))
    opening.answer(DeliveryId(parse_id(delivery_id)), whose)
    return nothing()


@router.delete(
    "/deliveries/{delivery_id}",
    **operation("Throw away a delivery that needs an answer", status=204, refuses=(403, 404)),
)
def discard(request: Request, session: Citizen, delivery_id: Id) -> Response:
    services(request).delivery_opening(session, origin_of(request)).discard(DeliveryId(parse_id(delivery_id)))
    return nothing()


@router.get("/senders", **operation("Who may deliver, newest first", model=SendersShown, refuses=(403,)))
def senders(request: Request, session: Citizen) -> Response:
    house = services(request)
    items = [
        {
            "sender_id": text_of(each.sender_id),
            "name": each.name,
            "signs": bool(each.lab_key),
            "created_at": instant(each.created_at),
            "last_used_at": instant(each.last_used_at) if each.last_used_at else None,
            "revoked_at": instant(each.revoked_at) if each.revoked_at else None,
        }
        for each in house.senders(session, origin_of(request)).list()
    ]
    return answer_json({"address": address_of(house.settings.public_url, session.vault_id), "items": items})


@router.post(
    "/senders",
    **operation("Give a lab or doctor a key", status=201, model=SenderMade, body=NewSender, refuses=(403, 409)),
)
def issue(request: Request, session: Proven, raw: JsonBytes) -> Response:
    stated, house = read_wire(raw, NewSender), services(request)
    made = house.senders(session, origin_of(request)).issue(stated.name, stated.lab_key)
    address = address_of(house.settings.public_url, session.vault_id)
    return answer_json({"sender_id": text_of(made.sender_id), "address": address, "key": made.key}, 201)


@router.delete("/senders/{sender_id}", **operation("Take a key back", status=204, refuses=(403, 404)))
def revoke(request: Request, session: Citizen, sender_id: Id) -> Response:
    services(request).senders(session, origin_of(request)).revoke(SenderId(parse_id(sender_id)))
    return nothing()


def _vault_of(address: str) -> VaultId:
    """An address that can't be one is refused as one that is nobody's."""
    try:
        return VaultId(parse_id(address))
    except NotFound:
        raise DeliveryRefused from None


def _key_of(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

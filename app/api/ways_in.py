"""Ways in: what opens the vault; add, confirm, name and remove them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import freshly_proven_owner, origin_of, own_session, services
from auth.sessions import Session
from vault.ids import SlotId, parse_id, text_of

router = APIRouter(tags=["Accounts"], prefix="/api")

Owner = Annotated[Session, Depends(own_session)]
Proven = Annotated[Session, Depends(freshly_proven_owner)]


class NewPassphrase(WireModel):
    new_passphrase: str
    name: str = ""


class Named(WireModel):
    name: str = ""


class NamedAgain(WireModel):
    name: str


class CodeKept(WireModel):
    last_group: str


class WayInMade(BaseModel):
    way_id: str


class CodeMade(BaseModel):
    """The code is shown this once, and counts once its last group is confirmed."""

    way_id: str
    recovery_code: str


class WayInShown(BaseModel):
    """``kind``: passphrase, recovery_code, passkey, carer or trusted. ``last_used_at`` is kept to the full hour."""

    way_id: str
    kind: str
    name: str | None
    created_at: str
    last_used_at: str | None
    confirmed: bool


class WaysInShown(BaseModel):
    items: list[WayInShown]


@router.get("/ways-in", **operation("What opens the vault, oldest first", model=WaysInShown, refuses=(403,)))
def list_ways(request: Request, session: Owner) -> Response:
    items = [
        {
            "way_id": text_of(way.slot_id),
            "kind": way.kind.name.lower(),
            "name": or_null(way.name),
            "created_at": instant(way.created_at),
            "last_used_at": instant(way.last_used_at) if way.last_used_at else None,
            "confirmed": way.confirmed,
        }
        for way in services(request).ways_in.list(session)
    ]
    return answer_json({"items": items})


@router.post(
    "/ways-in/passphrases",
    **operation("Add a passphrase", status=201, model=WayInMade, body=NewPassphrase, refuses=(403, 409)),
)
def add_passphrase(request: Request, session: Proven, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewPassphrase)
    ways = services(request).ways_in
    slot_id = ways.add_passphrase(session, stated.new_passphrase, stated.name, origin_of(request))
    return answer_json({"way_id": text_of(slot_id)}, 201)


@router.post(
    "/ways-in/recovery-codes",
    **operation("Add a recovery code; others stay", status=201, model=CodeMade, body=Named, refuses=(403, 409)),
)
def add_recovery_code(request: Request, session: Proven, raw: JsonBytes) -> Response:
    made = services(request).ways_in.add_recovery_code(session, read_wire(raw, Named).name, origin_of(request))
    return answer_json({"way_id": text_of(made.slot_id), "recovery_code": made.code}, 201)


@router.post(
    "/ways-in/{way_id}/confirm",
    **operation("Confirm a recovery code by its last group", status=204, body=CodeKept, refuses=(403, 404, 409)),
)
def confirm(request: Request, session: Owner, raw: JsonBytes, way_id: Id) -> Response:
    group = read_wire(raw, CodeKept).last_group
    services(request).ways_in.confirm_recovery_code(session, group, SlotId(parse_id(way_id)))
    return nothing()


@router.put(
    "/ways-in/{way_id}/name",
    **operation("Name a way in", status=204, body=NamedAgain, refuses=(403, 404, 409)),
)
def rename(request: Request, session: Owner, raw: JsonBytes, way_id: Id) -> Response:
    services(request).ways_in.rename(session, SlotId(parse_id(way_id)), read_wire(raw, NamedAgain).name)
    return nothing()


@router.delete(
    "/ways-in/{way_id}",
    **operation("Remove a way in; every other session ends", status=204, refuses=(403, 404, 409)),
)
def remove(request: Request, session: Proven, way_id: Id) -> Response:
    slot_id = SlotId(parse_id(way_id))
    then = services(request).passkeys.forgetting(session, slot_id)
    services(request).ways_in.remove(session, slot_id, origin_of(request), then=then)
    return nothing()

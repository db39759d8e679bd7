"""Handing a share over to a screen: what the waiting screen calls, without an account, and what the citizen calls.

Bytes travel as unpadded base64url. ``docs/specs/handover.md`` says how both sides reckon.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, lent_session, origin_of, services
from auth.sessions import Session
from sharing.handover.giving import Claimed
from sharing.handover.requests import HandoverGone, ShareNotActive, write_bytes
from sharing.handover.waiting import Seen
from vault.errors import NotFound
from vault.ids import GrantId, parse_id, text_of

router = APIRouter(tags=["Handing over"], prefix="/api")
SECRET_HEADER = "Handover-Secret"

Citizen = Annotated[Session, Depends(citizen_session)]
Lent = Annotated[Session, Depends(lent_session)]
Secret = Annotated[str, Header(alias=SECRET_HEADER, max_length=64, description="The secret of the screen that waits.")]


class ScreenBody(WireModel):
    """``public_key``: an uncompressed point of P-256, 65 bytes. ``commitment``: 32 bytes."""

    public_key: str
    commitment: str


class ScreenMade(BaseModel):
    """``secret`` is this screen's alone; ``code`` is to be read out or typed within five minutes."""

    handover_id: str
    secret: str
    code: str
    expires_at: str


class ScreenSeen(BaseModel):
    """``state``: ``waiting``, ``claimed``, ``comparing`` or ``sealed``. ``citizen_nonce``: 32 bytes once claimed."""

    state: str
    expires_at: str
    citizen_nonce: str | None = None


class RevealBody(WireModel):
    """The 32 bytes that ``commitment`` was made of."""

    nonce: str


class SealedShown(BaseModel):
    """``point 65 | nonce 12 | AES-256-GCM``, to be opened with the key whose public half was registered."""

    sealed: str


class ClaimBody(WireModel):
    code: str
    grant_id: str


class HandoverShown(BaseModel):
    """``digits``: four, to be compared with the other screen's; only while ``state`` is ``comparing``."""

    handover_id: str
    grant_id: str
    state: str
    digits: str | None
    expires_at: str


class GiveBody(WireModel):
    """``with_passcode``: the other screen has to be told the passcode as well, where the link wants one."""

    with_passcode: bool = False


class GiveBackBody(WireModel):
    passphrase: str


@router.post(
    "/handovers",
    **operation(
        "Wait for a share on this screen",
        status=201,
        model=ScreenMade,
        body=ScreenBody,
        refuses=(403, 429),
        signed_in=False,
    ),
)
def open_screen(request: Request, raw: JsonBytes) -> Response:
    stated = read_wire(raw, ScreenBody)
    opened = services(request).waiting.open(stated.public_key, stated.commitment, origin_of(request))
    body = {
        "handover_id": text_of(opened.handover_id),
        "secret": opened.secret,
        "code": opened.code,
        "expires_at": instant(opened.expires_at),
    }
    return answer_json(body, 201)


@router.get(
    "/handovers/{handover_id}",
    **operation("How far this screen's hand-over is", model=ScreenSeen, refuses=(404,), signed_in=False),
)
def look_at_screen(request: Request, handover_id: Id, handover_secret: Secret) -> Response:
    return answer_json(_screen(services(request).waiting.look(_id_of(handover_id), handover_secret)))


@router.post(
    "/handovers/{handover_id}/reveal",
    **operation(
        "Show the number this screen committed to",
        model=ScreenSeen,
        body=RevealBody,
        refuses=(403, 404),
        signed_in=False,
    ),
)
def reveal(request: Request, handover_id: Id, handover_secret: Secret, raw: JsonBytes) -> Response:
    nonce = read_wire(raw, RevealBody).nonce
    return answer_json(_screen(services(request).waiting.reveal(_id_of(handover_id), handover_secret, nonce)))


@router.post(
    "/handovers/{handover_id}/fetch",
    **operation("Fetch what was sealed to this screen, once", model=SealedShown, refuses=(403, 404), signed_in=False),
)
def fetch(request: Request, handover_id: Id, handover_secret: Secret) -> Response:
    sealed = services(request).waiting.fetch(_id_of(handover_id), handover_secret)
    return answer_json({"sealed": write_bytes(sealed)})


@router.delete(
    "/handovers/{handover_id}",
    **operation("This screen waits no longer", status=204, refuses=(403, 404), signed_in=False),
)
def leave(request: Request, handover_id: Id, handover_secret: Secret) -> Response:
    services(request).waiting.stop(_id_of(handover_id), handover_secret)
    return nothing()


@router.post(
    "/handovers/claims",
    **operation(
        "Claim a screen by its code, for one share",
        status=201,
        model=HandoverShown,
        body=ClaimBody,
        refuses=(403, 404, 409, 429),
    ),
)
def claim(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    stated = read_wire(raw, ClaimBody)
    house, origin = services(request), origin_of(request)
    view = house.grants(session, origin).get(GrantId(parse_id(stated.grant_id)))
    return answer_json(_claimed(house.giving(session, origin).claim(stated.code, view)), 201)


@router.get(
    "/handovers/{handover_id}/digits",
    **operation("The digits to compare", model=HandoverShown, refuses=(403, 404)),
)
def digits(request: Request, session: Citizen, handover_id: Id) -> Response:
    return answer_json(_claimed(services(request).giving(session, origin_of(request)).look(_id_of(handover_id))))


@router.post(
    "/handovers/{handover_id}/give",
    **operation("The digits match: hand over", model=HandoverShown, body=GiveBody, refuses=(403, 404, 409)),
)
def give(request: Request, session: Citizen, handover_id: Id, raw: JsonBytes) -> Response:
    stated = read_wire(raw, GiveBody)
    house, origin, given = services(request), origin_of(request), _id_of(handover_id)
    giving = house.giving(session, origin)
    view = house.grants(session, origin).get(giving.look(given).grant_id)
    giving.give(given, view, with_passcode=stated.with_passcode)
    return answer_json(_claimed(giving.look(given)))


@router.post(
    "/handovers/{handover_id}/stop",
    **operation("The digits differ: hand nothing over", status=204, refuses=(403, 404)),
)
def stop(request: Request, session: Citizen, handover_id: Id) -> Response:
    services(request).giving(session, origin_of(request)).stop(_id_of(handover_id))
    return nothing()


@router.post(
    "/grants/{grant_id}/show",
    **operation(
        "Lend this session: it shows that grant in person and opens nothing else", status=204, refuses=(403, 404, 409)
    ),
)
def show(request: Request, session: Citizen, grant_id: Id) -> Response:
    house, origin = services(request), origin_of(request)
    view = house.grants(session, origin).get(GrantId(parse_id(grant_id)))
    if view.link is None:
        raise ShareNotActive
    house.lending.lend(session, view.row.grant_id, origin)
    return nothing()


@router.post(
    "/sessions/current/give-back",
    **operation("End the lending of this session", status=204, body=GiveBackBody, refuses=(401, 403, 409, 429)),
)
def give_back(request: Request, session: Lent, raw: JsonBytes) -> Response:
    services(request).lending.give_back(session, read_wire(raw, GiveBackBody).passphrase, origin_of(request))
    return nothing()


def _id_of(text: str) -> bytes:
    """A malformed id is like an unknown one."""
    try:
        return parse_id(text)
    except NotFound:
        raise HandoverGone from None


def _screen(seen: Seen) -> dict[str, Any]:
    nonce = None if seen.citizen_nonce is None else write_bytes(seen.citizen_nonce)
    return {"state": seen.state.value, "expires_at": instant(seen.expires_at), "citizen_nonce": nonce}


def _claimed(claimed: Claimed) -> dict[str, Any]:
    return {
        "handover_id": text_of(claimed.handover_id),
        "grant_id": text_of(claimed.grant_id),
        "state": claimed.state.value,
        "digits": claimed.digits,
        "expires_at": instant(claimed.expires_at),
    }

"""Handing a vault over to the person it is of, by who holds it; and taking it over, by that person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, instant, nothing, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from auth.sessions import Session

router = APIRouter(tags=["Looking after people"], prefix="/api")
Citizen = Annotated[Session, Depends(citizen_session)]
Proven = Annotated[Session, Depends(freshly_proven_citizen)]


class HandOverShown(BaseModel):
    """``ends_at`` null: no invitation is open. ``email``: of who answered it."""

    ends_at: str | None
    email: str | None


class TakeOverInvited(BaseModel):
    """The link goes to the person alone; shown this once."""

    link: str
    ends_at: str


class Digits(WireModel):
    """The six digits that the person sees."""

    digits: str


class HandedOverTo(BaseModel):
    """``email`` is what the person signs in with from now on."""

    email: str


class NewOwner(WireModel):
    """``invitation``: the part of the link after its #."""

    invitation: str
    email: str
    new_passphrase: str


class OfferMade(BaseModel):
    """``offer`` is sent back with the code's last group; nothing is stored before. The code is shown this once."""

    recovery_code: str
    offer: str


class OfferKept(WireModel):
    invitation: str
    offer: str
    last_group: str


class DigitsShown(BaseModel):
    """What the person tells who holds the vault."""

    digits: str


@router.get("/looking-after/hand-over", **operation("How far a hand-over is", model=HandOverShown, refuses=(403,)))
def show(request: Request, session: Citizen) -> Response:
    standing = services(request).handing_over(session, origin_of(request)).standing()
    ends_at = instant(standing.invited.ends_at) if standing.invited else None
    return answer_json({"ends_at": ends_at, "email": or_null(standing.email)})


@router.post(
    "/looking-after/hand-over/invitation",
    **operation(
        "Invite the person to take their vault over, in place of an invitation before",
        status=201,
        model=TakeOverInvited,
        refuses=(403, 409),
    ),
)
def invite(request: Request, session: Proven) -> Response:
    house = services(request)
    invited = house.handing_over(session, origin_of(request)).invite()
    link = f"{house.settings.public_url}/take-over#{invited.invitation.text()}"
    return answer_json({"link": link, "ends_at": instant(invited.ends_at)}, 201)


@router.delete(
    "/looking-after/hand-over/invitation",
    **operation("Take the invitation back; twice is once", status=204, refuses=(403, 409)),
)
def withdraw(request: Request, session: Citizen) -> Response:
    services(request).handing_over(session, origin_of(request)).withdraw()
    return nothing()


@router.post(
    "/looking-after/hand-over",
    **operation(
        "Hand over: new keys, and nobody but the person opens the vault",
        model=HandedOverTo,
        body=Digits,
        refuses=(403, 409),
    ),
)
def finish(request: Request, session: Proven, raw: JsonBytes, later: BackgroundTasks) -> Response:
    house, digits = services(request), read_wire(raw, Digits).digits
    handed = house.handing_over(session, origin_of(request)).finish(digits)
    later.add_task(house.mail_handed_over, handed.email)
    return answer_json({"email": handed.email})


@router.post(
    "/take-over",
    **operation(
        "Take over one's own vault: a passphrase and a recovery code",
        model=OfferMade,
        body=NewOwner,
        refuses=(409, 429),
        signed_in=False,
    ),
)
def take_over(request: Request, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewOwner)
    taking = services(request).taking_over
    prepared = taking.prepare(stated.invitation, stated.email, stated.new_passphrase, origin_of(request))
    return answer_json({"recovery_code": prepared.recovery_code, "offer": prepared.offer})


@router.post(
    "/take-over/answer",
    **operation(
        "The code was kept: answer, and tell the digits to who holds the vault",
        model=DigitsShown,
        body=OfferKept,
        refuses=(409,),
        signed_in=False,
    ),
)
def answer(request: Request, raw: JsonBytes) -> Response:
    stated = read_wire(raw, OfferKept)
    digits = services(request).taking_over.answer(
        stated.invitation, stated.offer, stated.last_group, origin_of(request)
    )
    return answer_json({"digits": digits})

"""Another e-mail address for one's own account, proven by a code that is mailed there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response

from app.api.answers import nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import freshly_proven, origin_of, services
from auth.sessions import Session

router = APIRouter(tags=["Accounts"], prefix="/api")
Proven = Annotated[Session, Depends(freshly_proven)]


class AddressWanted(WireModel):
    email: str


class AddressProven(WireModel):
    """``code`` is the one that was mailed to ``email``; spaces don't matter."""

    email: str
    code: str


@router.post(
    "/account/email",
    **operation(
        "Ask for another e-mail address: a code is mailed there",
        status=204,
        body=AddressWanted,
        refuses=(403, 422, 429),
    ),
)
def ask(request: Request, session: Proven, raw: JsonBytes, later: BackgroundTasks) -> Response:
    house = services(request)
    asked = house.new_address.ask(session, read_wire(raw, AddressWanted).email, origin_of(request))
    later.add_task(house.address_mail.send_code, asked)
    return nothing()


@router.post(
    "/account/email/confirm",
    **operation(
        "Use the new address from now on: the old one is told",
        status=204,
        body=AddressProven,
        refuses=(403, 409, 422, 429),
    ),
)
def confirm(request: Request, session: Proven, raw: JsonBytes, later: BackgroundTasks) -> Response:
    house, stated = services(request), read_wire(raw, AddressProven)
    changed = house.new_address.change(session, stated.email, stated.code, origin_of(request))
    later.add_task(house.address_mail.tell_old, changed)
    return nothing()

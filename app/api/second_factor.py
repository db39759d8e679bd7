"""A code from an authenticator app as second factor of signing in by passphrase: turned on, confirmed, turned off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import freshly_proven_owner, origin_of, own_session, services
from auth.sessions import Session
from vault.errors import NotFound

router = APIRouter(tags=["Accounts"], prefix="/api/account")

Owner = Annotated[Session, Depends(own_session)]
Proven = Annotated[Session, Depends(freshly_proven_owner)]


class FactorShown(BaseModel):
    on: bool


class FactorSetup(BaseModel):
    """``secret`` in base32 and the same as ``uri`` for a QR code. It counts once a code of it was confirmed."""

    secret: str
    uri: str


class AppCode(WireModel):
    code: str


@router.get(
    "/second-factor", **operation("Whether signing in by passphrase asks for a code", model=FactorShown, refuses=(403,))
)
def show(request: Request, session: Owner) -> Response:
    return answer_json({"on": services(request).second_factors.is_on(session.account)})


@router.post(
    "/second-factor",
    **operation("Begin to use an authenticator app", status=201, model=FactorSetup, refuses=(403, 404)),
)
def begin(request: Request, session: Proven) -> Response:
    house = services(request)
    house.second_factors.begin(session.account)
    email = house.accounts.email(session.own_vault_id, session.account_id)
    found = house.second_factors.setup(session.account, email)
    if found is None:
        raise NotFound
    return answer_json({"secret": found.secret, "uri": found.uri}, 201)


@router.post(
    "/second-factor/confirm",
    **operation("Turn it on by a first code", status=204, body=AppCode, refuses=(403, 429)),
)
def confirm(request: Request, session: Proven, raw: JsonBytes) -> Response:
    services(request).second_factors.confirm(session.account, read_wire(raw, AppCode).code, origin_of(request))
    return nothing()


@router.delete("/second-factor", **operation("Turn it off", status=204, refuses=(403,)))
def turn_off(request: Request, session: Proven) -> Response:
    services(request).second_factors.turn_off(session.account, origin_of(request))
    return nothing()

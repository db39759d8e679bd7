"""Open an account or a sample, see whose it is, confirm or renew the recovery code, change the passphrase."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import looking_around, origin_of, own_session, services
from app.errors import NoSuchPage
from auth.roles import Role
from auth.sessions import Session
from vault.ids import text_of

router = APIRouter(tags=["Accounts"], prefix="/api")


class NewAccount(WireModel):
    email: str
    name: str
    birth_date: str
    passphrase: str


class AccountMade(BaseModel):
    """The recovery code is shown this once."""

    account_id: str
    vault_id: str
    recovery_code: str
    token: str


class AccountShown(BaseModel):
    """``name`` and ``birth_date`` are null for an administrator. ``sample``: nobody real."""

    account_id: str
    role: str
    sample: bool
    email: str
    name: str | None
    birth_date: str | None
    recovery_confirmed: bool
    session_ends_at: str


class SampleMade(BaseModel):
    token: str


class Passphrase(WireModel):
    passphrase: str


class NewRecoveryCode(BaseModel):
    """Shown this once. Every other session has ended."""

    recovery_code: str


class LastGroup(WireModel):
    last_group: str


class PassphraseChange(WireModel):
    passphrase: str
    new_passphrase: str


@router.post(
    "/accounts",
    **operation(
        "Create a vault", status=201, model=AccountMade, body=NewAccount, refuses=(403, 409, 429), signed_in=False
    ),
)
def create_account(request: Request, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewAccount)
    made = services(request).accounts.create_citizen(
        stated.email, stated.name, stated.birth_date, stated.passphrase, origin_of(request)
    )
    body = {
        "account_id": text_of(made.account_id),
        "vault_id": text_of(made.vault_id),
        "recovery_code": made.recovery_code,
        "token": made.token,
    }
    return answer_json(body, 201)


@router.post(
    "/samples",
    **operation(
        "Get a sample vault to look around in; in a demo only",
        status=201,
        model=SampleMade,
        refuses=(403, 404, 429),
        signed_in=False,
    ),
)
def look_around(request: Request) -> Response:
    around = looking_around(request)
    if around is None:
        raise NoSuchPage
    return answer_json({"token": around.start(origin_of(request))}, 201)


@router.get("/account", **operation("Whose account this is, when the session ends", model=AccountShown, refuses=(403,)))
def show_account(request: Request, session: Annotated[Session, Depends(own_session)]) -> Response:
    accounts = services(request).accounts
    profile = accounts.profile(session.keyring) if session.role is Role.CITIZEN else None
    body = {
        "account_id": text_of(session.account_id),
        "role": session.role.value,
        "sample": session.sample,
        "email": accounts.email(session.vault_id, session.account_id),
        "name": profile.name if profile else None,
        "birth_date": profile.birth_date if profile else None,
        "recovery_confirmed": session.recovery_confirmed,
        "session_ends_at": instant(session.expires_at),
    }
    return answer_json(body)


@router.post(
    "/account/recovery-code",
    **operation(
        "Make a new recovery code; the old one and other sessions end",
        status=201,
        model=NewRecoveryCode,
        body=Passphrase,
        refuses=(403, 409, 429),
    ),
)
def make_recovery_code(request: Request, session: Annotated[Session, Depends(own_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, Passphrase)
    code = services(request).ways_in.new_recovery_code(session, stated.passphrase, origin_of(request))
    return answer_json({"recovery_code": code}, 201)


@router.post(
    "/account/recovery-code/confirm",
    **operation("Confirm the recovery code by its last group", status=204, body=LastGroup, refuses=(403, 409, 429)),
)
def confirm_recovery_code(
    request: Request, session: Annotated[Session, Depends(own_session)], raw: JsonBytes
) -> Response:
    services(request).ways_in.confirm_recovery_code(session, read_wire(raw, LastGroup).last_group)
    return nothing()


@router.post(
    "/account/passphrase",
    **operation(
        "Change the passphrase; other sessions end", status=204, body=PassphraseChange, refuses=(403, 409, 429)
    ),
)
def change_passphrase(request: Request, session: Annotated[Session, Depends(own_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, PassphraseChange)
    services(request).ways_in.change_passphrase(session, stated.passphrase, stated.new_passphrase, origin_of(request))
    return nothing()

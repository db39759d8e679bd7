"""Open an account, confirm the recovery code, change the passphrase."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import any_session, origin_of, services
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
    "/account/recovery-code/confirm",
    **operation("Confirm the recovery code by its last group", status=204, body=LastGroup, refuses=(403, 409, 429)),
)
def confirm_recovery_code(
    request: Request, session: Annotated[Session, Depends(any_session)], raw: JsonBytes
) -> Response:
    services(request).sessions.confirm_recovery_code(session, read_wire(raw, LastGroup).last_group)
    return nothing()


@router.post(
    "/account/passphrase",
    **operation(
        "Change the passphrase; other sessions end", status=204, body=PassphraseChange, refuses=(403, 409, 429)
    ),
)
def change_passphrase(request: Request, session: Annotated[Session, Depends(any_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, PassphraseChange)
    services(request).sessions.change_passphrase(session, stated.passphrase, stated.new_passphrase, origin_of(request))
    return nothing()

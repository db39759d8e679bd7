"""Sign in, sign out, sign out everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import any_session, clear_session_cookie, origin_of, services
from app.errors import MissingField, UnknownField
from auth.sessions import Session

router = APIRouter(tags=["Sessions"], prefix="/api")


class SignIn(WireModel):
    """Either ``passphrase``, or ``recovery_code`` with ``new_passphrase``."""

    email: str
    passphrase: str | None = None
    recovery_code: str | None = None
    new_passphrase: str | None = None


class SessionMade(BaseModel):
    """``recovery_code`` is the new one, after coming back by the old one, which no longer works."""

    token: str
    expires_at: str
    recovery_code: str | None = None


@router.post(
    "/sessions",
    **operation("Sign in", status=201, model=SessionMade, body=SignIn, refuses=(401, 403, 409, 429), signed_in=False),
)
def sign_in(request: Request, raw: JsonBytes) -> Response:
    stated = read_wire(raw, SignIn)
    sessions, origin = services(request).sessions, origin_of(request)
    if stated.recovery_code is not None:
        if stated.passphrase is not None:
            raise UnknownField(field="passphrase")
        if stated.new_passphrase is None:
            raise MissingField(field="new_passphrase")
        made = sessions.with_recovery_code(stated.email, stated.recovery_code, stated.new_passphrase, origin)
    else:
        if stated.passphrase is None:
            raise MissingField(field="passphrase")
        if stated.new_passphrase is not None:
            raise UnknownField(field="new_passphrase")
        made = sessions.with_passphrase(stated.email, stated.passphrase, origin)
    services(request).tidy(made.token, origin)
    body = {"token": made.token, "expires_at": instant(made.expires_at)}
    if made.recovery_code is not None:
        body["recovery_code"] = made.recovery_code
    return answer_json(body, 201)


@router.delete("/sessions/current", **operation("Sign out", status=204, refuses=(403,)))
def sign_out(request: Request, session: Annotated[Session, Depends(any_session)]) -> Response:
    services(request).sessions.sign_out(session)
    response = nothing()
    clear_session_cookie(response)
    return response


@router.delete("/sessions", **operation("Sign out everywhere", status=204, refuses=(403,)))
def sign_out_everywhere(request: Request, session: Annotated[Session, Depends(any_session)]) -> Response:
    services(request).sessions.sign_out_everywhere(session, origin_of(request))
    response = nothing()
    clear_session_cookie(response)
    return response

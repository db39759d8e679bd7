"""Sign in, sign out, sign out everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import (
    COOKIE,
    any_session,
    awaiting_session,
    clear_session_cookie,
    origin_of,
    own_session,
    services,
    set_session_cookie,
)
from app.errors import MissingField, UnknownField
from auth.sessions import Session
from vault.ids import SessionId, parse_id, text_of

router = APIRouter(tags=["Sessions"], prefix="/api")


class SignIn(WireModel):
    """Either ``passphrase``, or ``recovery_code`` with ``new_passphrase``."""

    email: str
    passphrase: str | None = None
    recovery_code: str | None = None
    new_passphrase: str | None = None


class SessionMade(BaseModel):
    """``recovery_code`` is the new one, after coming back by the old one, which no longer works.

    ``awaits``: ``code`` where an authenticator app is asked for first, at `POST /api/sessions/current/code`.
    """

    token: str
    expires_at: str
    recovery_code: str | None = None
    awaits: str | None = None


class Code(WireModel):
    code: str


class SignInShown(BaseModel):
    """Codes of browser and system, null where unknown. ``last_used_at`` is noted at most every five minutes."""

    session_id: str
    browser: str | None
    system: str | None
    network: str | None
    since: str
    last_used_at: str
    is_this: bool


class SignInsShown(BaseModel):
    items: list[SignInShown]


class Proof(WireModel):
    passphrase: str


class SessionProven(BaseModel):
    """``token`` takes the place of the one that the request came with, which is worth nothing any more."""

    token: str
    expires_at: str


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
    if made.awaits:
        body["awaits"] = made.awaits
    return answer_json(body, 201)


@router.post(
    "/sessions/current/code",
    **operation(
        "Enter the code of the authenticator app", status=201, model=SessionProven, body=Code, refuses=(403, 429)
    ),
)
def enter_code(request: Request, session: Annotated[Session, Depends(awaiting_session)], raw: JsonBytes) -> Response:
    made = services(request).sessions.with_code(session, read_wire(raw, Code).code, origin_of(request))
    services(request).tidy(made.token, origin_of(request))
    response = answer_json({"token": made.token, "expires_at": instant(made.expires_at)}, 201)
    if COOKIE in request.cookies:
        set_session_cookie(response, made.token)
    return response


@router.post(
    "/sessions/current/proof",
    **operation(
        "Prove again who you are: good for ten minutes, and another token",
        status=201,
        model=SessionProven,
        body=Proof,
        refuses=(403, 409, 429),
    ),
)
def prove(request: Request, session: Annotated[Session, Depends(any_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, Proof)
    token = services(request).step_up.by_passphrase(session, stated.passphrase, origin_of(request))
    response = answer_json({"token": token, "expires_at": instant(session.expires_at)}, 201)
    if COOKIE in request.cookies:
        set_session_cookie(response, token)
    return response


@router.get("/sessions", **operation("Where you are signed in", model=SignInsShown, refuses=(403,)))
def list_sign_ins(request: Request, session: Annotated[Session, Depends(own_session)]) -> Response:
    items = [
        {
            "session_id": text_of(each.session_id),
            "browser": or_null(each.device.browser),
            "system": or_null(each.device.system),
            "network": or_null(each.device.network),
            "since": instant(each.since),
            "last_used_at": instant(each.last_used_at),
            "is_this": each.is_this,
        }
        for each in services(request).sign_ins.list(session)
    ]
    return answer_json({"items": items})


@router.delete("/sessions/others", **operation("Sign out everywhere else", status=204, refuses=(403,)))
def sign_out_elsewhere(request: Request, session: Annotated[Session, Depends(own_session)]) -> Response:
    services(request).sign_ins.end_others(session, origin_of(request))
    return nothing()


@router.delete("/sessions/current", **operation("Sign out", status=204, refuses=(403,)))
def sign_out(request: Request, session: Annotated[Session, Depends(any_session)]) -> Response:
    services(request).sessions.sign_out(session)
    response = nothing()
    clear_session_cookie(response)
    return response


@router.delete("/sessions/{sign_in_id}", **operation("Sign out one of them", status=204, refuses=(403, 404)))
def end_sign_in(request: Request, session: Annotated[Session, Depends(own_session)], sign_in_id: Id) -> Response:
    services(request).sign_ins.end(session, SessionId(parse_id(sign_in_id)), origin_of(request))
    return nothing()


@router.delete("/sessions", **operation("Sign out everywhere", status=204, refuses=(403,)))
def sign_out_everywhere(request: Request, session: Annotated[Session, Depends(any_session)]) -> Response:
    services(request).sessions.sign_out_everywhere(session, origin_of(request))
    response = nothing()
    clear_session_cookie(response)
    return response

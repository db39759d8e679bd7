"""New keys for one's own vault, without the ways in that were lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, instant, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import COOKIE, freshly_proven, origin_of, services, set_session_cookie
from auth.sessions import Session
from vault.ids import SlotId, parse_id

router = APIRouter(tags=["Sessions"], prefix="/api")


class NewKeysWanted(WireModel):
    """``lost``: ids of passkeys and passphrases that are to open nothing any more."""

    lost: list[str] = []


class NewKeysMade(BaseModel):
    """``token`` takes the place of the one that the request came with; every other sign-in and token has ended.

    ``generation`` counts the vault's keys. ``done`` false: the rest is wrapped again after the next sign-in.
    """

    token: str
    expires_at: str
    generation: int
    done: bool


@router.post(
    "/keys",
    **operation(
        "Give the vault new keys", status=201, model=NewKeysMade, body=NewKeysWanted, refuses=(403, 404, 409, 422)
    ),
)
def change_keys(request: Request, session: Annotated[Session, Depends(freshly_proven)], raw: JsonBytes) -> Response:
    lost = [SlotId(parse_id(each)) for each in read_wire(raw, NewKeysWanted).lost]
    renewed = services(request).rotations.renew(session, origin_of(request), lost)
    body = {
        "token": renewed.token,
        "expires_at": instant(session.expires_at),
        "generation": renewed.keyring.generation,
        "done": renewed.done,
    }
    response = answer_json(body, 201)
    if COOKIE in request.cookies:
        set_session_cookie(response, renewed.token)
    return response

"""Tokens for one's own programs: who has one, a new one, ending one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from auth.sessions import Session
from vault.ids import SessionId, parse_id, text_of

router = APIRouter(tags=["Sessions"], prefix="/api")

Citizen = Annotated[Session, Depends(citizen_session)]
Proven = Annotated[Session, Depends(freshly_proven_citizen)]


class NewProgram(WireModel):
    """``scopes``: words with spaces, of read, add, everything. ``days``: 1 to 365."""

    name: str
    scopes: str
    days: int


class ProgramMade(BaseModel):
    """The token is shown this once."""

    program_id: str
    token: str
    expires_at: str


class ProgramShown(BaseModel):
    program_id: str
    name: str
    scopes: str
    created_at: str
    expires_at: str
    last_used_at: str | None


class ProgramsShown(BaseModel):
    items: list[ProgramShown]


@router.get("/programs", **operation("Tokens of your programs, newest first", model=ProgramsShown, refuses=(403,)))
def list_programs(request: Request, session: Citizen) -> Response:
    items = [
        {
            "program_id": text_of(each.program_id),
            "name": each.name,
            "scopes": " ".join(each.scopes),
            "created_at": instant(each.created_at),
            "expires_at": instant(each.expires_at),
            "last_used_at": instant(each.last_used_at) if each.last_used_at else None,
        }
        for each in services(request).programs.list(session)
    ]
    return answer_json({"items": items})


@router.post(
    "/programs",
    **operation("A token for a program", status=201, model=ProgramMade, body=NewProgram, refuses=(403, 409)),
)
def issue(request: Request, session: Proven, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewProgram)
    made = services(request).programs.issue(session, stated.name, stated.scopes, stated.days, origin_of(request))
    told = {"program_id": text_of(made.program_id), "token": made.token, "expires_at": instant(made.expires_at)}
    return answer_json(told, 201)


@router.delete("/programs/{program_id}", **operation("End a program's token", status=204, refuses=(403, 404)))
def end(request: Request, session: Citizen, program_id: Id) -> Response:
    services(request).programs.end(session, SessionId(parse_id(program_id)), origin_of(request))
    return nothing()

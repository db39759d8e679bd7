"""Looking after people: whom I look after, saying yes to it, holding a vault, and acting for somebody.

A session acts for one person at a time: after ``act`` every other call works in that person's vault, within the powers
given, until ``back``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, nothing, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, origin_of, services
from app.errors import BadValue
from auth.carers.people import Colour, LookedAfter
from auth.caring.caring import Caring
from auth.sessions import Session
from vault.ids import VaultId, parse_id, text_of

router = APIRouter(tags=["Looking after people"], prefix="/api")
Citizen = Annotated[Session, Depends(citizen_session)]


class PersonShown(BaseModel):
    """``name`` null: not let in yet. ``review_due``: the age at which it is time to talk about who sees what."""

    vault_id: str
    name: str | None
    birth_date: str | None
    colour: str
    holds: bool
    review_due: int | None


class PeopleShown(BaseModel):
    """``acting_for``: in whose vault this session works; null in one's own."""

    items: list[PersonShown]
    acting_for: str | None


class NewPerson(WireModel):
    """``colour``: teal, plum, amber, blue or rose; null or absent: one that nobody has yet."""

    name: str
    birth_date: str
    colour: str | None = None


class PersonMade(BaseModel):
    """The code is for their sheet; shown this once."""

    vault_id: str
    recovery_code: str


class Sheet(WireModel):
    """What a recovery sheet of a vault without an account says."""

    vault_id: str
    recovery_code: str


class Answered(WireModel):
    """``invitation``: the part of the link after its #."""

    invitation: str


@router.get("/looking-after", **operation("Whom I look after", model=PeopleShown, refuses=(403, 409)))
def list_people(request: Request, session: Citizen) -> Response:
    today = services(request).clock.now().date()
    items = [_person(each, each.review_due(today)) for each in _caring(request, session).people()]
    return answer_json({"items": items, "acting_for": text_of(session.vault_id) if session.acting else None})


@router.post(
    "/looking-after",
    **operation(
        "Make a vault for somebody without an account", status=201, model=PersonMade, body=NewPerson, refuses=(403, 409)
    ),
)
def make_for(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewPerson)
    if stated.colour is not None and stated.colour not in set(Colour):
        raise BadValue(field="colour")
    colour = Colour(stated.colour) if stated.colour else None
    made = _caring(request, session).make_for(stated.name, stated.birth_date, colour)
    return answer_json({"vault_id": text_of(made.vault_id), "recovery_code": made.recovery_code}, 201)


@router.post("/looking-after/back", **operation("Back to one's own vault", status=204, refuses=(403,)))
def go_back(request: Request, session: Citizen) -> Response:
    _caring(request, session).stop_acting()
    return nothing()


@router.post(
    "/looking-after/answers",
    **operation("Say yes to looking after somebody", status=204, body=Answered, refuses=(403, 409)),
)
def answer(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    services(request).inviting(session, origin_of(request)).answer(read_wire(raw, Answered).invitation)
    return nothing()


@router.post(
    "/looking-after/sheet",
    **operation(
        "Hold a vault by its recovery sheet; a new code takes the place of that one",
        status=201,
        model=PersonMade,
        body=Sheet,
        refuses=(403, 404, 409, 429),
    ),
)
def hold_by_sheet(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    stated = read_wire(raw, Sheet)
    holding = services(request).holding_again(session, origin_of(request))
    held = holding.hold(VaultId(parse_id(stated.vault_id)), stated.recovery_code)
    return answer_json({"vault_id": text_of(held.vault_id), "recovery_code": held.recovery_code}, 201)


@router.post(
    "/looking-after/{vault_id}/act",
    **operation("Act for somebody: this session works in their vault", status=204, refuses=(403, 404)),
)
def act(request: Request, session: Citizen, vault_id: Id) -> Response:
    _caring(request, session).act_for(VaultId(parse_id(vault_id)))
    return nothing()


@router.post(
    "/looking-after/{vault_id}/reviewed",
    **operation("The review that is due is settled", status=204, refuses=(403, 404)),
)
def reviewed(request: Request, session: Citizen, vault_id: Id) -> Response:
    _caring(request, session).settle_review(VaultId(parse_id(vault_id)))
    return nothing()


@router.delete(
    "/looking-after/{vault_id}",
    **operation("Take somebody off my list", status=204, refuses=(403, 404, 409)),
)
def forget(request: Request, session: Citizen, vault_id: Id) -> Response:
    _caring(request, session).forget(VaultId(parse_id(vault_id)))
    return nothing()


def _caring(request: Request, session: Session) -> Caring:
    return services(request).caring(session, origin_of(request))


def _person(person: LookedAfter, due: int) -> dict[str, Any]:
    return {
        "vault_id": text_of(person.vault_id),
        "name": or_null(person.name),
        "birth_date": or_null(person.birth_date),
        "colour": person.colour,
        "holds": person.holds,
        "review_due": due or None,
    }

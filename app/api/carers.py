"""Who looks after the vault that the session works in: inviting, letting in, powers, removing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import Id, answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from app.errors import BadValue
from auth.carers.powers import Carer, Invited, Power
from auth.caring.caring import Caring
from auth.caring.inviting import Inviting
from auth.sessions import Session
from vault.ids import InvitationId, SlotId, parse_id, text_of
from vault.keys.invitations import Person

router = APIRouter(tags=["Looking after people"], prefix="/api")
Citizen = Annotated[Session, Depends(citizen_session)]
Proven = Annotated[Session, Depends(freshly_proven_citizen)]


class CarerShown(BaseModel):
    carer_id: str
    name: str
    powers: list[str]
    holds: bool
    since: str


class InvitationShown(BaseModel):
    """``answered_by`` null: nobody has said yes so far."""

    invitation_id: str
    called: str
    powers: list[str]
    ends_at: str
    answered_by: str | None


class CarersShown(BaseModel):
    items: list[CarerShown]
    invitations: list[InvitationShown]


class NewInvitation(WireModel):
    """``called``: for the inviter only. ``powers``: view, upload, share."""

    called: str
    powers: list[str]


class Powers(WireModel):
    """view, upload, share; at least one."""

    powers: list[str]


class InvitationMade(BaseModel):
    """The link goes to one person; shown this once."""

    invitation_id: str
    link: str
    ends_at: str


@router.get("/carers", **operation("Who looks after this vault", model=CarersShown, refuses=(403,)))
def list_carers(request: Request, session: Citizen) -> Response:
    may_change = session.acting is None or session.acting.holds
    waiting = _inviting(request, session).open_invitations() if may_change else ()
    items = [_carer(each) for each in _caring(request, session).carers().carers]
    return answer_json({"items": items, "invitations": [_invitation(*each) for each in waiting]})


@router.post(
    "/carers/invitations",
    **operation("Invite a carer", status=201, model=InvitationMade, body=NewInvitation, refuses=(403, 409)),
)
def invite(request: Request, session: Proven, raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewInvitation)
    invited = _inviting(request, session).invite(stated.called, _powers(stated.powers))
    body = {
        "invitation_id": text_of(invited.invitation.invitation_id),
        "link": f"{services(request).settings.public_url}/looking-after/answer#{invited.invitation.text()}",
        "ends_at": instant(invited.ends_at),
    }
    return answer_json(body, 201)


@router.post(
    "/carers/invitations/{invitation_id}/accept",
    **operation(
        "Let in who said yes, with these powers",
        status=201,
        model=CarerShown,
        body=Powers,
        refuses=(403, 404, 409),
    ),
)
def accept(request: Request, session: Proven, raw: JsonBytes, invitation_id: Id) -> Response:
    powers = _powers(read_wire(raw, Powers).powers)
    carer = _inviting(request, session).accept(InvitationId(parse_id(invitation_id)), powers)
    return answer_json(_carer(carer), 201)


@router.delete(
    "/carers/invitations/{invitation_id}",
    **operation("Take an invitation back", status=204, refuses=(403, 404, 409)),
)
def withdraw(request: Request, session: Citizen, invitation_id: Id) -> Response:
    _inviting(request, session).withdraw(InvitationId(parse_id(invitation_id)))
    return nothing()


@router.put(
    "/carers/{carer_id}/powers",
    **operation("What a carer may do", status=204, body=Powers, refuses=(403, 404, 409)),
)
def set_powers(request: Request, session: Proven, raw: JsonBytes, carer_id: Id) -> Response:
    powers = _powers(read_wire(raw, Powers).powers)
    _caring(request, session).set_powers(SlotId(parse_id(carer_id)), powers)
    return nothing()


@router.delete(
    "/carers/{carer_id}",
    **operation("Remove a carer; nobody is told", status=204, refuses=(403, 404, 409)),
)
def remove(request: Request, session: Citizen, carer_id: Id) -> Response:
    _caring(request, session).remove(SlotId(parse_id(carer_id)))
    return nothing()


def _caring(request: Request, session: Session) -> Caring:
    return services(request).caring(session, origin_of(request))


def _inviting(request: Request, session: Session) -> Inviting:
    return services(request).inviting(session, origin_of(request))


def _powers(stated: list[str]) -> frozenset[Power]:
    if not set(stated) <= set(Power):
        raise BadValue(field="powers")
    return frozenset(map(Power, stated))


def _carer(carer: Carer) -> dict[str, Any]:
    return {
        "carer_id": text_of(carer.slot_id),
        "name": carer.name,
        "powers": sorted(carer.powers),
        "holds": carer.holds,
        "since": instant(carer.since),
    }


def _invitation(invited: Invited, answered: Person | None) -> dict[str, Any]:
    return {
        "invitation_id": text_of(invited.invitation.invitation_id),
        "called": invited.called,
        "powers": sorted(invited.powers),
        "ends_at": instant(invited.ends_at),
        "answered_by": answered.name if answered else None,
    }

"""Who looks after this vault: inviting somebody, letting them in, what they may do, and removing them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.looking_after import POWERS
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from app.texts import _
from auth.carers.powers import Power
from auth.sessions import Session
from vault.errors import VaultError
from vault.ids import InvitationId, SlotId, parse_id

router = APIRouter()

_NEEDED = {"called": _("Please write whom this invitation is for.")}


@router.get("/carers")
def list_carers(request: Request, session: Citizen) -> Response:
    return render(request, "carers.html", **_shown(request, session))


@router.get("/carers/invite")
def invite_form(request: Request, session: ProvenReader) -> Response:
    return render(request, "carers-invite.html", **_form_values(session))


@router.post("/carers/invite")
def invite(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    page = Page("carers-invite.html", _form_values(session))
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        invited = services(request).inviting(session, origin_of(request)).invite(form.text("called"), _powers(form))
    except VaultError as error:
        return refused(request, error, Page(page.template, page.values, {"name": "called"}), form)
    text = f"{services(request).settings.public_url}/looking-after/answer#{invited.invitation.text()}"
    return render(request, "carers-invited.html", here="/account", invited=invited, text=text)


@router.post("/carers/invitations/{invitation_id}/accept")
def accept(request: Request, session: ProvenCitizen, form: Submitted, invitation_id: str) -> Response:
    try:
        inviting = services(request).inviting(session, origin_of(request))
        inviting.accept(InvitationId(parse_id(invitation_id)), _powers(form))
    except VaultError as error:
        return refused(request, error, Page("carers.html", _shown(request, session)), form)
    return RedirectResponse("/carers", 303)


@router.post("/carers/invitations/{invitation_id}/withdraw")
def withdraw(request: Request, session: Citizen, invitation_id: str) -> Response:
    services(request).inviting(session, origin_of(request)).withdraw(InvitationId(parse_id(invitation_id)))
    return RedirectResponse("/carers", 303)


@router.post("/carers/{slot_id}/powers")
def set_powers(request: Request, session: ProvenCitizen, form: Submitted, slot_id: str) -> Response:
    try:
        caring = services(request).caring(session, origin_of(request))
        caring.set_powers(SlotId(parse_id(slot_id)), _powers(form))
    except VaultError as error:
        return refused(request, error, Page("carers.html", _shown(request, session)), form)
    return RedirectResponse("/carers", 303)


@router.post("/carers/{slot_id}/remove")
def remove(request: Request, session: Citizen, slot_id: str) -> Response:
    """No step-up: whoever is pushed about must be able to end it at once."""
    services(request).caring(session, origin_of(request)).remove(SlotId(parse_id(slot_id)))
    return RedirectResponse("/carers?removed=1", 303)


def _powers(form: Form) -> frozenset[Power]:
    return frozenset(Power(value) for value in form.values.get("powers", ()) if value in set(Power))


def _form_values(session: Session) -> dict[str, Any]:
    choices = [(power, words, "") for power, words in POWERS.items()]
    return {
        "here": "/account",
        "powers": POWERS,
        "choices_of_powers": choices,
        "whom": session.acting.name if session.acting else "",
    }


def _shown(request: Request, session: Session) -> dict[str, Any]:
    house, origin = services(request), origin_of(request)
    may_change = session.acting is None or session.acting.holds
    return _form_values(session) | {
        "carers": house.caring(session, origin).carers().carers,
        "invitations": house.inviting(session, origin).open_invitations() if may_change else (),
        "may_change": may_change,
        "removed": request.query_params.get("removed") == "1",
    }

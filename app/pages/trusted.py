"""My trusted person, and those whose trusted person I am."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader, citizens_only
from app.texts import _
from auth.sessions import Session
from vault.errors import VaultError
from vault.ids import VaultId, parse_id

router = APIRouter()
WAITS = tuple(
    (str(days), words, "")
    for days, words in {
        7: _("7 days"),
        14: _("14 days"),
        30: _("30 days"),
    }.items()
)

_NEEDED = {
    "called": _("Please write whom this invitation is for."),
    "wait_days": _("Please choose how long we wait."),
}
_NEEDED_TO_ANSWER = {
    "invitation": _("Please paste the invitation you were sent."),
    "called": _("Please write who invited you."),
}
_NEEDED_TO_HAND_OVER = {"digits": _("Please type the six digits they see.")}


@router.get("/trusted-person")
def show(request: Request, session: Citizen) -> Response:
    return render(request, "trusted-person.html", **_shown(request, session))


@router.get("/trusted-person/invite", dependencies=[citizens_only])
def invite_form(request: Request, _session: ProvenReader) -> Response:
    return render(request, "trusted-invite.html", here="/account", waits=WAITS)


@router.post("/trusted-person/invite")
def invite(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    page = Page("trusted-invite.html", {"here": "/account", "waits": WAITS}, {"name": "called"})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    days = form.text("wait_days")
    try:
        choosing = services(request).choosing(session, origin_of(request))
        invited = choosing.invite(form.text("called"), int(days) if days.isdecimal() and len(days) < 4 else 0)
    except VaultError as error:
        return refused(request, error, page, form)
    text = f"{services(request).settings.public_url}/trusted-by/answer#{invited.invitation.text()}"
    return render(request, "trusted-invited.html", here="/account", invited=invited, text=text)


@router.post("/trusted-person/accept")
def accept(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    try:
        services(request).choosing(session, origin_of(request)).accept()
    except VaultError as error:
        return refused(request, error, Page("trusted-person.html", _shown(request, session)), form)
    return RedirectResponse("/trusted-person", 303)


@router.post("/trusted-person/remove")
def take_back(request: Request, session: Citizen) -> Response:
    """No step-up: whoever is pushed about must be able to end it at once."""
    services(request).choosing(session, origin_of(request)).take_back()
    return RedirectResponse("/trusted-person", 303)


@router.post("/trusted-person/no")
def refuse(request: Request, session: Citizen) -> Response:
    """It wasn't me who asked."""
    services(request).coming_back.refuse_own(session.vault_id, origin_of(request))
    return RedirectResponse("/trusted-person?refused=1", 303)


@router.get("/trusted-by")
def list_those_who_trust_me(request: Request, session: Citizen) -> Response:
    return render(request, "trusted-by.html", **_asking(request, session))


@router.get("/trusted-by/answer", dependencies=[citizens_only])
def answer_form(request: Request) -> Response:
    return render(request, "trusted-by-answer.html", here="/account")


@router.post("/trusted-by/answer")
def answer(request: Request, session: Citizen, form: Submitted) -> Response:
    page = Page("trusted-by-answer.html", {"here": "/account"}, {"name": "called"})
    if again := incomplete(request, form, page, _NEEDED_TO_ANSWER):
        return again
    try:
        said = form.text("invitation").rpartition("#")[2].strip()
        services(request).helping(session, origin_of(request)).answer(said, form.text("called"))
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/trusted-by", 303)


@router.post("/trusted-by/{vault_id}/hand-over")
def hand_over(request: Request, session: ProvenCitizen, form: Submitted, vault_id: str) -> Response:
    page = Page("trusted-by.html", _asking(request, session), {"": "digits"})
    if again := incomplete(request, form, page, _NEEDED_TO_HAND_OVER):
        return again
    digits = "".join(form.text("digits").split())
    try:
        services(request).helping(session, origin_of(request)).hand_over(VaultId(parse_id(vault_id)), digits)
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/trusted-by?handed=1", 303)


def _shown(request: Request, session: Session) -> dict[str, Any]:
    house = services(request)
    mine, answered = house.choosing(session, origin_of(request)).mine()
    return {
        "here": "/account",
        "mine": mine,
        "answered": answered,
        "opens_at": house.coming_back.standing(session.vault_id),
        "refused": request.query_params.get("refused") == "1",
        "can_mail": house.can_mail,
    }


def _asking(request: Request, session: Session) -> dict[str, Any]:
    helping = services(request).helping(session, origin_of(request))
    handed = request.query_params.get("handed") == "1"
    return {"here": "/account", "people": helping.people(), "asking": helping.asking(), "handed": handed}

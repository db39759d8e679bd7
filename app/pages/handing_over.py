"""Hand over: who holds a vault gives it to the person it is of, who takes it over with ways in of their own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from app.texts import _
from auth.sessions import Session
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError

router = APIRouter()
_NEEDED_DIGITS = {"digits": _("Please type the six digits they see.")}
_NEEDED = {
    "invitation": _("Please paste the invitation you were sent."),
    "email": _("Please enter your e-mail address."),
    "new_passphrase": _("Please choose a passphrase."),
}
_NEEDED_GROUP = {"last_group": _("Please type the last group of your recovery code.")}


@router.get("/looking-after/hand-over")
def show(request: Request, session: ProvenReader) -> Response:
    return render(request, "hand-over-vault.html", **_shown(request, session))


@router.post("/looking-after/hand-over/invite")
def invite(request: Request, session: ProvenCitizen) -> Response:
    """The link is in this one answer and nowhere else."""
    house = services(request)
    invited = house.handing_over(session, origin_of(request)).invite()
    text = f"{house.settings.public_url}/take-over#{invited.invitation.text()}"
    return render(request, "hand-over-vault-invited.html", here="/account", invited=invited, text=text)


@router.post("/looking-after/hand-over/withdraw")
def withdraw(request: Request, session: Citizen) -> Response:
    services(request).handing_over(session, origin_of(request)).withdraw()
    return RedirectResponse("/looking-after/hand-over", 303)


@router.post("/looking-after/hand-over")
def finish(request: Request, session: ProvenCitizen, form: Submitted, later: BackgroundTasks) -> Response:
    page = Page("hand-over-vault.html", _shown(request, session), {"": "digits"})
    if again := incomplete(request, form, page, _NEEDED_DIGITS):
        return again
    house = services(request)
    try:
        handed = house.handing_over(session, origin_of(request)).finish(form.text("digits"))
    except VaultError as error:
        return refused(request, error, page, form)
    later.add_task(house.mail_handed_over, handed.email)
    return RedirectResponse("/looking-after?handed=1", 303)


@router.get("/take-over")
def take_over_form(request: Request) -> Response:
    return render(request, "take-over.html", person=None, suggestion=make_suggestion())


@router.post("/take-over")
def take_over(request: Request, form: Submitted) -> Response:
    """The recovery code is in this one answer. Nothing is stored before its last group comes back."""
    page = Page("take-over.html", {"person": None, "suggestion": make_suggestion()}, {"passphrase": "new_passphrase"})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        prepared = services(request).taking_over.prepare(
            _invitation_of(form), form.text("email"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, page, form)
    values = {"groups": prepared.recovery_code.split("-"), "offer": prepared.offer, "made_on": _now(request)}
    address = f"{services(request).settings.public_url}/come-back"
    return render(
        request, "take-over-sheet.html", person=None, invitation=_invitation_of(form), address=address, **values
    )


@router.post("/take-over/kept")
def kept(request: Request, form: Submitted) -> Response:
    page = Page("take-over-kept.html", {"person": None, **_carried(form)}, {"": "last_group", "email": "last_group"})
    if not form.values.get("last_group"):
        return render(request, page.template, **page.values)
    if again := incomplete(request, form, page, _NEEDED_GROUP):
        return again
    try:
        digits = services(request).taking_over.answer(
            _invitation_of(form), form.text("offer"), form.text("last_group"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, page, form)
    return render(request, "take-over-done.html", person=None, digits=digits)


def _invitation_of(form: Form) -> str:
    """The whole link may be pasted, or what stands behind its #."""
    return form.text("invitation").rpartition("#")[2].strip()


def _carried(form: Form) -> dict[str, str]:
    return {"invitation": _invitation_of(form), "offer": form.text("offer")}


def _now(request: Request) -> Any:
    return services(request).clock.now()


def _shown(request: Request, session: Session) -> dict[str, Any]:
    standing = services(request).handing_over(session, origin_of(request)).standing()
    return {"here": "/account", "standing": standing, "whom": session.acting.name if session.acting else ""}

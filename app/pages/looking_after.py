"""Someone I look after: a vault for a child or adult, going into it, and saying yes to looking after somebody."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, citizens_only
from app.texts import _
from auth.carers.people import Colour
from auth.carers.powers import Power
from auth.caring.caring import Caring
from auth.sessions import Session
from vault.errors import NotFound, VaultError
from vault.ids import VaultId, parse_id
from vault.keys.unlocking import WrongSecret

router = APIRouter()

_NEEDED = {
    "name": _("Please enter their name."),
    "birth_date": _("Please enter their date of birth."),
}
_NEEDED_TO_ANSWER = {"invitation": _("Please paste the invitation you were sent.")}
_NEEDED_FROM_SHEET = {
    "number": _("Please enter the number of the vault."),
    "recovery_code": _("Please enter the recovery code."),
}
_COLOURS = tuple(
    (colour, words, "")
    for colour, words in {
        Colour.TEAL: _("Teal"),
        Colour.PLUM: _("Plum"),
        Colour.AMBER: _("Amber"),
        Colour.BLUE: _("Blue"),
        Colour.ROSE: _("Rose"),
    }.items()
)
POWERS = {
    Power.VIEW: _("See records, results and who looked"),
    Power.UPLOAD: _("Add records"),
    Power.SHARE: _("Share with a doctor"),
}


@router.get("/looking-after")
def list_people(request: Request, session: Citizen) -> Response:
    return render(request, "looking-after.html", **_people(request, session))


@router.get("/looking-after/new", dependencies=[citizens_only])
def new_person(request: Request) -> Response:
    return render(request, "looking-after-new.html", here="/account", colours=_COLOURS)


@router.post("/looking-after/new")
def make_for(request: Request, session: Citizen, form: Submitted) -> Response:
    """Their recovery code is shown on the page that answers, and nowhere again."""
    page = Page("looking-after-new.html", {"here": "/account", "colours": _COLOURS})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        colour = Colour(form.text("colour")) if form.text("colour") in set(Colour) else None
        made = _caring(request, session).make_for(form.text("name"), form.text("birth_date"), colour)
    except VaultError as error:
        return refused(request, error, page, form)
    groups = made.recovery_code.split("-")
    values = {"name": form.text("name"), "groups": groups, "vault_id": made.vault_id}
    return render(request, "looking-after-sheet.html", here="/account", again=False, **values)


@router.post("/looking-after/{vault_id}/go")
def go_in(request: Request, session: Citizen, vault_id: str) -> Response:
    _caring(request, session).act_for(VaultId(parse_id(vault_id)))
    return RedirectResponse("/results", 303)


@router.post("/looking-after/{vault_id}/forget")
def forget(request: Request, session: Citizen, form: Submitted, vault_id: str) -> Response:
    try:
        _caring(request, session).forget(VaultId(parse_id(vault_id)))
    except VaultError as error:
        return refused(request, error, Page("looking-after.html", _people(request, session)), form)
    return RedirectResponse("/looking-after", 303)


@router.post("/looking-after/{vault_id}/reviewed")
def reviewed(request: Request, session: Citizen, vault_id: str) -> Response:
    _caring(request, session).settle_review(VaultId(parse_id(vault_id)))
    return RedirectResponse("/looking-after", 303)


@router.post("/looking-after/back")
def go_back(request: Request, session: Citizen) -> Response:
    _caring(request, session).stop_acting()
    return RedirectResponse("/looking-after", 303)


@router.get("/looking-after/sheet", dependencies=[citizens_only])
def sheet_form(request: Request) -> Response:
    return render(request, "looking-after-by-sheet.html", here="/account")


@router.post("/looking-after/sheet")
def hold_by_sheet(request: Request, session: Citizen, form: Submitted) -> Response:
    """The new recovery code is shown on the page that answers, and nowhere again."""
    page = Page("looking-after-by-sheet.html", {"here": "/account"}, {"": "number"})
    if again := incomplete(request, form, page, _NEEDED_FROM_SHEET):
        return again
    try:
        vault_id = VaultId(parse_id(form.text("number").lower()))
        held = services(request).holding_again(session, origin_of(request)).hold(vault_id, form.text("recovery_code"))
    except (NotFound, WrongSecret):
        return refused(request, WrongSecret(_("The number or the code is not right.")), page, form)
    except VaultError as error:
        return refused(request, error, page, form)
    values = {"name": held.name, "groups": held.recovery_code.split("-"), "vault_id": held.vault_id}
    return render(request, "looking-after-sheet.html", here="/account", again=True, **values)


@router.get("/looking-after/answer", dependencies=[citizens_only])
def answer_form(request: Request) -> Response:
    return render(request, "looking-after-answer.html", here="/account")


@router.post("/looking-after/answer")
def answer(request: Request, session: Citizen, form: Submitted) -> Response:
    page = Page("looking-after-answer.html", {"here": "/account"})
    if again := incomplete(request, form, page, _NEEDED_TO_ANSWER):
        return again
    try:
        services(request).inviting(session, origin_of(request)).answer(_invitation_of(form))
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/looking-after?answered=1", 303)


def _invitation_of(form: Form) -> str:
    """The whole link may be pasted, or what stands behind its #."""
    return form.text("invitation").rpartition("#")[2].strip()


def _people(request: Request, session: Session) -> dict[str, Any]:
    today = services(request).clock.now().date()
    people = _caring(request, session).people()
    due = {each.vault_id: each.review_due(today) for each in people}
    said = {name: request.query_params.get(name) == "1" for name in ("answered", "handed")}
    return {"here": "/account", "people": people, "due": due, **said}


def _caring(request: Request, session: Session) -> Caring:
    return services(request).caring(session, origin_of(request))

"""The account page: who you are, a new passphrase, a new recovery sheet, signing out everywhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.recovery import show_sheet
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen
from app.texts import _
from auth.sessions import Session
from vault.crypto.slots import SlotKind
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()

_NEEDED_TO_CHANGE = {
    "passphrase": _("Please enter the passphrase you have now."),
    "new_passphrase": _("Please choose a new passphrase."),
}


@router.get("/account")
def account(request: Request, session: Citizen, changed: bool = False, address: bool = False) -> Response:
    told = {"changed": changed, "moved": address, "suggestion": None}
    return render(request, "account.html", **_shown(request, session) | told)


@router.post("/account/passphrase")
def change_passphrase(request: Request, session: Citizen, form: Submitted) -> Response:
    page = Page("account.html", _shown(request, session))
    if again := incomplete(request, form, page, _NEEDED_TO_CHANGE):
        return again
    try:
        services(request).ways_in.change_passphrase(
            session, form.secret("passphrase"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        field = "passphrase" if isinstance(error, WrongSecret) else "new_passphrase"
        if isinstance(error, WrongSecret):
            error = WrongSecret(_("This is not the passphrase you have now."))
        return refused(request, error, Page(page.template, page.values, {"": field, "passphrase": field}), form)
    return RedirectResponse("/account?changed=1", 303)


@router.post("/account/recovery-sheet")
def new_recovery_sheet(request: Request, session: ProvenCitizen) -> Response:
    """One recovery code in place of all; until its last group is typed, other pages lead to that question."""
    return show_sheet(request, services(request).ways_in.new_recovery_code_proven(session, origin_of(request)))


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(request: Request, session: Citizen) -> Response:
    services(request).sessions.sign_out_everywhere(session, origin_of(request))
    response = RedirectResponse("/sign-in?everywhere=1", 303)
    clear_session_cookie(response)
    return response


def _shown(request: Request, session: Session) -> dict[str, Any]:
    house = services(request)
    return {
        "here": "/account",
        "session": session,
        "changed": False,
        "moved": False,
        "profile": house.accounts.profile(session.keyring),
        "email": house.accounts.email(session.vault_id, session.account_id),
        "has_passphrase": SlotKind.PASSPHRASE in house.step_up.ways(session),
        "sample_passphrase": house.samples.passphrase if house.samples else "",
    }

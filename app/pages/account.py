"""The account page: change the passphrase, sign out everywhere."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, origin_of, services
from app.pages.forms import Page, Submitted, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()


@router.get("/account")
def account(request: Request, session: Citizen, changed: bool = False) -> Response:
    return render(request, "account.html", here="/account", session=session, changed=changed, suggestion=None)


@router.post("/account/passphrase")
def change_passphrase(request: Request, session: Citizen, form: Submitted) -> Response:
    try:
        services(request).sessions.change_passphrase(
            session, form.secret("passphrase"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        field = "passphrase" if isinstance(error, WrongSecret) else "new_passphrase"
        page = Page(
            "account.html",
            {"here": "/account", "session": session, "changed": False},
            {"": field, "passphrase": field},
        )
        return refused(request, error, page, form)
    return RedirectResponse("/account?changed=1", 303)


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(request: Request, session: Citizen) -> Response:
    services(request).sessions.sign_out_everywhere(session, origin_of(request))
    response = RedirectResponse("/", 303)
    clear_session_cookie(response)
    return response

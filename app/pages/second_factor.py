"""A code from an authenticator app: turned on and off at the account, and asked for after the passphrase.

Until the code is right the sign-in opens nothing: every other page leads back here.
"""

from __future__ import annotations

import io
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import awaiting_session, clear_session_cookie, origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.signing import enter
from app.pages.visitors import Owner, ProvenOwner, ProvenOwnerReader
from app.texts import _
from auth.second_factor import Setup
from auth.sessions import Session
from vault.errors import NotFound, VaultError

router = APIRouter()

Awaiting = Annotated[Session, Depends(awaiting_session)]
PAGE = "/account/app-code"
DONE = {
    "on": _("On. Signing in by passphrase asks for a code from now on."),
    "off": _("Off. Your passphrase alone signs you in again."),
}
_NEEDED = {"code": _("Please enter the six digits that your app shows.")}


@router.get("/sign-in/code")
def ask(request: Request, _session: Awaiting) -> Response:
    return render(request, "sign-in-code.html", person=None)


@router.post("/sign-in/code")
def enter_code(request: Request, session: Awaiting, form: Submitted) -> Response:
    page = Page("sign-in-code.html", {"person": None})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        signed_in = services(request).sessions.with_code(session, form.text("code"), origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    services(request).tidy(signed_in.token, origin_of(request))
    return enter(request, form, signed_in)


@router.post("/sign-in/code/leave")
def leave(request: Request, session: Awaiting) -> Response:
    services(request).sessions.sign_out(session)
    response = RedirectResponse("/sign-in", 303)
    clear_session_cookie(response)
    return response


@router.get(PAGE)
def show(request: Request, session: Owner, done: str = "") -> Response:
    is_on = services(request).second_factors.is_on(session.account)
    return render(request, "app-code.html", here="/account", is_on=is_on, done=DONE.get(done, ""))


@router.get(PAGE + "/on")
def set_up(request: Request, session: ProvenOwnerReader) -> Response:
    services(request).second_factors.begin(session.account)
    return render(request, "app-code-on.html", **_shown(request, session))


@router.get(PAGE + "/picture")
def picture(request: Request, session: ProvenOwnerReader) -> Response:
    """The seed as a QR code, in an answer of its own: a page may not hold a picture in its text."""
    drawn = io.BytesIO()
    segno.make(_setup(request, session).uri, error="m", micro=False).save(
        drawn, kind="svg", scale=5, border=4, light="#fff"
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.post(PAGE + "/on")
def confirm(request: Request, session: ProvenOwner, form: Submitted) -> Response:
    page = Page("app-code-on.html", _shown(request, session))
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        services(request).second_factors.confirm(session.account, form.text("code"), origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse(f"{PAGE}?done=on", 303)


@router.post(PAGE + "/off")
def turn_off(request: Request, session: ProvenOwner) -> Response:
    services(request).second_factors.turn_off(session.account, origin_of(request))
    return RedirectResponse(f"{PAGE}?done=off", 303)


def _shown(request: Request, session: Session) -> dict[str, Any]:
    secret = _setup(request, session).secret
    return {"here": "/account", "groups": [secret[at : at + 4] for at in range(0, len(secret), 4)]}


def _setup(request: Request, session: Session) -> Setup:
    house = services(request)
    found = house.second_factors.setup(session.account, house.accounts.email(session.own_vault_id, session.account_id))
    if found is None:
        raise NotFound
    return found

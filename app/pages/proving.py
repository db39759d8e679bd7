"""Prove again that it is you: asked before what reaches far, and then on to where one was going.

Nothing typed is lost: a form that was sent too late waits in this page and is sent once more from the next. Addresses
lead within this vault alone.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services, set_session_cookie
from app.pages.forms import SECRETS, Form, Page, Submitted, incomplete, refused, sent_form
from app.pages.rendering import render
from app.pages.visitors import Anyone
from app.texts import _
from auth.errors import ProofNeeded
from auth.sessions import Session
from vault.crypto.slots import SlotKind
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()

_HOME = "/account"
_KEPT = "kept."
# A share's passcode travels through its forms anyway; without it the share would be given without one.
_NEVER_CARRIED = SECRETS - {"passcode"}
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500}", re.ASCII)
_NEEDED = {"passphrase": _("Please enter your passphrase.")}


@router.get("/prove")
def prove_form(request: Request, session: Anyone, to: str = "") -> Response:
    try:
        services(request).step_up.check(session)
    except ProofNeeded:
        return render(request, "prove.html", **_shown(request, session, Form({"to": (to,)})))
    return RedirectResponse(local(to), 303)


@router.post("/prove")
def prove(request: Request, session: Anyone, form: Submitted) -> Response:
    page = page_for(request, session, form)
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        token = services(request).step_up.by_passphrase(session, form.secret("passphrase"), origin_of(request))
    except VaultError as error:
        shown = WrongSecret(_("This is not your passphrase.")) if isinstance(error, WrongSecret) else error
        return refused(request, shown, page, form)
    return proven(request, form, token)


def page_for(request: Request, session: Session, form: Form) -> Page:
    """The question again, with everything that waits behind it."""
    return Page("prove.html", _shown(request, session, form), {"": "passphrase"})


def proven(request: Request, form: Form, token: str) -> Response:
    """On to where one was going, with the session's new token; by way of what was typed there, if something was."""
    if form.text("again"):
        response: Response = render(
            request, "proven.html", here=_HOME, again=local(form.text("again")), **_waiting(form)
        )
    else:
        response = RedirectResponse(local(form.text("to")), 303)
    set_session_cookie(response, token)
    return response


def ask_for_proof(request: Request, _error: Exception) -> Response:
    """What a page answers to ProofNeeded: the question, or with a form that was sent the question around it."""
    if request.method == "GET":
        return RedirectResponse("/prove?to=" + quote(local(_address(request)), safe="/"), 303)
    sent = sent_form(request)
    carried = {_KEPT + name: values for name, values in sent.values.items() if name not in _NEVER_CARRIED}
    form = Form(carried | {"again": (_address(request),)})
    session = request.state.session
    return render(request, "prove.html", 403, **_shown(request, session, form))


def local(stated: str) -> str:
    """The address, if it is one of this vault; else the account page."""
    is_ours = _LOCAL.fullmatch(stated) is not None and urlsplit(stated).path != "/prove"
    return stated if is_ours else _HOME


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _shown(request: Request, session: Session, form: Form) -> dict[str, Any]:
    ways = services(request).step_up.ways(session)
    return {
        "here": _HOME,
        "has_passphrase": SlotKind.PASSPHRASE in ways,
        "has_passkey": SlotKind.PASSKEY in ways,
        "to": local(form.text("to")),
        "again": local(form.text("again")) if form.text("again") else "",
        "carried": [
            (name, value) for name, values in form.values.items() if name.startswith(_KEPT) for value in values
        ],
    }


def _waiting(form: Form) -> dict[str, Any]:
    return {
        "carried": [
            (name.removeprefix(_KEPT), value)
            for name, values in form.values.items()
            if name.startswith(_KEPT)
            for value in values
        ]
    }

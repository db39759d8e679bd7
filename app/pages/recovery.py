"""The recovery code: shown once as a sheet to print, shown to be kept by its last group, made anew for who has none."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import any_session, optional_session, origin_of, services, set_session_cookie
from app.pages.forms import Form, Page, Submitted, refused
from app.pages.rendering import render
from app.pages.visitors import Anyone
from app.texts import _
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()

NEWCOMER = "newcomer"  # Signed in, and led nowhere else before the code is kept.
_CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){7}", re.ASCII)


@router.get("/recovery-code")
def ask_last_group(request: Request, session: Anyone) -> Response:
    if session.recovery_confirmed:
        return RedirectResponse("/", 303)
    return render(request, "recovery-check.html", person=NEWCOMER, code=None, is_new=False)


@router.post("/recovery-code/check", dependencies=[Depends(any_session)])
def go_on_from_the_sheet(request: Request, form: Submitted) -> Response:
    """From the sheet to the question for its last group. The sheet comes along, so that nobody loses it here."""
    return render(request, "recovery-check.html", person=NEWCOMER, **_carried(form))


@router.post("/recovery-code/sheet", dependencies=[Depends(any_session)])
def back_to_the_sheet(request: Request, form: Submitted) -> Response:
    carried = _carried(form)
    if carried["code"] is None:
        return RedirectResponse("/recovery-code", 303)
    return _sheet(request, carried["code"], carried["is_new"])


@router.post("/recovery-code")
def confirm_last_group(request: Request, session: Anyone, form: Submitted) -> Response:
    try:
        services(request).sessions.confirm_recovery_code(session, form.text("last_group"))
    except VaultError as error:
        page = Page("recovery-check.html", {"person": NEWCOMER} | _carried(form), {"": "last_group"})
        return refused(request, error, page, form)
    return RedirectResponse("/first-result" if form.text("is_new") else "/results", 303)


@router.post("/recovery-code/new")
def new_recovery_code(request: Request, session: Anyone, form: Submitted) -> Response:
    """For who has lost the sheet, or never wrote it down; the code shown before then dies."""
    try:
        code = services(request).sessions.new_recovery_code(session, form.secret("passphrase"), origin_of(request))
    except VaultError as error:
        if isinstance(error, WrongSecret):
            error = WrongSecret(_("This is not your passphrase."))
        page = Page("recovery-check.html", {"person": NEWCOMER, "code": None, "is_new": False}, {"": "passphrase"})
        return refused(request, error, page, form)
    return show_sheet(request, code)


def show_sheet(request: Request, code: str, token: str = "", *, is_new: bool = False) -> Response:
    """The code is in this one answer and nowhere else; a redirect would have to keep it."""
    response = _sheet(request, code, is_new)
    if token:
        set_session_cookie(response, token)
    return response


def has_no_code_yet(request: Request) -> bool:
    """Whether somebody is signed in who has not shown that they kept their code."""
    session = optional_session(request)
    return session is not None and not session.recovery_confirmed


def _sheet(request: Request, code: str, is_new: bool) -> Response:
    house = services(request)
    return render(
        request,
        "recovery-sheet.html",
        person=NEWCOMER,
        code=code,
        groups=code.split("-"),
        is_new=is_new,
        server=urlsplit(house.settings.public_url).netloc,
        address=f"{house.settings.public_url}/come-back",
        made_on=house.clock.now(),
    )


def _carried(form: Form) -> dict[str, Any]:
    """The code that the sheet sent along, if it is of the right shape: shown again, it must be no other text."""
    code = form.text("shown") if _CODE.fullmatch(form.text("shown")) else None
    return {"code": code, "is_new": bool(form.text("is_new"))}

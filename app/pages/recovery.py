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
from app.pages.visitors import Anyone, ProvenAnyone
from vault.errors import VaultError

router = APIRouter()

FIRST, BACK, INSTEAD, ADDED = "first", "back", "instead", "added"
_ONWARD = {
    FIRST: "/first-result",
    BACK: "/account/ways-in?done=back",
    INSTEAD: "/results",
    ADDED: "/account/ways-in?done=kept",
}
NEWCOMER = "newcomer"  # Signed in, and led nowhere else before the code is kept.
_CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){7}", re.ASCII)


@router.get("/recovery-code")
def ask_last_group(request: Request, session: Anyone) -> Response:
    if session.recovery_confirmed:
        return RedirectResponse("/", 303)
    return render(request, "recovery-check.html", person=NEWCOMER, code=None, why=INSTEAD)


@router.post("/recovery-code/check", dependencies=[Depends(any_session)])
def go_on_from_the_sheet(request: Request, form: Submitted) -> Response:
    """From the sheet to the question for its last group. The sheet comes along, so that nobody loses it here."""
    return render(request, "recovery-check.html", person=NEWCOMER, **_carried(form))


@router.post("/recovery-code/sheet", dependencies=[Depends(any_session)])
def back_to_the_sheet(request: Request, form: Submitted) -> Response:
    carried = _carried(form)
    if carried["code"] is None:
        return RedirectResponse("/recovery-code", 303)
    return _sheet(request, carried["code"], carried["why"])


@router.post("/recovery-code")
def confirm_last_group(request: Request, session: Anyone, form: Submitted) -> Response:
    try:
        services(request).ways_in.confirm_recovery_code(session, form.text("last_group"))
    except VaultError as error:
        page = Page("recovery-check.html", {"person": NEWCOMER} | _carried(form), {"": "last_group"})
        return refused(request, error, page, form)
    return RedirectResponse(_ONWARD[_carried(form)["why"]], 303)


@router.post("/recovery-code/new")
def new_recovery_code(request: Request, session: ProvenAnyone) -> Response:
    """For who has lost the sheet, or never wrote it down; the code shown before then dies."""
    code = services(request).ways_in.new_recovery_code_proven(session, origin_of(request))
    return show_sheet(request, code, why=INSTEAD)


def show_sheet(request: Request, code: str, token: str = "", *, why: str = INSTEAD) -> Response:
    """The code is in this one answer and nowhere else; a redirect would have to keep it."""
    response = _sheet(request, code, why)
    if token:
        set_session_cookie(response, token)
    return response


def has_no_code_yet(request: Request) -> bool:
    """Whether somebody is signed in who has not shown that they kept their code."""
    session = optional_session(request)
    return session is not None and not session.recovery_confirmed


def _sheet(request: Request, code: str, why: str) -> Response:
    house = services(request)
    return render(
        request,
        "recovery-sheet.html",
        person=NEWCOMER,
        code=code,
        groups=code.split("-"),
        why=why,
        server=urlsplit(house.settings.public_url).netloc,
        address=f"{house.settings.public_url}/come-back",
        made_on=house.clock.now(),
    )


def _carried(form: Form) -> dict[str, Any]:
    """The code that the sheet sent along, if it is of the right shape: shown again, it must be no other text."""
    code = form.text("shown") if _CODE.fullmatch(form.text("shown")) else None
    return {"code": code, "why": form.text("why") if form.text("why") in _ONWARD else INSTEAD}

"""Sign up, keep the recovery code, sign in, come back by the code, sign out."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, optional_session, origin_of, services, set_session_cookie
from app.pages.forms import Form, Page, Submitted, refused
from app.pages.rendering import render
from app.pages.visitors import Anyone
from auth.roles import Role
from auth.sessions import SignedIn
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError

router = APIRouter()

_CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){7}", re.ASCII)
_COME_BACK = Page("come-back.html", {"suggestion": None}, {"passphrase": "new_passphrase", "code": "recovery_code"})


@router.get("/sign-up")
def sign_up_form(request: Request) -> Response:
    return render(request, "sign-up.html", suggestion=make_suggestion(), here="/sign-up")


@router.post("/sign-up")
def sign_up(request: Request, form: Submitted) -> Response:
    try:
        made = services(request).accounts.create_citizen(
            form.text("email"),
            form.text("name"),
            form.text("birth_date"),
            form.secret("passphrase"),
            origin_of(request),
        )
    except VaultError as error:
        return refused(request, error, Page("sign-up.html", fields={"": _field_of(error)}), form)
    return _show_code(request, made.recovery_code, made.token)


@router.get("/recovery-code")
def recovery_code_form(request: Request, session: Anyone) -> Response:
    if session.recovery_confirmed:
        return RedirectResponse("/", 303)
    return render(request, "recovery-code.html", code=None, groups=(), is_new=False)


@router.post("/recovery-code/new")
def new_recovery_code(request: Request, session: Anyone, form: Submitted) -> Response:
    """For who closed the page before writing the code down; the one shown then dies."""
    try:
        code = services(request).sessions.new_recovery_code(session, form.secret("passphrase"), origin_of(request))
    except VaultError as error:
        page = Page("recovery-code.html", {"code": None, "groups": (), "is_new": False}, {"": "passphrase"})
        return refused(request, error, page, form)
    return _show_code(request, code, is_new=False)


@router.post("/recovery-code")
def confirm_recovery_code(request: Request, session: Anyone, form: Submitted) -> Response:
    try:
        services(request).sessions.confirm_recovery_code(session, form.text("last_group"))
    except VaultError as error:
        # The page that showed the code sends it along, so that a slip of the finger doesn't lose it.
        code = form.text("shown") if _CODE.fullmatch(form.text("shown")) else None
        values = {"code": code, "groups": (code or "").split("-"), "is_new": False}
        return refused(request, error, Page("recovery-code.html", values, {"": "last_group"}), form)
    return RedirectResponse("/results?welcome=1", 303)


@router.get("/sign-in")
def sign_in_form(request: Request, again: bool = False) -> Response:
    return render(request, "sign-in.html", is_admin=False, again=again)


@router.post("/sign-in")
def sign_in(request: Request, form: Submitted) -> Response:
    return _sign_in(request, form, is_admin=False)


@router.get("/admin/sign-in")
def admin_sign_in_form(request: Request) -> Response:
    return render(request, "sign-in.html", is_admin=True, again=False)


@router.post("/admin/sign-in")
def admin_sign_in(request: Request, form: Submitted) -> Response:
    return _sign_in(request, form, is_admin=True)


@router.get("/come-back")
def come_back_form(request: Request) -> Response:
    return render(request, "come-back.html", suggestion=make_suggestion())


@router.post("/come-back")
def come_back(request: Request, form: Submitted) -> Response:
    try:
        signed_in = services(request).sessions.with_recovery_code(
            form.text("email"), form.text("recovery_code"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, _COME_BACK, form)
    services(request).tidy(signed_in.token, origin_of(request))
    return _show_code(request, signed_in.recovery_code or "", signed_in.token, is_new=False)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    session = optional_session(request)
    if session is not None:
        services(request).sessions.sign_out(session)
    response = RedirectResponse("/", 303)
    clear_session_cookie(response)
    return response


def _sign_in(request: Request, form: Form, is_admin: bool) -> Response:
    try:
        signed_in = services(request).sessions.with_passphrase(
            form.text("email"), form.secret("passphrase"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, Page("sign-in.html", {"is_admin": is_admin, "again": False}), form)
    services(request).tidy(signed_in.token, origin_of(request))
    return _enter(signed_in)


def _enter(signed_in: SignedIn) -> Response:
    response = RedirectResponse("/admin/log" if signed_in.role is Role.ADMIN else "/results", 303)
    set_session_cookie(response, signed_in.token)
    return response


def _show_code(request: Request, code: str, token: str = "", is_new: bool = True) -> Response:
    """The code is in this one answer and nowhere else; a redirect would have to keep it."""
    response = render(
        request, "recovery-code.html", person="citizen", code=code, groups=code.split("-"), is_new=is_new, typed={}
    )
    if token:
        set_session_cookie(response, token)
    return response


def _field_of(error: VaultError) -> str:
    return "email" if error.code == "email-taken" else ""

"""Sign up, keep the recovery code, sign in, come back by the code, sign out."""

from __future__ import annotations

import re
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, optional_session, origin_of, services, set_session_cookie
from app.pages.adding import typed_before
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Anyone
from auth.roles import Role
from auth.sessions import SignedIn
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()

_CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){7}", re.ASCII)
_COME_BACK_FIELDS = {"passphrase": "new_passphrase", "code": "recovery_code"}
_EMAIL = "Please enter your e-mail address."
_NEEDED_TO_SIGN_UP = {
    "name": "Please enter your name.",
    "birth_date": "Please enter your date of birth.",
    "email": _EMAIL,
    "passphrase": "Please choose a passphrase.",
}
_NEEDED_TO_SIGN_IN = {"email": _EMAIL, "passphrase": "Please enter your passphrase."}
_NEEDED_TO_COME_BACK = {
    "email": _EMAIL,
    "recovery_code": "Please enter your recovery code.",
    "new_passphrase": "Please choose a new passphrase.",
}


@router.get("/sign-up")
def sign_up_form(request: Request) -> Response:
    return render(request, "sign-up.html", suggestion=make_suggestion(), here="/sign-up")


@router.post("/sign-up")
def sign_up(request: Request, form: Submitted) -> Response:
    page = Page("sign-up.html", {"suggestion": make_suggestion(), "here": "/sign-up"})
    if again := incomplete(request, form, page, _NEEDED_TO_SIGN_UP):
        return again
    try:
        made = services(request).accounts.create_citizen(
            form.text("email"),
            form.text("name"),
            form.text("birth_date"),
            form.secret("passphrase"),
            origin_of(request),
        )
    except VaultError as error:
        if error.code == "email-taken" and _has_no_code_yet(request):
            return RedirectResponse("/recovery-code", 303)  # The page that showed the code was loaded again.
        return refused(request, error, replace(page, fields={"": _field_of(error)}), form)
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
        if isinstance(error, WrongSecret):
            error = WrongSecret("This is not your passphrase.")
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
def sign_in_form(request: Request, again: bool = False, unsent: bool = False, everywhere: bool = False) -> Response:
    return render(request, "sign-in.html", is_admin=False, again=again, unsent=unsent, everywhere=everywhere)


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
    page = Page("come-back.html", {"suggestion": make_suggestion()}, _COME_BACK_FIELDS)
    if again := incomplete(request, form, page, _NEEDED_TO_COME_BACK):
        return again
    try:
        signed_in = services(request).sessions.with_recovery_code(
            form.text("email"), form.text("recovery_code"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        if isinstance(error, WrongSecret) and _has_no_code_yet(request):
            return RedirectResponse("/recovery-code", 303)  # The page that showed the new code was loaded again.
        return refused(request, error, page, form)
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
    page = Page("sign-in.html", {"is_admin": is_admin, "again": False})
    if again := incomplete(request, form, page, _NEEDED_TO_SIGN_IN):
        return again
    try:
        signed_in = services(request).sessions.with_passphrase(
            form.text("email"), form.secret("passphrase"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, page, form)
    services(request).tidy(signed_in.token, origin_of(request))
    return _enter(request, form, signed_in)


def _enter(request: Request, form: Form, signed_in: SignedIn) -> Response:
    is_admin = signed_in.role is Role.ADMIN
    response = None if is_admin else typed_before(request, form)
    response = response or RedirectResponse("/admin/log" if is_admin else "/results", 303)
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


def _has_no_code_yet(request: Request) -> bool:
    session = optional_session(request)
    return session is not None and not session.recovery_confirmed


def _field_of(error: VaultError) -> str:
    return "email" if error.code == "email-taken" else ""

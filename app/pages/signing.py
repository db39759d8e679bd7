"""Sign in, come back by the recovery code, sign out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.deps import clear_session_cookie, leave_sample, optional_session, origin_of, services, set_session_cookie
from app.pages.entry import typed_before
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.recovery import BACK, has_no_code_yet, show_sheet
from app.pages.rendering import render, seconds_left
from app.texts import _
from auth.roles import Role
from auth.sessions import SignedIn
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError
from vault.ids import text_of
from vault.keys.unlocking import WrongSecret

router = APIRouter()

_COME_BACK_FIELDS = {"passphrase": "new_passphrase", "code": "recovery_code"}
_CARRIED = frozenset({"to", "beside"})
_EMAIL = _("Please enter your e-mail address.")
_NEEDED_TO_SIGN_IN = {"email": _EMAIL, "passphrase": _("Please enter your passphrase.")}
_NEEDED_TO_COME_BACK = {
    "email": _EMAIL,
    "recovery_code": _("Please enter your recovery code."),
    "new_passphrase": _("Please choose a new passphrase."),
}


@router.get("/sign-in")
def sign_in_form(
    request: Request,
    *,
    again: bool = False,
    unsent: bool = False,
    everywhere: bool = False,
    beside: bool = False,
    to: str = "",
) -> Response:
    """``beside``: opened in a tab of its own, while another one waits with what was typed. ``to``: where it leads."""
    said = {"again": again, "unsent": unsent, "everywhere": everywhere, "beside": beside, "to": to}
    return render(request, "sign-in.html", is_admin=False, **said)


@router.get("/session-end")
def session_end(request: Request) -> Response:
    """For a page that is still open: how many seconds its sign-in has left (0: none), and whose it is."""
    session = optional_session(request)
    if session is None:
        return JSONResponse({"seconds": 0, "whose": ""})
    return JSONResponse({"seconds": seconds_left(request, session), "whose": text_of(session.vault_id)})


@router.post("/sign-in")
def sign_in(request: Request, form: Submitted) -> Response:
    return _sign_in(request, form, is_admin=False)


@router.get("/admin/sign-in")
def admin_sign_in_form(request: Request, beside: bool = False) -> Response:
    return render(request, "sign-in.html", is_admin=True, again=False, beside=beside)


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
        if isinstance(error, WrongSecret) and has_no_code_yet(request):
            return RedirectResponse("/recovery-code", 303)  # The page that showed the new code was loaded again.
        if isinstance(error, WrongSecret):
            error = WrongSecret(_("The e-mail address or the recovery code is not right."))
        return refused(request, error, page, form)
    services(request).tidy(signed_in.token, origin_of(request))
    return show_sheet(request, signed_in.recovery_code or "", signed_in.token, why=BACK)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    session = optional_session(request)
    if session is not None:
        services(request).sessions.sign_out(session)
        leave_sample(request, session)
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
        if isinstance(error, WrongSecret):
            error = WrongSecret(_("The e-mail address or the passphrase is not right."))
        return refused(request, error, page, form)
    if signed_in.awaits:
        return ask_for_code(request, form, signed_in.token)
    services(request).tidy(signed_in.token, origin_of(request))
    return enter(request, form, signed_in)


def ask_for_code(request: Request, form: Form, token: str) -> Response:
    """The question for the second factor, with whatever waits behind the sign-in."""
    kept = {name: values for name, values in form.values.items() if name.startswith("kept.") or name in _CARRIED}
    response = render(request, "sign-in-code.html", person=None, typed=kept)
    set_session_cookie(response, token)
    return response


def enter(request: Request, form: Form, signed_in: SignedIn) -> Response:
    """On to where the sign-in leads, with its token, by way of what was typed before it."""
    is_admin = signed_in.role is Role.ADMIN
    response = None if is_admin else typed_before(request, form)
    if response is None and form.text("beside"):
        response = render(request, "signed-in-beside.html", person=signed_in.role.value)
    onward = "/hand-over" if form.text("to") == "hand-over" else "/results"
    response = response or RedirectResponse("/admin/log" if is_admin else onward, 303)
    set_session_cookie(response, signed_in.token)
    return response

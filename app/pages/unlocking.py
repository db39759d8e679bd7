"""Unlock: somebody has shown who they are, and nothing is open yet. One of their ways in opens the vault.

What comes out is a session with a token of its own; the locked one ends with it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_locked_cookie, locked_session, origin_of, services, set_session_cookie
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.recovery import BACK, show_sheet
from app.pages.rendering import render
from app.texts import _
from auth.locked import LockedSession
from auth.roles import Role
from vault.crypto.passphrases import make_suggestion
from vault.crypto.slots import SlotKind
from vault.errors import VaultError
from vault.keys.unlocking import WrongSecret

router = APIRouter()

Locked = Annotated[LockedSession, Depends(locked_session)]
_NEEDED = {"passphrase": _("Please enter your passphrase.")}
_NEEDED_WITH_CODE = {
    "recovery_code": _("Please enter your recovery code."),
    "new_passphrase": _("Please choose a new passphrase."),
}
_CODE_FIELDS = {"": "recovery_code", "passphrase": "new_passphrase"}


@router.get("/unlock")
def unlock_form(request: Request, locked: Locked) -> Response:
    return render(request, "unlock.html", **shown(request, locked))


@router.post("/unlock")
def unlock(request: Request, locked: Locked, form: Submitted) -> Response:
    page = Page("unlock.html", shown(request, locked), {"": "passphrase"})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        signed_in = services(request).sessions.unlock(locked, form.secret("passphrase"), origin_of(request))
    except VaultError as error:
        error = WrongSecret(_("This is not your passphrase.")) if isinstance(error, WrongSecret) else error
        return refused(request, error, page, form)
    return unlocked(request, locked, signed_in.token)


@router.get("/unlock/recovery-code")
def with_recovery_code_form(request: Request, locked: Locked) -> Response:
    return render(request, "unlock-code.html", **shown(request, locked), suggestion=make_suggestion())


@router.post("/unlock/recovery-code")
def with_recovery_code(request: Request, locked: Locked, form: Submitted) -> Response:
    page = Page("unlock-code.html", shown(request, locked) | {"suggestion": make_suggestion()}, _CODE_FIELDS)
    if again := incomplete(request, form, page, _NEEDED_WITH_CODE):
        return again
    try:
        signed_in = services(request).sessions.unlock_with_recovery_code(
            locked, form.text("recovery_code"), form.secret("new_passphrase"), origin_of(request)
        )
    except VaultError as error:
        error = WrongSecret(_("This is not your recovery code.")) if isinstance(error, WrongSecret) else error
        return refused(request, error, page, form)
    services(request).tidy(signed_in.token, origin_of(request))
    response = show_sheet(request, signed_in.recovery_code or "", signed_in.token, why=BACK)
    clear_locked_cookie(response)
    return response


@router.post("/unlock/leave")
def leave(request: Request, locked: Locked) -> Response:
    """It isn't them, or they don't want to after all."""
    services(request).locked_sessions.leave(locked)
    response = RedirectResponse(_door(locked), 303)
    clear_locked_cookie(response)
    return response


def unlocked(request: Request, locked: LockedSession, token: str) -> Response:
    """On into the vault with the new session's token, whichever way in opened it."""
    services(request).tidy(token, origin_of(request))
    response = RedirectResponse("/admin/log" if locked.account.role is Role.ADMIN else "/results", 303)
    set_session_cookie(response, token)
    clear_locked_cookie(response)
    return response


def shown(request: Request, locked: LockedSession) -> dict[str, Any]:
    """What the page says of whoever is signed in, and by what they can unlock."""
    house, account = services(request), locked.account
    kinds = house.unlocking.kinds(account.vault_id)
    return {
        "person": None,
        "email": house.accounts.email(account.vault_id, account.account_id),
        "has_passphrase": SlotKind.PASSPHRASE in kinds,
        "has_passkey": SlotKind.PASSKEY in kinds,
        "by_passkey": locked.method == "passkey",
    }


def _door(locked: LockedSession) -> str:
    return "/admin/sign-in" if locked.account.role is Role.ADMIN else "/sign-in"

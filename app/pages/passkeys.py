"""Passkeys: the browser asks for options, the device answers into a form, and the form is sent like any other.

What the device computes to open a vault is in that one form and stays in no page. A passkey that opens nothing still
shows who somebody is; the page then asks kindly for another way in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.deps import (
    freshly_proven_owner,
    leave_sample,
    optional_session,
    origin_of,
    services,
    set_locked_cookie,
)
from app.pages import signing, unlocking
from app.pages.draft import drop_draft, read_draft
from app.pages.forms import Form, Page, Submitted, refused
from app.pages.joining import PATHS, first_missing, page_of
from app.pages.proving import page_for, proven
from app.pages.recovery import FIRST, show_sheet
from app.pages.rendering import render
from app.pages.sign_ins import device_words
from app.pages.single_sign_on import link_who_waits
from app.pages.unlocking import Locked
from app.pages.visitors import Anyone, ProvenOwner, ProvenOwnerReader
from auth.devices import device_of
from auth.passkeys.errors import CannotOpen, PasskeyRefused
from auth.passkeys.passkeys import Entered
from vault.errors import NotFound, Unauthenticated, VaultError
from vault.health.strict_json import read_json

router = APIRouter()

COOKIE = "__Host-browser"
MAX_CREDENTIAL_CHARACTERS = 64 * 1024


@router.post("/passkeys/options/sign-in")
def sign_in_options(request: Request) -> Response:
    return _options(request, services(request).passkeys.sign_in_options)


@router.post("/passkeys/options/prove")
def prove_options(request: Request, session: Anyone) -> Response:
    return _options(request, lambda browser: services(request).passkeys.prove_options(session, browser))


@router.post("/passkeys/options/enrol")
def enrol_options(request: Request, _form: Submitted) -> Response:
    session = freshly_proven_owner(request)
    house = services(request)
    email = house.accounts.email(session.own_vault_id, session.account_id)
    return _options(request, lambda browser: house.passkeys.enrol_options(session, browser, email))


@router.post("/passkeys/options/sign-up")
def sign_up_options(request: Request) -> Response:
    email = read_draft(request).get("email", "")
    if not email:
        raise Unauthenticated
    return _options(request, lambda browser: services(request).passkeys.sign_up_options(browser, email))


@router.post("/sign-in/passkey")
def sign_in(request: Request, form: Submitted) -> Response:
    page = Page("sign-in.html", {"is_admin": bool(form.text("is_admin")), "again": False})
    try:
        entered = _enter(request, form)
    except VaultError as error:
        return refused(request, error, page, form)
    if entered.signed_in is None:
        return _to_unlock(entered)
    services(request).tidy(entered.signed_in.token, origin_of(request))
    return signing.enter(request, form, entered.signed_in)


@router.post("/unlock/passkey")
def unlock(request: Request, locked: Locked, form: Submitted) -> Response:
    try:
        entered = services(request).passkeys.sign_in(
            _browser(request), _credential(form), output=form.secret("output"), origin=origin_of(request), locked=locked
        )
    except VaultError as error:
        return refused(request, error, Page("unlock.html", unlocking.shown(request, locked)), form)
    if entered.signed_in is None:
        return _to_unlock(entered)
    return unlocking.unlocked(request, locked, entered.signed_in.token)


@router.post("/prove/passkey")
def prove(request: Request, session: Anyone, form: Submitted) -> Response:
    try:
        token = services(request).passkeys.prove(session, _browser(request), _credential(form), origin_of(request))
    except VaultError as error:
        return refused(request, error, page_for(request, session, form), form)
    return proven(request, form, token)


@router.post("/sign-up/passkey")
def create_vault(request: Request, form: Submitted) -> Response:
    """The last answer, by a passkey instead of a passphrase; its recovery code is in this one answer."""
    answers = read_draft(request)
    if missing := first_missing(answers):
        return RedirectResponse(PATHS[missing], 303)
    house, before = services(request), optional_session(request)
    try:
        first = house.passkeys.first_way(_browser(request), _credential(form), form.secret("output"))
        if first is None:
            raise CannotOpen
        made = house.accounts.create_citizen_with(
            answers["email"],
            answers["name"],
            answers["birth_date"],
            first.make_first,
            origin_of(request),
            then=first.then,
        )
    except VaultError as error:
        return refused(request, error, page_of("passphrase"), form)
    leave_sample(request, before)
    response = show_sheet(request, made.recovery_code, made.token, why=FIRST)
    link_who_waits(request, response, made.token)
    drop_draft(response)
    return response


@router.get("/account/ways-in/passkey")
def enrol_form(request: Request, _session: ProvenOwnerReader) -> Response:
    return render(request, "ways-in-passkey.html", **_enrolling(request))


@router.post("/account/ways-in/passkey")
def enrol(request: Request, session: ProvenOwner, form: Submitted) -> Response:
    try:
        opens = services(request).passkeys.enrol(
            session,
            _browser(request),
            _credential(form),
            output=form.secret("output"),
            name=form.text("name"),
            origin=origin_of(request),
        )
    except VaultError as error:
        return refused(request, error, Page("ways-in-passkey.html", _enrolling(request)), form)
    return RedirectResponse(f"/account/ways-in?done={'added' if opens else 'signs-in'}", 303)


@router.post("/account/ways-in/passkeys/{passkey_id}/remove")
def remove(request: Request, session: ProvenOwner, passkey_id: str) -> Response:
    """One that only signs in; those that open go as a way in."""
    services(request).passkeys.remove(session, _digest_of(passkey_id), origin_of(request))
    return RedirectResponse("/account/ways-in?done=removed-passkey", 303)


def _enter(request: Request, form: Form) -> Entered:
    return services(request).passkeys.sign_in(
        _browser(request), _credential(form), output=form.secret("output"), origin=origin_of(request)
    )


def _to_unlock(entered: Entered) -> Response:
    response = RedirectResponse("/unlock", 303)
    set_locked_cookie(response, entered.locked_token)
    return response


def _enrolling(request: Request) -> dict[str, Any]:
    return {"here": "/account", "device": device_words(device_of(origin_of(request)))}


def _digest_of(stated: str) -> bytes:
    try:
        return bytes.fromhex(stated)
    except ValueError:
        raise NotFound from None


def _credential(form: Form) -> dict[str, Any]:
    """What the browser sent; PasskeyRefused if it is no object. It is checked by whoever asked for it."""
    text = form.secret("credential")
    try:
        found = read_json(text.encode()) if len(text) <= MAX_CREDENTIAL_CHARACTERS else None
    except (VaultError, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict):
        raise PasskeyRefused
    return found


def _browser(request: Request) -> str:
    """The name that this browser was given with its challenge; PasskeyRefused if it has none."""
    name = request.cookies.get(COOKIE, "")
    if not name:
        raise PasskeyRefused
    return name


def _options(request: Request, make: Callable[[str], dict[str, Any]]) -> Response:
    name = request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
    response = JSONResponse(make(name))
    response.set_cookie(COOKIE, name, secure=True, httponly=True, samesite="strict", path="/")
    return response

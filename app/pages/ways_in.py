"""Ways in: what opens this vault, one by one; adding, naming, confirming and removing them.

Adding and removing asks for a fresh proof before the form is shown. A new recovery code is shown once, as a sheet.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.recovery import ADDED, show_sheet
from app.pages.rendering import render
from app.pages.visitors import Owner, ProvenOwner, ProvenOwnerReader
from app.texts import _
from auth.sessions import Session
from auth.ways_in import WayIn, own_ways
from vault.crypto.passphrases import make_suggestion
from vault.crypto.slots import SlotKind
from vault.errors import NotFound, VaultError
from vault.ids import SlotId, parse_id

router = APIRouter()

KINDS = {
    SlotKind.PASSPHRASE: _("Passphrase"),
    SlotKind.RECOVERY_CODE: _("Recovery code"),
    SlotKind.PASSKEY: _("Passkey"),
    SlotKind.CARER: _("Carer"),
    SlotKind.TRUSTED: _("Trusted person"),
}
DONE = {
    "added": _("Added. It opens your vault from now on."),
    "signs-in": _("This passkey signs you in. It does not open your vault, so keep another way in at hand."),
    "removed-passkey": _("Removed. It signs nobody in any more."),
    "named": _("The name is saved."),
    "kept": _("This recovery code counts from now on. Keep the sheet like a passport."),
    "removed": _("Removed. It opens nothing any more, and you are signed out everywhere else."),
    "back": _("You are back. Please look through this list: remove whatever you lost, such as a phone that is gone."),
}
_NEEDED = {"new_passphrase": _("Please choose a passphrase.")}
_GROUP = {"last_group": _("Please type the last four letters of the code.")}


@router.get("/account/ways-in")
def list_ways(request: Request, session: Owner, done: str = "") -> Response:
    ways = services(request).ways_in.list(session)
    own = own_ways(ways)
    others = [way for way in ways if way not in own]
    values: dict[str, Any] = {"own": own, "others": others, "kinds": KINDS, "done": DONE.get(done, "")}
    values["sign_in_only"] = [each for each in services(request).passkeys.list(session) if each.slot_id is None]
    return render(request, "ways-in.html", here="/account", **values)


@router.get("/account/ways-in/passphrase")
def passphrase_form(request: Request, _session: ProvenOwnerReader) -> Response:
    return render(request, "ways-in-passphrase.html", here="/account", suggestion=make_suggestion())


@router.post("/account/ways-in/passphrase")
def add_passphrase(request: Request, session: ProvenOwner, form: Submitted) -> Response:
    page = Page("ways-in-passphrase.html", {"here": "/account", "suggestion": make_suggestion()})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    try:
        services(request).ways_in.add_passphrase(
            session, form.secret("new_passphrase"), form.text("name"), origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/account/ways-in?done=added", 303)


@router.get("/account/ways-in/code")
def code_form(request: Request, _session: ProvenOwnerReader) -> Response:
    return render(request, "ways-in-code.html", here="/account")


@router.post("/account/ways-in/code")
def add_code(request: Request, session: ProvenOwner, form: Submitted) -> Response:
    try:
        made = services(request).ways_in.add_recovery_code(session, form.text("name"), origin_of(request))
    except VaultError as error:
        return refused(request, error, Page("ways-in-code.html", {"here": "/account"}), form)
    return show_sheet(request, made.code, why=ADDED)


@router.get("/account/ways-in/{way_id}")
def show_way(request: Request, session: Owner, way_id: str) -> Response:
    return render(request, "way-in.html", **_shown(request, session, way_id))


@router.post("/account/ways-in/{way_id}/name")
def rename(request: Request, session: Owner, form: Submitted, way_id: str) -> Response:
    page = Page("way-in.html", _shown(request, session, way_id))
    try:
        services(request).ways_in.rename(session, SlotId(parse_id(way_id)), form.text("name"))
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/account/ways-in?done=named", 303)


@router.post("/account/ways-in/{way_id}/confirm")
def confirm(request: Request, session: Owner, form: Submitted, way_id: str) -> Response:
    page = Page("way-in.html", _shown(request, session, way_id))
    if again := incomplete(request, form, page, _GROUP):
        return again
    try:
        services(request).ways_in.confirm_recovery_code(session, form.text("last_group"), SlotId(parse_id(way_id)))
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/account/ways-in?done=kept", 303)


@router.post("/account/ways-in/{way_id}/remove")
def remove(request: Request, session: ProvenOwner, form: Submitted, way_id: str) -> Response:
    page = Page("way-in.html", _shown(request, session, way_id))
    try:
        slot_id = SlotId(parse_id(way_id))
        then = services(request).passkeys.forgetting(session, slot_id)
        services(request).ways_in.remove(session, slot_id, origin_of(request), then=then)
    except VaultError as error:
        return refused(request, error, page, form)
    return RedirectResponse("/account/ways-in?done=removed", 303)


def _shown(request: Request, session: Session, way_id: str) -> dict[str, Any]:
    """NotFound for what is no way in of this person's own."""
    wanted = SlotId(parse_id(way_id))
    found: WayIn | None = next(
        (way for way in own_ways(services(request).ways_in.list(session)) if way.slot_id == wanted), None
    )
    if found is None:
        raise NotFound
    return {
        "here": "/account",
        "way": found,
        "kind": KINDS[found.kind],
        "is_code": found.kind is SlotKind.RECOVERY_CODE,
    }

"""New keys: for who lost a phone, or thinks that somebody may have the keys of the vault. Nothing else is lost."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services, set_session_cookie
from app.pages.forms import Page, Submitted, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from app.texts import _
from auth.rotations import CAN_BE_LOST
from auth.sessions import Session
from vault.crypto.slots import SlotKind
from vault.errors import Invalid, VaultError
from vault.ids import SlotId, parse_id

router = APIRouter()
KINDS: Final = {SlotKind.PASSKEY: _("Passkey"), SlotKind.PASSPHRASE: _("Passphrase")}


class NothingLost(Invalid):
    code = "nothing-lost"
    advice = _("Please tick what was lost. If nothing of it was, choose Change all keys below.")


@router.get("/new-keys")
def new_keys(request: Request, session: ProvenReader) -> Response:
    return render(request, "new-keys.html", **_shown(request, session))


@router.post("/new-keys")
def change_keys(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    """``what`` is ``lost``, with the ways in that are to open nothing any more, or ``keys``."""
    page = Page("new-keys.html", _shown(request, session), {"": "lost"})
    lost = [SlotId(parse_id(each)) for each in form.many("lost")]
    if form.text("what") == "lost" and not lost:
        return refused(request, NothingLost(field="lost"), page, form)
    try:
        renewed = services(request).rotations.renew(session, origin_of(request), lost)
    except VaultError as error:
        return refused(request, error, page, form)
    said = urlencode({"lost": int(bool(lost)), "later": int(not renewed.done)})
    response = RedirectResponse(f"/new-keys/done?{said}", 303)
    set_session_cookie(response, renewed.token)
    return response


@router.get("/new-keys/done")
def done(request: Request, session: Citizen, lost: bool = False, later: bool = False) -> Response:
    return render(request, "new-keys-done.html", here="/account", session=session, lost=lost, later=later)


def _shown(request: Request, session: Session) -> dict[str, Any]:
    ways = services(request).ways_in.list(session)
    return {"here": "/account", "ways": [way for way in ways if way.kind in CAN_BE_LOST], "kinds": KINDS}

"""Erase for good: one record, or everything. What goes and what stays is said first; the last question is plain.

Afterwards nobody is signed in any more: the certificate waits under an address that only its owner was given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, origin_of, services
from app.pages.forms import Page, Submitted, refused
from app.pages.rendering import render
from app.pages.visitors import ProvenCitizen, ProvenReader
from app.texts import _
from auth.sessions import Session
from vault.erasure.record import Erasable
from vault.errors import Invalid
from vault.ids import RecordId, parse_id

router = APIRouter()
WORD: Final = _("erase")


class WordMissing(Invalid):
    code = "word-missing"
    advice = _("Please type the word erase, if you are sure.")


@router.get("/erase")
def everything(request: Request, session: ProvenReader) -> Response:
    return render(request, "erase-everything.html", **_lost(request, session))


@router.post("/erase")
def erase_everything(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    if form.text("word").casefold() != WORD:
        page = Page("erase-everything.html", _lost(request, session))
        return refused(request, WordMissing(field="word"), page, form)
    address = services(request).vault_erasing(session).erase()
    response = RedirectResponse(f"/erased/{address}", 303)
    if session.acting is None:
        clear_session_cookie(response)
    return response


@router.get("/erase/{record_id}")
def one_record(request: Request, session: ProvenReader, record_id: str) -> Response:
    found, parts = RecordId(parse_id(record_id)), services(request)
    goes = parts.erasing(session, origin_of(request)).what_goes(found)
    grants = parts.grants(session, origin_of(request)).granted_to(found)
    days = parts.settings.key_backup_days
    shown = {"id": record_id, "goes": goes, "grants": grants, "days": days, **_sums(goes)}
    return render(request, "erase-record.html", here="/records", **shown)


@router.post("/erase/{record_id}")
def erase_record(request: Request, session: ProvenCitizen, record_id: str, _form: Submitted) -> Response:
    services(request).erasing(session, origin_of(request)).erase(RecordId(parse_id(record_id)))
    return RedirectResponse("/records?erased=1", 303)


@router.get("/erased/{address}")
def erased(request: Request, address: str) -> Response:
    standing = services(request).erasures.find(address)
    until = datetime.fromisoformat(standing.certificate["last_residue_until"]) if standing.certificate else None
    return render(request, "erased.html", person=None, standing=standing, address=address, until=until)


def _sums(goes: Erasable) -> dict[str, int]:
    return {
        "others": sum(each.others for each in goes.files),
        "doubtful": sum(each.doubtful for each in goes.files),
    }


def _lost(request: Request, session: Session) -> dict[str, Any]:
    house = services(request)
    living = house.grants(session, origin_of(request)).living()
    held = house.vault_erasing(session).held()
    return {"here": "/account", "lost": house.erasures.count(session.vault_id), "living": len(living), "held": held}

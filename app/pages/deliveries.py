"""Sent to you: who may put results into this vault while it is locked, and what arrived and needs an answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from app.texts import _
from auth.sessions import Session
from vault.deliveries.receipts import address_of
from vault.errors import VaultError
from vault.ids import DeliveryId, SenderId, parse_id

router = APIRouter()

DONE = {
    "added": _("It is among your records now."),
    "discarded": _("Thrown away. Nothing of it is kept."),
    "revoked": _("Taken back. Nothing arrives with that key any more; what arrived before stays."),
}
_NEEDED = {"name": _("Please say who gets this key.")}


@router.get("/deliveries")
def list_deliveries(request: Request, session: Citizen, done: str = "") -> Response:
    house, origin = services(request), origin_of(request)
    values: dict[str, Any] = {
        "kept": house.delivery_opening(session, origin).kept(),
        "senders": house.senders(session, origin).list(),
        "address": address_of(house.settings.public_url, session.vault_id),
        "done": DONE.get(done, ""),
    }
    return render(request, "deliveries.html", here="/add", **values)


@router.get("/deliveries/new")
def new_form(request: Request, _session: ProvenReader) -> Response:
    return render(request, "delivery-new.html", here="/add")


@router.post("/deliveries/new")
def issue(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    page = Page("delivery-new.html", {"here": "/add"})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    house = services(request)
    try:
        made = house.senders(session, origin_of(request)).issue(form.text("name"), form.text("lab_key"))
    except VaultError as error:
        return refused(request, error, page, form)
    return render(request, "delivery-key.html", **_made(request, session, made.name, made.key))


@router.post("/deliveries/senders/{sender_id}/revoke")
def revoke(request: Request, session: Citizen, sender_id: str) -> Response:
    services(request).senders(session, origin_of(request)).revoke(SenderId(parse_id(sender_id)))
    return RedirectResponse("/deliveries?done=revoked", 303)


@router.post("/deliveries/{delivery_id}/answer")
def answer(request: Request, session: Citizen, form: Submitted, delivery_id: str) -> Response:
    opening = services(request).delivery_opening(session, origin_of(request))
    opening.answer(DeliveryId(parse_id(delivery_id)), form.text("whose"))
    return RedirectResponse("/deliveries?done=added", 303)


@router.post("/deliveries/{delivery_id}/discard")
def discard(request: Request, session: Citizen, delivery_id: str) -> Response:
    services(request).delivery_opening(session, origin_of(request)).discard(DeliveryId(parse_id(delivery_id)))
    return RedirectResponse("/deliveries?done=discarded", 303)


def _made(request: Request, session: Session, name: str, key: str) -> dict[str, Any]:
    address = address_of(services(request).settings.public_url, session.vault_id)
    return {"here": "/add", "name": name, "key": key, "address": address}

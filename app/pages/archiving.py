"""Take everything home: one sealed file, which the recovery sheet opens without this service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.deps import origin_of, services
from app.pages.forms import Submitted
from app.pages.rendering import render
from app.pages.visitors import ProvenCitizen, ProvenReader
from app.takeout import send_archive

router = APIRouter()


@router.get("/archive")
def about(request: Request, session: ProvenReader) -> Response:
    return render(request, "archive.html", here="/account", records=services(request).erasures.count(session.vault_id))


@router.post("/archive")
def take(request: Request, session: ProvenCitizen, _form: Submitted) -> Response:
    house = services(request)
    archiving = house.archiving(session, origin_of(request))
    return send_archive(archiving, house.settings.public_url, house.clock.now())

"""Shares given: the list, one share with its link, QR and receipt, and *Stop sharing*."""

from __future__ import annotations

import io
import json
from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.rendering import render
from app.pages.visitors import Citizen
from auth.sessions import Session
from sharing.grants.grants import GrantView
from vault.errors import NotFound
from vault.ids import GrantId, parse_id
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


@router.get("/shares")
def list_shares(
    request: Request, session: Citizen, after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None
) -> Response:
    page = services(request).grants(session, origin_of(request)).list(PAGE_ROWS, after)
    active = [grant for grant in page.items if str(grant.state) == "active"]
    ended = [grant for grant in page.items if str(grant.state) != "active"]
    return render(request, "shares.html", here="/shares", active=active, ended=ended, page=page, after=after)


@router.get("/shares/{grant_id}")
def show_share(
    request: Request, session: Citizen, grant_id: str, given: bool = False, stopped: bool = False
) -> Response:
    view = _view(request, session, grant_id)
    host = urlsplit(services(request).settings.public_url).hostname or ""
    is_local = host == "localhost" or host.startswith("127.") or host == "::1"
    return render(
        request, "share-given.html", here="/shares", view=view, given=given, stopped=stopped, is_local=is_local
    )


@router.get("/shares/{grant_id}/qr.svg")
def show_qr(request: Request, session: Citizen, grant_id: str) -> Response:
    """The link as a QR code, level M; a route of its own because pages may hold no data: images."""
    view = _view(request, session, grant_id)
    if view.link is None:
        raise NotFound
    drawing = io.BytesIO()
    segno.make(view.link, error="m", boost_error=False, micro=False).save(
        drawing, kind="svg", scale=4, border=4, dark="#000000", light="#ffffff", xmldecl=False
    )
    return Response(drawing.getvalue(), media_type="image/svg+xml")


@router.get("/shares/{grant_id}/receipt")
def show_receipt(request: Request, session: Citizen, grant_id: str) -> Response:
    view = _view(request, session, grant_id)
    written = json.dumps(view.receipt, indent=2, ensure_ascii=False)
    return render(request, "receipt.html", here="/shares", view=view, written=written)


@router.get("/shares/{grant_id}/receipt.json")
def save_receipt(request: Request, session: Citizen, grant_id: str) -> Response:
    view = _view(request, session, grant_id)
    body = json.dumps(view.receipt, ensure_ascii=False).encode()
    headers = {"Content-Disposition": 'attachment; filename="receipt.json"'}
    return Response(body, media_type="application/json", headers=headers)


@router.post("/shares/{grant_id}/stop")
def stop_sharing(request: Request, session: Citizen, grant_id: str) -> Response:
    services(request).grants(session, origin_of(request)).withdraw(GrantId(parse_id(grant_id)))
    return RedirectResponse(f"/shares/{grant_id}?stopped=1", 303)


@router.post("/shares/{grant_id}/allow-tries")
def allow_tries(request: Request, session: Citizen, grant_id: str) -> Response:
    """Ten fresh tries for a link that too many wrong passcodes locked."""
    services(request).grants(session, origin_of(request)).rearm(GrantId(parse_id(grant_id)))
    return RedirectResponse(f"/shares/{grant_id}", 303)


def _view(request: Request, session: Session, grant_id: str) -> GrantView:
    return services(request).grants(session, origin_of(request)).get(GrantId(parse_id(grant_id)))

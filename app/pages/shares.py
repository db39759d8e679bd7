"""Shares given: the list, one share with its link, QR and receipt, and *Stop sharing*."""

from __future__ import annotations

import io
import json
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.reach import reach_of
from app.pages.rendering import render
from app.pages.share_words import what_words
from app.pages.visitors import Citizen, ProvenCitizen
from auth.sessions import Session
from sharing.grants.views import GrantView
from vault.errors import NotFound
from vault.ids import GrantId, parse_id
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


@router.get("/shares")
def list_shares(
    request: Request,
    session: Citizen,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None,
    nothing: bool = False,
) -> Response:
    grants = services(request).grants(session, origin_of(request))
    page = grants.ended(PAGE_ROWS, after)
    return render(
        request,
        "shares.html",
        here="/shares",
        active=() if after else grants.living(),
        ended=page.items,
        page=page,
        after=after,
        nothing=nothing,
        what=what_words,
    )


@router.get("/shares/{grant_id}")
def show_share(request: Request, session: Citizen, grant_id: str, stopped: bool = False) -> Response:
    return _share_page(request, session, GrantId(parse_id(grant_id)), stopped=stopped)


def given_page(request: Request, session: Session, grant_id: GrantId, passcode: str) -> Response:
    """The share just given, with its passcode: the only page that shows it after the grant."""
    return _share_page(request, session, grant_id, given=True, passcode=passcode)


def _share_page(
    request: Request,
    session: Session,
    grant_id: GrantId,
    *,
    given: bool = False,
    stopped: bool = False,
    passcode: str = "",
) -> Response:
    view = services(request).grants(session, origin_of(request)).get(grant_id)
    return render(
        request,
        "share-given.html",
        here="/shares",
        view=view,
        given=given,
        stopped=stopped,
        passcode=passcode,
        reach=reach_of(services(request).settings.public_url),
        what=what_words,
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
    return render(request, "receipt.html", here="/shares", view=view, signed=view.receipt, written=written)


@router.get("/shares/{grant_id}/receipt.json")
def save_receipt(request: Request, session: Citizen, grant_id: str) -> Response:
    return _saved(_view(request, session, grant_id).receipt, "receipt.json")


@router.get("/shares/{grant_id}/receipt-of-the-end.json")
def save_end_receipt(request: Request, session: Citizen, grant_id: str) -> Response:
    return _saved(_view(request, session, grant_id).end_receipt, "receipt-of-the-end.json")


def _saved(receipt: dict[str, Any] | None, filename: str) -> Response:
    """NotFound where there is none (yet)."""
    if receipt is None:
        raise NotFound
    body = json.dumps(receipt, ensure_ascii=False).encode()
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(body, media_type="application/json", headers=headers)


@router.post("/shares/{grant_id}/stop")
def stop_sharing(request: Request, session: Citizen, grant_id: str) -> Response:
    services(request).grants(session, origin_of(request)).withdraw(GrantId(parse_id(grant_id)))
    return RedirectResponse(f"/shares/{grant_id}?stopped=1", 303)


@router.post("/shares/{grant_id}/allow-tries")
def allow_tries(request: Request, session: ProvenCitizen, grant_id: str) -> Response:
    """Ten fresh tries for a link that too many wrong passcodes locked."""
    services(request).grants(session, origin_of(request)).rearm(GrantId(parse_id(grant_id)))
    return RedirectResponse(f"/shares/{grant_id}", 303)


def _view(request: Request, session: Session, grant_id: str) -> GrantView:
    return services(request).grants(session, origin_of(request)).get(GrantId(parse_id(grant_id)))

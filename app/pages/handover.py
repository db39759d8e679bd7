"""Hand over to this screen: the page on the doctor's computer, and the citizen's pages on the phone.

``/open`` needs JavaScript, because its key must never leave that browser; the phone's pages don't. A code stands in no
address that this server sees but that of its own QR, which is asked for by the page that shows the code.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import segno
from anyio import sleep
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from app import refusals
from app.deps import optional_session, origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, confirmed_citizen
from app.texts import _
from auth.sessions import Session
from sharing.grants.views import GrantRow
from sharing.handover.codes import read_code
from sharing.handover.giving import Claimed, Giving
from sharing.handover.requests import HandoverGone, NotReady, ShareNotActive
from vault.errors import NotFound, VaultError
from vault.ids import GrantId, parse_id, text_of

router = APIRouter()
WAIT_SECONDS, LOOK_EVERY_SECONDS = 4.0, 0.4


@router.get("/open")
def open_here(request: Request) -> Response:
    """The doctor's screen; it knows no account."""
    return render(request, "open.html", person=None, address=_address(request, "/hand-over"))


@router.get("/open/qr.svg")
def show_code_qr(request: Request, code: str) -> Response:
    """Where to type the code, with the code behind the ``#``: a phone's camera opens it."""
    if read_code(code) != code:
        raise NotFound
    drawing = io.BytesIO()
    address = f"{services(request).settings.public_url}/hand-over#{code}"
    segno.make(address, error="m", boost_error=False, micro=False).save(
        drawing, kind="svg", scale=6, border=4, dark="#000000", light="#ffffff", xmldecl=False
    )
    return Response(drawing.getvalue(), media_type="image/svg+xml")


@router.get("/hand-over")
def start(request: Request) -> Response:
    if optional_session(request) is None:
        return render(request, "hand-over-sign-in.html", person=None)
    session = confirmed_citizen(request)
    return render(request, "hand-over.html", **_start_values(request, session))


@router.get("/shares/{grant_id}/hand-over")
def start_with(request: Request, session: Citizen, grant_id: str) -> Response:
    row = services(request).grants(session, origin_of(request)).get(GrantId(parse_id(grant_id))).row
    return render(request, "hand-over.html", **_start_values(request, session, row))


@router.post("/hand-over")
def claim(request: Request, session: Citizen, form: Submitted) -> Response:
    house, origin = services(request), origin_of(request)
    page = Page("hand-over.html", _start_values(request, session, _began_at(request, session, form)), {"": "code"})
    needed = {"code": _("Please type the code that the other screen shows.")}
    if again := incomplete(request, form, page, needed | {"share": _("Please choose what to hand over.")}):
        return again
    try:
        view = house.grants(session, origin).get(GrantId(parse_id(form.text("share"))))
        claimed = house.giving(session, origin).claim(form.text("code"), view)
    except VaultError as error:
        field = "share" if isinstance(error, ShareNotActive) else "code"
        return refused(request, error, Page(page.template, page.values, {"": field}), form)
    return RedirectResponse(f"/hand-over/{text_of(claimed.handover_id)}", 303)


@router.get("/hand-over/{handover_id}")
async def compare(request: Request, session: Citizen, handover_id: str) -> Response:
    """The digits. The other screen needs a moment; this waits some seconds for it, holding no thread."""
    giving = services(request).giving(session, origin_of(request))
    waited = 0.0
    while True:
        try:
            claimed = await run_in_threadpool(_look, giving, handover_id)
        except HandoverGone as gone:
            return await run_in_threadpool(_over, request, gone)
        if claimed.state != "claimed" or waited >= WAIT_SECONDS:
            return await run_in_threadpool(_show, request, session, claimed)
        waited += LOOK_EVERY_SECONDS
        await sleep(LOOK_EVERY_SECONDS)


@router.post("/hand-over/{handover_id}/give")
def give(request: Request, session: Citizen, handover_id: str, form: Submitted) -> Response:
    house, origin = services(request), origin_of(request)
    giving = house.giving(session, origin)
    try:
        claimed = _look(giving, handover_id)
        view = house.grants(session, origin).get(claimed.grant_id)
        giving.give(claimed.handover_id, view, with_passcode=form.text("passcode-too") == "yes")
    except (HandoverGone, ShareNotActive) as error:
        return _over(request, error)
    except NotReady:
        return RedirectResponse(f"/hand-over/{handover_id}", 303)
    return RedirectResponse(f"/hand-over/{handover_id}", 303)


@router.post("/hand-over/{handover_id}/stop")
def stop(request: Request, session: Citizen, handover_id: str) -> Response:
    giving = services(request).giving(session, origin_of(request))
    with suppress(HandoverGone):  # Over already, which is what was wanted.
        giving.stop(_look(giving, handover_id).handover_id)
    return render(request, "hand-over-digits.html", here="/shares", state="stopped", claimed=None, view=None)


def _look(giving: Giving, handover_id: str) -> Claimed:
    try:
        return giving.look(parse_id(handover_id))
    except HandoverGone:
        raise
    except NotFound:
        raise HandoverGone from None


def _show(request: Request, session: Session, claimed: Claimed) -> Response:
    view = services(request).grants(session, origin_of(request)).get(claimed.grant_id)
    values = {"state": claimed.state.value, "claimed": claimed, "view": view}
    return render(request, "hand-over-digits.html", here="/shares", **values)


def _over(request: Request, error: VaultError) -> Response:
    refusals.record(request, error)
    status = 409 if isinstance(error, ShareNotActive) else 404
    return render(request, "hand-over-digits.html", status, here="/shares", state="over", claimed=None, view=None)


def _began_at(request: Request, session: Session, form: Form) -> GrantRow | None:
    """The working share from whose page the citizen came; None if they picked one from the list."""
    if form.text("from-share") != "yes":
        return None
    with suppress(VaultError):
        row = services(request).grants(session, origin_of(request)).get(GrantId(parse_id(form.text("share")))).row
        return row if str(row.state) == "active" else None
    return None


def _start_values(request: Request, session: Session, row: GrantRow | None = None) -> dict[str, Any]:
    """``row``: the share it is about; else the citizen picks one of those that work."""
    if row is None:
        living = services(request).grants(session, origin_of(request)).living()
        active = [each for each in living if str(each.state) == "active"]
    else:
        active = [row] if str(row.state) == "active" else []
    return {"here": "/shares", "active": active, "row": row, "address": _address(request, "/open")}


def _address(request: Request, path: str) -> str:
    """As people type it: without the scheme."""
    return services(request).settings.public_url.partition("://")[2] + path

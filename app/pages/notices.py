"""Notices: what happened to your shares since you last looked; how they reach you; freezing and letting go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Submitted
from app.pages.looks import consents_of, told
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from vault.errors import NotFound
from vault.ids import GrantId, NoticeId, parse_id, text_of
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 30
BACK = {"notices": "/notices", "who-looked": "/who-looked"}


@router.get("/notices")
def notices(
    request: Request,
    session: Citizen,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None,
    frozen: bool = False,
    seen: bool = False,
) -> Response:
    house = services(request)
    page = house.notices(session).page(PAGE_ROWS, after)
    values = {"page": page, "items": told(house, session, page.items), "frozen": frozen, "seen": seen}
    return render(request, "notices.html", here="/notices", **values)


@router.post("/notices/seen")
def all_seen(request: Request, session: Citizen) -> Response:
    services(request).notices(session).mark_seen()
    return RedirectResponse("/notices?seen=1", 303)


@router.post("/notices/{notice_id}/seen")
def one_seen(request: Request, session: Citizen, notice_id: str) -> Response:
    services(request).notices(session).mark_seen([NoticeId(parse_id(notice_id))])
    return RedirectResponse("/notices", 303)


@router.post("/notices/{notice_id}/again")
def again(request: Request, session: Citizen, notice_id: str, form: Submitted) -> Response:
    """Somebody asks for a new link, and is to have one: the same share, to be looked at and allowed once more."""
    grant_id = GrantId(parse_id(form.text("share")))
    services(request).notices(session).mark_seen([NoticeId(parse_id(notice_id))])
    return RedirectResponse(f"/shares/{text_of(grant_id)}/again", 303)


@router.post("/shares/{grant_id}/freeze")
def freeze(request: Request, session: Citizen, grant_id: str, form: Submitted) -> Response:
    """*I don't recognise this*: one tap, at once."""
    services(request).freezing(session, origin_of(request)).freeze(GrantId(parse_id(grant_id)))
    if notice_id := form.text("notice"):
        services(request).notices(session).mark_seen([NoticeId(parse_id(notice_id))])
    return RedirectResponse(BACK.get(form.text("back"), f"/shares/{grant_id}") + "?frozen=1", 303)


@router.get("/shares/{grant_id}/unfreeze")
def unfreeze_form(request: Request, session: ProvenReader, grant_id: str) -> Response:
    wanted = GrantId(parse_id(grant_id))
    consent = consents_of(services(request), session, [wanted]).get(wanted)
    if consent is None:
        raise NotFound
    return render(request, "unfreeze.html", here="/shares", consent=consent, grant_id=wanted)


@router.post("/shares/{grant_id}/unfreeze")
def unfreeze(request: Request, session: ProvenCitizen, grant_id: str) -> Response:
    services(request).freezing(session, origin_of(request)).unfreeze(GrantId(parse_id(grant_id)))
    return RedirectResponse(f"/shares/{grant_id}", 303)


@router.get("/account/notices")
def choice(request: Request, session: Citizen, saved: bool = False) -> Response:
    house = services(request)
    by_mail = house.mailboxes.wants_mail(session)
    values = {"by_mail": by_mail, "can_mail": house.can_mail, "saved": saved}
    return render(request, "notice-choice.html", here="/account", **values)


@router.post("/account/notices")
def choose(request: Request, session: Citizen, form: Submitted) -> Response:
    services(request).mailboxes.choose(session, form.text("notices") == "by-mail", origin_of(request))
    return RedirectResponse("/account/notices?saved=1", 303)

"""Notices, seen or not; how they reach the citizen; freezing a share that they don't recognise."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Id, Limit, answer_json, instant, nothing, operation
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from auth.sessions import Session
from sharing.notices import Notice
from vault.ids import GrantId, NoticeId, parse_id, text_of

router = APIRouter(tags=["Notices"], prefix="/api")
Citizen = Annotated[Session, Depends(citizen_session)]
Proven = Annotated[Session, Depends(freshly_proven_citizen)]


class NoticeShown(BaseModel):
    """``entry_id`` is the log's entry, which says who it was. ``seen_at`` null: not seen yet."""

    notice_id: str
    kind: str
    grant_id: str | None
    entry_id: str | None
    at: str
    seen_at: str | None


class NoticePage(BaseModel):
    """``unseen`` counts all, not this page's."""

    items: list[NoticeShown]
    next: str | None
    unseen: int


class SeenBody(WireModel):
    """``notice_ids`` null or absent: all of them."""

    notice_ids: list[str] | None = None


class ChoiceBody(WireModel):
    by_mail: bool


class Choice(BaseModel):
    """``can_mail``: whether this vault has a mail server."""

    by_mail: bool
    can_mail: bool


class GrantState(BaseModel):
    state: str


@router.get("/notices", **operation("Notices, newest first", model=NoticePage, refuses=(403,)))
def read_notices(request: Request, session: Citizen, limit: Limit = FIRST_LIMIT, after: After = None) -> Response:
    notices = services(request).notices(session)
    page = notices.page(limit, after)
    body = {"items": [show_notice(each) for each in page.items], "next": page.next, "unseen": notices.unseen()}
    return answer_json(body)


@router.post("/notices/seen", **operation("Mark notices as seen", status=204, body=SeenBody, refuses=(403, 404)))
def mark_seen(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    stated = read_wire(raw, SeenBody).notice_ids
    chosen = None if stated is None else [NoticeId(parse_id(each)) for each in stated]
    services(request).notices(session).mark_seen(chosen)
    return nothing()


@router.get("/account/notices", **operation("How notices arrive", model=Choice, refuses=(403,)))
def read_choice(request: Request, session: Citizen) -> Response:
    house = services(request)
    return answer_json({"by_mail": house.mailboxes.wants_mail(session), "can_mail": house.can_mail})


@router.put(
    "/account/notices",
    **operation("Choose how notices arrive", status=204, body=ChoiceBody, refuses=(403,)),
)
def choose(request: Request, session: Citizen, raw: JsonBytes) -> Response:
    services(request).mailboxes.choose(session, read_wire(raw, ChoiceBody).by_mail, origin_of(request))
    return nothing()


@router.post(
    "/grants/{grant_id}/freeze",
    **operation("Freeze a share that somebody unknown used", model=GrantState, refuses=(403, 404)),
)
def freeze(request: Request, session: Citizen, grant_id: Id) -> Response:
    freezing = services(request).freezing(session, origin_of(request))
    return answer_json({"state": freezing.freeze(GrantId(parse_id(grant_id)))})


@router.post("/grants/{grant_id}/unfreeze", **operation("Let it work again", model=GrantState, refuses=(403, 404)))
def unfreeze(request: Request, session: Proven, grant_id: Id) -> Response:
    freezing = services(request).freezing(session, origin_of(request))
    return answer_json({"state": freezing.unfreeze(GrantId(parse_id(grant_id)))})


def show_notice(notice: Notice) -> dict[str, Any]:
    return {
        "notice_id": text_of(notice.notice_id),
        "kind": notice.kind,
        "grant_id": text_of(notice.grant_id) if notice.grant_id else None,
        "entry_id": text_of(notice.entry_id) if notice.entry_id else None,
        "at": instant(notice.at),
        "seen_at": instant(notice.seen_at) if notice.seen_at else None,
    }

"""The admin's access log: public parts and pseudonyms, never health data. The look itself is logged first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Limit, answer_page, instant, operation
from app.deps import admin_session, origin_of, services
from app.errors import BadValue
from auth.sessions import Session
from vault.audit.events import Event, Outcome
from vault.audit.reading import AdminFilters, PublicLine
from vault.errors import NotFound
from vault.ids import GrantId, Pseudonym, parse_id, text_of

router = APIRouter(tags=["Admin"], prefix="/api/admin")


class PublicLineShown(BaseModel):
    """``citizen`` and ``actor`` are pseudonyms; zeros stand for nobody."""

    entry_id: str
    at: str
    event: str
    outcome: str
    reason: str
    grant_id: str | None
    count: int
    citizen: str
    actor: str


class PublicPage(BaseModel):
    items: list[PublicLineShown]
    next: str | None


@router.get("/log", **operation("The access log, newest first", model=PublicPage, refuses=(403,)))
def read_admin_log(  # noqa: PLR0917  (one parameter a filter)
    request: Request,
    session: Annotated[Session, Depends(admin_session)],
    event: Annotated[Event | None, Query(description="Only this event.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only this outcome.")] = None,
    grant: Annotated[str | None, Query(description="Only this grant.")] = None,
    citizen: Annotated[str | None, Query(description="Only this pseudonym; that citizen sees the look.")] = None,
    from_: Annotated[str | None, Query(alias="from", description="From this moment on.")] = None,
    until: Annotated[str | None, Query(description="Before this moment.")] = None,
    limit: Limit = FIRST_LIMIT,
    after: After = None,
) -> Response:
    filters = AdminFilters(
        event=event,
        outcome=outcome,
        grant_id=GrantId(_id(grant, "grant")) if grant else None,
        pseudonym=Pseudonym(_id(citizen, "citizen")) if citizen else None,
        since=_moment(from_, "from"),
        until=_moment(until, "until"),
    )
    page = services(request).admin_log(session, origin_of(request)).page(filters, limit, after)
    return answer_page(page, show_public_line)


def show_public_line(line: PublicLine) -> dict[str, Any]:
    return {
        "entry_id": text_of(line.entry_id),
        "at": instant(line.at),
        "event": str(line.event),
        "outcome": str(line.outcome),
        "reason": line.reason,
        "grant_id": text_of(line.grant_id) if line.grant_id else None,
        "count": line.count,
        "citizen": text_of(line.pseudonym),
        "actor": text_of(line.actor),
    }


def _id(text: str, field: str) -> bytes:
    try:
        return parse_id(text)
    except NotFound:
        raise BadValue(field=field) from None


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise BadValue("Give date, time and offset, for example 2026-03-08T12:00:00Z.", field)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # At either end of the calendar an offset leads out of it.
        raise BadValue(field=field) from None

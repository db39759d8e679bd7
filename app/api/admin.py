"""The admin's access log: public parts and pseudonyms, never health data. A look or a copy is logged first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Limit, answer_page, operation
from app.deps import admin_session, freshly_proven_admin, origin_of, services
from app.errors import BadValue
from auth.sessions import Session
from vault.audit.admin_log import AdminFilters
from vault.audit.copies import FORMATS, as_json
from vault.audit.events import Event, Outcome
from vault.errors import NotFound
from vault.ids import GrantId, Pseudonym, parse_id

router = APIRouter(tags=["Admin"], prefix="/api/admin")


class PublicLineShown(BaseModel):
    """``citizen`` and ``actor`` are pseudonyms; zeros stand for nobody. ``leaf``: the entry's bytes in base64url."""

    entry_id: str
    at: str
    event: str
    outcome: str
    reason: str
    role: str
    grant_id: str | None
    grant_version: int
    count: int
    citizen: str
    actor: str
    leaf: str


class PublicPage(BaseModel):
    items: list[PublicLineShown]
    next: str | None


def wanted_lines(
    *,
    event: Annotated[Event | None, Query(description="Only this event.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only this outcome.")] = None,
    grant: Annotated[str | None, Query(description="Only this grant.")] = None,
    citizen: Annotated[str | None, Query(description="Only this pseudonym; that citizen sees the look.")] = None,
    from_: Annotated[str | None, Query(alias="from", description="From this moment on.")] = None,
    until: Annotated[str | None, Query(description="Before this moment.")] = None,
) -> AdminFilters:
    return AdminFilters(
        event=event,
        outcome=outcome,
        grant_id=GrantId(_id(grant, "grant")) if grant else None,
        pseudonym=Pseudonym(_id(citizen, "citizen")) if citizen else None,
        since=_moment(from_, "from"),
        until=_moment(until, "until"),
    )


Admin = Annotated[Session, Depends(admin_session)]
Wanted = Annotated[AdminFilters, Depends(wanted_lines)]


@router.get("/log", **operation("The access log, newest first", model=PublicPage, refuses=(403,)))
def read_admin_log(
    request: Request, session: Admin, wanted: Wanted, limit: Limit = FIRST_LIMIT, after: After = None
) -> Response:
    page = services(request).admin_log(session, origin_of(request)).page(wanted, limit, after)
    return answer_page(page, as_json)


@router.get("/acts", **operation("What admins did, newest first", model=PublicPage, refuses=(403,)))
def read_admins_acts(request: Request, session: Admin, limit: Limit = FIRST_LIMIT, after: After = None) -> Response:
    parts = services(request)
    page = parts.admin_log(session, origin_of(request)).acts(parts.accounts.admins(), limit, after)
    return answer_page(page, as_json)


_COPIES = {media.partition(";")[0]: {"schema": {"type": "string"}} for _, media in FORMATS.values()}


@router.get(
    "/log/copy",
    **operation("A copy of the log as a file; at most 100,000 entries", content=_COPIES, refuses=(403,)),
)
def copy_admin_log(
    request: Request,
    session: Annotated[Session, Depends(freshly_proven_admin)],
    wanted: Wanted,
    format_: Annotated[Literal["csv", "ndjson"], Query(alias="format", description="Kind of file.")] = "ndjson",
) -> Response:
    write, media = FORMATS[format_]
    data = services(request).admin_log(session, origin_of(request)).copy(wanted, write)
    name = f'attachment; filename="access-log.{format_}"'
    return Response(data, media_type=media, headers={"Content-Disposition": name})


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

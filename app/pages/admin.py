"""The administrator's access log: public parts and pseudonyms, filters in the address, never health data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.deps import origin_of, services
from app.pages.rendering import render
from app.pages.visitors import Admin
from vault.audit.events import Event, Outcome
from vault.audit.reading import AdminFilters
from vault.errors import Invalid, NotFound
from vault.ids import GrantId, Pseudonym, parse_id, text_of
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


class BadFilter(Invalid):
    code = "bad-filter"
    advice = "This filter is not one the log knows."


@router.get("/admin/log")
def admin_log(
    request: Request,
    session: Admin,
    *,
    event: str = "",
    outcome: str = "",
    grant: str = "",
    citizen: str = "",
    since: Annotated[str, Query(alias="from")] = "",
    until: str = "",
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None,
) -> Response:
    given = {"event": event, "outcome": outcome, "grant": grant, "citizen": citizen, "from": since, "until": until}
    frame = {
        "here": "/admin/log",
        "events": list(Event),
        "outcomes": list(Outcome),
        "nobody": text_of(Pseudonym(bytes(16))),
        "typed": {name: (value,) for name, value in given.items()},
        "query": urlencode({name: value for name, value in given.items() if value}),
    }
    try:
        filters = _filters(given)
    except Invalid as error:
        return render(request, "admin-log.html", 422, faults={error.field or "": error.advice}, page=None, **frame)
    page = services(request).admin_log(session, origin_of(request)).page(filters, PAGE_ROWS, after)
    return render(request, "admin-log.html", page=page, **frame)


def _filters(given: Mapping[str, str]) -> AdminFilters:
    """Days are whole days in UTC; *until* includes its day. Raises Invalid naming the field."""
    try:
        event = Event(given["event"]) if given["event"] else None
        outcome = Outcome(given["outcome"]) if given["outcome"] else None
    except ValueError:
        raise BadFilter(field="event") from None
    grant, citizen = _id(given, "grant"), _id(given, "citizen")
    since, until = _day(given, "from", timedelta(0)), _day(given, "until", timedelta(days=1))
    if since and until and until <= since:
        raise BadFilter("This day is before the first one.", "until")
    return AdminFilters(
        event=event,
        outcome=outcome,
        grant_id=GrantId(grant) if grant else None,
        pseudonym=Pseudonym(citizen) if citizen else None,
        since=since,
        until=until,
    )


def _id(given: Mapping[str, str], name: str) -> bytes | None:
    try:
        return parse_id(given[name].strip()) if given[name].strip() else None
    except NotFound:
        raise BadFilter("Please enter the whole id, as the log shows it.", name) from None


def _day(given: Mapping[str, str], name: str, shift: timedelta) -> datetime | None:
    if not given[name]:
        return None
    try:
        return datetime.strptime(given[name], "%Y-%m-%d").replace(tzinfo=UTC) + shift
    except (ValueError, OverflowError):
        raise BadFilter("Please enter a real day.", name) from None

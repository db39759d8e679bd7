"""The administrator's access log: public parts and pseudonyms, filters in the address, never health data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from app.deps import origin_of, services
from app.pages.forms import Submitted
from app.pages.rendering import render
from app.pages.visitors import Admin, ProvenAdmin
from app.texts import _
from vault.audit.admin_log import AdminFilters
from vault.audit.copies import FORMATS
from vault.audit.events import Event, Outcome
from vault.audit.leaf import decode_leaf, derive_leaf_hash
from vault.audit.lines import PublicLine
from vault.errors import Invalid, NotFound
from vault.ids import GrantId, Pseudonym, parse_id, text_of
from vault.paging import MAX_CURSOR_CHARACTERS, Page

router = APIRouter()
PAGE_ROWS = 50


class BadFilter(Invalid):
    code = "bad-filter"
    advice = "This filter is not one the log knows."


@dataclass(frozen=True, slots=True)
class Typed:
    """The filters as the address says them."""

    event: str = ""
    outcome: str = ""
    grant: str = ""
    citizen: str = ""
    since: Annotated[str, Query(alias="from")] = ""
    until: str = ""

    def given(self) -> dict[str, str]:
        return {
            "event": self.event,
            "outcome": self.outcome,
            "grant": self.grant,
            "citizen": self.citizen,
            "from": self.since,
            "until": self.until,
        }


Filters = Annotated[Typed, Depends()]
After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)]


@router.get("/admin/log")
def admin_log(request: Request, session: Admin, typed: Filters, after: After = None) -> Response:
    given = typed.given()
    try:
        page = services(request).admin_log(session, origin_of(request)).page(_filters(given), PAGE_ROWS, after)
    except Invalid as error:
        return _log_page(request, given, error)
    return _log_page(request, given, page=page)


@router.post("/admin/log/copy")
def copy_log(request: Request, session: ProvenAdmin, typed: Filters, form: Submitted) -> Response:
    """A file of what the filters show. It is a POST, so that no reading ahead of a browser takes a copy."""
    given = typed.given()
    kind = form.text("format")
    try:
        if kind not in FORMATS:
            raise BadFilter
        write, media = FORMATS[kind]
        data = services(request).admin_log(session, origin_of(request)).copy(_filters(given), write)
    except Invalid as error:
        return _log_page(request, given, error)
    name = f'attachment; filename="access-log.{kind}"'
    return Response(data, media_type=media, headers={"Content-Disposition": name, "Cache-Control": "no-store"})


@router.get("/admin/acts")
def admins_acts(request: Request, session: Admin, after: After = None) -> Response:
    parts = services(request)
    page = parts.admin_log(session, origin_of(request)).acts(parts.accounts.admins(), PAGE_ROWS, after)
    return render(request, "admin-acts.html", here="/admin/acts", page=page, me=session.trail.actor, raw=raw)


def _log_page(
    request: Request, given: Mapping[str, str], error: Invalid | None = None, page: Page[PublicLine] | None = None
) -> Response:
    return render(
        request,
        "admin-log.html",
        422 if error else 200,
        here="/admin/log",
        page=page,
        faults={error.field or "": error.advice} if error else {},
        events=list(Event),
        outcomes=list(Outcome),
        formats=FORMATS,
        typed={name: (value,) for name, value in given.items()},
        query=urlencode({name: value for name, value in given.items() if value}),
        raw=raw,
    )


def raw(line: PublicLine) -> dict[str, str]:
    """The entry as it is stored: what its bytes say, their hash in the tree (RFC 6962), and the bytes."""
    leaf = decode_leaf(line.leaf)
    return {
        "time": line.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "entry": text_of(leaf.entry_id),
        "event": str(leaf.event),
        "outcome": str(leaf.outcome),
        "reason": leaf.reason or "none",
        "role": str(leaf.role),
        "citizen": text_of(leaf.subject),
        "actor": text_of(leaf.actor),
        "grant": text_of(leaf.grant_id),
        "grant version": str(leaf.grant_version),
        "count": str(leaf.count),
        "digest": leaf.digest.hex(),
        "subject commitment": leaf.subject_commitment.hex(),
        "accountability commitment": leaf.account_commitment.hex(),
        "leaf hash": derive_leaf_hash(line.leaf).hex(),
        "leaf bytes": line.leaf.hex(),
    }


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
        raise BadFilter(_("This day is before the first one."), "until")
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
        raise BadFilter(_("Please enter the whole id, as the log shows it."), name) from None


def _day(given: Mapping[str, str], name: str, shift: timedelta) -> datetime | None:
    if not given[name]:
        return None
    try:
        return datetime.strptime(given[name], "%Y-%m-%d").replace(tzinfo=UTC) + shift
    except (ValueError, OverflowError):
        raise BadFilter(_("Please enter a real day."), name) from None

"""Everything in the vault, one record, and the bin."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Submitted
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.ids import RecordId, parse_id, text_of
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()

After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)]
PAGE_ROWS = 50


@router.get("/records")
def list_records(  # noqa: PLR0917  Query parameters, by name.
    request: Request, session: Citizen, kind: str = "", after: After = None, moved: str = "", erased: bool = False
) -> Response:
    records = services(request).records(session, origin_of(request))
    page = records.list(kind or None, PAGE_ROWS, after)
    undo = text_of(parse_id(moved)) if moved else None
    private = records.private_of([row.record_id for row in page.items])
    shown = {"page": page, "kind": kind, "after": after, "undo": undo, "erased": erased, "private": private}
    return render(request, "records.html", here="/records", **shown)


@router.get("/bin")
def show_bin(request: Request, session: Citizen, after: After = None) -> Response:
    page = services(request).records(session, origin_of(request)).list(None, PAGE_ROWS, after, deleted=True)
    return render(request, "bin.html", here="/records", page=page)


@router.get("/records/{record_id}")
def show_record(request: Request, session: Citizen, record_id: str, changed: bool = False) -> Response:
    parts = services(request)
    found, records = RecordId(parse_id(record_id)), parts.records(session, origin_of(request))
    view, is_private = records.read(found), bool(records.private_of([found]))
    grants = parts.grants(session, origin_of(request)).granted_to(found)
    body = _readable(view.body) if view.row.media == "fhir" else ""
    marked = {"can_hide": session.keyring.opens_private, "is_private": is_private, "changed": changed}
    return render(request, "record.html", here="/records", view=view, body=body, grants=grants, **marked)


@router.post("/records/{record_id}/private")
def mark_private(request: Request, session: Citizen, record_id: str, form: Submitted) -> Response:
    """Kept from whoever looks after the citizen, or no more."""
    parts, origin, found = services(request), origin_of(request), RecordId(parse_id(record_id))
    also, is_private = parts.grants(session, origin).private_roots, form.text("keep") == "yes"
    parts.records(session, origin).keep_private(found, also, is_private=is_private)
    return RedirectResponse(f"/records/{record_id}?changed=1#private", 303)


@router.post("/records/{record_id}/delete")
def delete_record(request: Request, session: Citizen, record_id: str) -> Response:
    services(request).records(session, origin_of(request)).delete(RecordId(parse_id(record_id)))
    return RedirectResponse(f"/records?moved={record_id}", 303)


@router.post("/records/{record_id}/restore")
def restore_record(request: Request, session: Citizen, record_id: str) -> Response:
    services(request).records(session, origin_of(request)).restore(RecordId(parse_id(record_id)))
    return RedirectResponse(f"/records/{record_id}", 303)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
MAX_SHOWN_BYTES = 200_000


def _readable(body: bytes) -> str:
    """A resource with line breaks and indents, its numbers as written; empty if it is too long to read on a page."""
    if len(body) > MAX_SHOWN_BYTES:
        return ""
    lines, depth, tokens = [""], 0, _TOKEN.findall(body.decode("utf-8", "replace"))
    for place, token in enumerate(tokens):
        if token in "]}":
            depth -= 1
            if tokens[place - 1] not in "[{":
                lines.append("  " * depth)
        lines[-1] += token + (" " if token == ":" else "")
        if token in "[{":
            depth += 1
        if token == "," or (token in "[{" and tokens[place + 1 : place + 2] not in (["]"], ["}"])):
            lines.append("  " * depth)
    return "\n".join(lines)

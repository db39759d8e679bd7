"""Share: what, with whom, why, how long; then *check your answers*: exactly what they will see; then the grant."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, refused
from app.pages.rendering import render
from app.pages.share_form import DAYS, body_again, body_of, carried
from app.pages.visitors import Citizen
from auth.sessions import Session
from sharing.grants.granting import AlreadyGranted
from sharing.grants.grants import Preview
from vault.errors import Invalid, VaultError
from vault.health import catalogue
from vault.health.vocabulary import CATEGORIES, KINDS
from vault.ids import RecordId, parse_id, text_of

router = APIRouter()

_FIELDS = {"expires_at": "days", "recipient": "recipient.name"}
MOST_NAMED = 20


class NothingChosen(Invalid):
    code = "nothing-chosen"
    advice = "Please choose at least one test, kind or record to share."


@router.get("/share")
def share_form(request: Request, session: Citizen, record: str = "") -> Response:
    typed = {"include": (f"record_id:{text_of(parse_id(record))}",)} if record else {}
    typed |= {"days": ("7",), "passcode": (_make_passcode(),)}
    return render(request, "share.html", typed=typed, **_choices(request, session, tuple(typed.get("include", ()))))


@router.post("/share")
def check_answers(request: Request, session: Citizen, form: Submitted) -> Response:
    try:
        body = body_of(form, services(request).clock.now())
        if not body["include"]:
            raise NothingChosen(field="include")
        if not body["purpose"] or not body["expires_at"]:
            raise Invalid("Please choose one.", "days" if body["purpose"] else "purpose")
        preview = services(request).grants(session, origin_of(request)).preview(body)
    except VaultError as error:
        return _form_again(request, session, error, form)
    return _check(request, body, preview)


@router.post("/share/agree")
def agree(request: Request, session: Citizen, form: Submitted) -> Response:
    """The form carries a word of its own, so that sending it twice shares once."""
    try:
        grants = services(request).grants(session, origin_of(request))
        grant_id = grants.issue(body_again(form), form.text("once")).grant_id
    except AlreadyGranted as again:
        grant_id = again.grant_id
    except VaultError as error:
        return _form_again(request, session, error, form)
    return RedirectResponse(f"/shares/{text_of(grant_id)}?given=1", 303)


def _check(request: Request, body: dict[str, Any], preview: Preview) -> Response:
    return render(
        request,
        "share-check.html",
        here="/shares",
        body=body,
        ends=datetime.fromisoformat(body["expires_at"]),
        statement=preview.statement,
        permitted=preview.records,
        held_back=preview.held_back,
        hidden=carried(body),
        once=secrets.token_urlsafe(16),
    )


def _form_again(request: Request, session: Session, error: VaultError, form: Form) -> Response:
    choices = _choices(request, session, form.many("include"))
    kept = Form({**form.values, "days": form.values.get("days", ("7",))})
    return refused(request, error, Page("share.html", choices, _FIELDS), kept)


def _choices(request: Request, session: Session, chosen: tuple[str, ...]) -> dict[str, Any]:
    """What this citizen has to share: the tests that the catalogue knows, kinds, and the records named so far."""
    records = services(request).records(session, origin_of(request))
    keys = {row.result.analyte for row in records.latest()}
    analytes = [(found.key, found) for key in keys if (found := catalogue.find(key))]
    named = [choice.partition(":")[2] for choice in chosen if choice.startswith("record_id:")]
    return {
        "here": "/shares",
        "analytes": sorted(analytes, key=lambda pair: pair[1].name.lower()),
        "categories": list(CATEGORIES.items()),
        "kinds": list(KINDS.items()),
        "named": [records.read(RecordId(parse_id(text))).row for text in named[:MOST_NAMED]],
        "days": DAYS,
        "suggested_passcode": _make_passcode(),
    }


def _make_passcode() -> str:
    """Six random digits: ten lifetime tries make that one chance in a hundred thousand."""
    return f"{secrets.randbelow(1_000_000):06d}"

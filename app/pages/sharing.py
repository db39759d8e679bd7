"""Share in four steps: what; who and why; how long and how; *check your answers*: exactly what they will see.

One page a step. Answers travel in hidden fields, never in addresses. A step refuses only its own answers, and going
back refuses nothing; from *check your answers* each answer can be changed alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from app.deps import origin_of, services
from app.pages.forms import Form, Submitted
from app.pages.leak_words import doubts
from app.pages.rendering import render
from app.pages.share_choices import Choices, choices_in
from app.pages.share_form import (
    ANSWERS,
    CHECK,
    DAYS,
    DEFAULT_DAYS,
    HOW,
    STEPS,
    WHAT,
    WHO,
    answers_from,
    answers_of,
    body_of,
    carried,
    make_passcode,
    step_of,
)
from app.pages.share_words import by_title
from app.pages.shares import given_page
from app.pages.visitors import Citizen, ProvenCitizen
from app.problems import problem_of
from app.texts import _
from auth.sessions import Session
from sharing.consent.requests import parse_request
from sharing.grants.granting import AlreadyGranted, Preview, PreviewStale
from sharing.grants.words import vocabulary
from vault.errors import Invalid, VaultError
from vault.ids import GrantId, parse_id, text_of

router = APIRouter()

FIND, SHOW_ALL = "find", "all"
MY_DOCTOR = _("My doctor")
_NEEDED: Mapping[str, Mapping[str, str]] = {
    WHAT: {"include": _("Please choose at least one thing to share.")},
    WHO: {"recipient.name": _("Please say who it is for."), "purpose": _("Please say why you share it.")},
    HOW: {"days": _("Please choose how long the link works.")},
}
_GONE = _("Something you picked is not in your vault. Please look at your choice again.")
_NONE: Mapping[str, str] = {}
# Answers that stand in for the steps not yet reached when one step is judged alone.
_STAND_INS: Mapping[str, tuple[str, ...]] = {
    "include": ("kind:observation",),
    "recipient.name": ("-",),
    "purpose": ("treatment",),
    "days": ("1",),
}


@router.get("/share")
def first_step(request: Request, session: Citizen, record: str = "") -> Response:
    answers = {"include": (f"record_id:{record}",)} if record else {}
    return _step(request, session, WHAT, Form(answers))


@router.post("/share")
def next_step(request: Request, session: Citizen, form: Submitted) -> Response:
    """From step ``at`` to step ``go``. Forward only once ``at`` is right; *check your answers* judges all."""
    at, go = form.text("at"), form.text("go")
    if at not in ANSWERS and at != CHECK:
        at = WHAT
    if go in {FIND, SHOW_ALL}:
        searched = form if go == FIND else Form({**form.values, FIND: ("",)})
        return _step(request, session, WHAT, searched)
    if go not in STEPS:
        go = STEPS[min(STEPS.index(at) + 1, len(STEPS) - 1)]
    if STEPS.index(go) > STEPS.index(at) and (faults := _faults(request, session, at, form)):
        return _step(request, session, at, form, faults)
    if go == CHECK:
        return _check(request, session, form)
    return _step(request, session, go, form, returns=at == CHECK)


@router.post("/share/doctor")
def show_my_doctor(request: Request, session: Citizen, form: Submitted) -> Response:
    """One test, for my care, seven days, a made-up passcode: straight to *check your answers*."""
    answers = {
        "include": (f"analyte:{form.text('test')}",),
        "recipient.name": (MY_DOCTOR,),
        "purpose": ("treatment",),
        "days": (DEFAULT_DAYS,),
        "passcode": (make_passcode(),),
    }
    return _check(request, session, Form(answers))


@router.get("/shares/{grant_id}/again")
def share_again(request: Request, session: Citizen, grant_id: str) -> Response:
    """The same answers once more, looked at anew: what they match today, with a fresh passcode and end."""
    view = services(request).grants(session, origin_of(request)).get(GrantId(parse_id(grant_id)))
    return _check(request, session, Form(answers_from(view.agreement.terms, view.agreement.granted_at)))


@router.post("/share/agree")
def agree(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    """The form carries a word of its own, so that sending it twice shares once."""
    grants = services(request).grants(session, origin_of(request))
    try:
        body = body_of(form, services(request).clock.now(), form.text("expires_at") or None)
        shown = {"id": form.text("statement.id"), "version": form.text("statement.version")}
        grant_id = grants.issue(body | {"statement": shown}, form.text("once")).grant_id
    except AlreadyGranted as again:
        grant_id = again.grant_id
    except PreviewStale as stale:
        return _check(request, session, form, stale)
    except VaultError as error:
        return _refused(request, session, form, error)
    return given_page(request, session, grant_id, form.text("passcode"))


def _check(request: Request, session: Session, form: Form, stale: VaultError | None = None) -> Response:
    """*Check your answers*, or the first step that can't be right. ``stale``: the list is no longer what was shown."""
    if faults := next(((step, found) for step in _NEEDED if (found := _missing(step, form))), None):
        return _step(request, session, faults[0], form, faults[1])
    try:
        body = body_of(form, services(request).clock.now())
        preview = services(request).grants(session, origin_of(request)).preview(body)
    except VaultError as error:
        return _refused(request, session, form, error)
    return render(
        request,
        "share-check.html",
        problem_of(stale).status if stale else 200,
        here="/shares",
        step=CHECK,
        faults={"": stale.advice} if stale else _NONE,
        body=body,
        ends=datetime.fromisoformat(body["expires_at"]),
        days=DAYS[form.text("days")],
        sign_ins=services(request).readers_sign_ins,
        statement=preview.statement,
        permitted=preview.records,
        listed=by_title(preview.records),
        held_back=preview.held_back,
        doubts=doubts(preview.findings, _titles(preview)),
        hidden=[*carried(answers_of(form), CHECK), ("expires_at", body["expires_at"])],
        once=secrets.token_urlsafe(16),
    )


def _step(
    request: Request,
    session: Session,
    step: str,
    form: Form,
    faults: Mapping[str, str] = _NONE,
    *,
    returns: bool = False,
) -> Response:
    """One step's page, 422 with faults. ``returns``: it was left from *check your answers* and leads back there."""
    answers = answers_of(form)
    typed = dict(answers)
    values: dict[str, Any] = {}
    if step == WHAT:
        choices = _choices(request, session, form)
        if choices.unknown and "include" not in faults:
            faults = {**faults, "include": _GONE}
        values = {"choices": choices}
    if step == WHO:
        values = {"sign_ins": services(request).readers_sign_ins}
    if step == HOW:
        typed = {"days": (DEFAULT_DAYS,), "passcode": (make_passcode(),)} | typed
        values = {"days": DAYS, "is_made_up": "passcode" not in answers}
    return render(
        request,
        f"share-{step}.html",
        422 if faults else 200,
        here="/shares",
        step=step,
        faults=faults,
        typed=typed,
        hidden=carried(answers, step),
        returns=returns or bool(form.text("returns")),
        **values,
    )


def _refused(request: Request, session: Session, form: Form, error: VaultError) -> Response:
    """The step whose answer a service refused, with all answers; other errors have pages of their own."""
    if not isinstance(error, Invalid):
        raise error
    step, name = step_of(error.field or "")
    return _step(request, session, step, form, {name: error.advice})


def _faults(request: Request, session: Session, step: str, form: Form) -> dict[str, str]:
    """All that is wrong with the answers of one step (field → advice)."""
    faults = _missing(step, form)
    own = {name: form.values[name] for name in ANSWERS.get(step, ()) if name in form.values and name not in faults}
    now = services(request).clock.now()
    try:
        words = replace(vocabulary(), sign_ins=services(request).readers_sign_ins)
        parse_request(body_of(Form({**_STAND_INS, **own}), now), words, now, with_statement=False)
    except Invalid as error:
        faults.setdefault(step_of(error.field or "")[1], error.advice)
    if step == WHAT and not faults and _choices(request, session, form).unknown:
        faults["include"] = _GONE
    return faults


def _titles(preview: Preview) -> dict[str, str]:
    going = {text_of(each.record_id): each.title for each in preview.records}
    return going | {text_of(each.record_id): each.title for each in preview.held_back}


def _choices(request: Request, session: Session, form: Form) -> Choices:
    candidates = services(request).grants(session, origin_of(request)).offer()
    return choices_in(candidates, form.many("include"), form.text(FIND))


def _missing(step: str, form: Form) -> dict[str, str]:
    return {name: advice for name, advice in _NEEDED.get(step, {}).items() if not form.text(name)}

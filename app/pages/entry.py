"""Type in one result as the paper gives it; what was typed outlives a sign-in in between."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app import refusals
from app.deps import origin_of, services
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.results_typed import FIELDS, NAMES, NEEDED, check_day, choices, in_our_words, typed_of
from app.pages.visitors import citizens_only, confirmed_citizen
from auth.sessions import Session
from vault.errors import NotFound, Unauthenticated, VaultError
from vault.ids import parse_id, text_of

router = APIRouter()

_KEPT = "kept."
_DOCUMENT = "document"


@router.get("/type-in", dependencies=[citizens_only])
def type_in_form(request: Request) -> Response:
    return render(request, "type-in.html", **choices(), is_back=False)


@router.post("/type-in")
def type_in(request: Request, form: Submitted) -> Response:
    """Who was signed out meanwhile signs in first; what was typed waits in that form."""
    session = session_or_door(request, form)
    if isinstance(session, Response):
        return session
    page = Page("type-in.html", choices() | {"is_back": False}, FIELDS)
    if again := incomplete(request, form, page, NEEDED):
        return again
    try:
        check_day(form.text("taken_at"), services(request).clock.now().date())
        typed = typed_of({name: form.text(name) for name in NAMES})
        record_id = services(request).records(session, origin_of(request)).add_result(typed)
    except VaultError as error:
        return refused(request, in_our_words(error, form.text("analyte")), page, form)
    return RedirectResponse(f"/results/{text_of(record_id)}?kept=1", 303)


def session_or_door(request: Request, form: Form, document: str = "") -> Session | Response:
    """Who is signed in; else the sign-in page with everything that was typed waiting in it."""
    try:
        return confirmed_citizen(request)
    except Unauthenticated as error:
        refusals.record(request, error)
        kept = {_KEPT + name: values for name, values in form.kept.items()}
        if document:
            kept[_KEPT + _DOCUMENT] = (document,)
        return render(request, "sign-in.html", 401, person=None, is_admin=False, again=True, typed=kept)


def typed_before(request: Request, form: Form) -> Response | None:
    """The form with what was typed before a sign-in ``form``; None if nothing was."""
    typed = {name.removeprefix(_KEPT): values for name, values in form.values.items() if name.startswith(_KEPT)}
    if not typed:
        return None
    if _DOCUMENT in typed:
        return _back_to_document(request, typed)
    return render(request, "type-in.html", person="citizen", typed=typed, **choices(), is_back=True)


def _back_to_document(request: Request, typed: dict[str, tuple[str, ...]]) -> Response | None:
    """One press from what was typed beside a document; the document itself is looked at in the next request."""
    try:
        document = text_of(parse_id(typed.pop(_DOCUMENT)[0]))
    except NotFound:
        return None
    carried = [(name, value) for name, values in typed.items() for value in values]
    return render(request, "type-in-again.html", person="citizen", here="/add", document=document, carried=carried)

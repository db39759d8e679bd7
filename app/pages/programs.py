"""Programs: tokens for one's own programs, each shown once, listed with its last use, ended by one press."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import Citizen, ProvenCitizen, ProvenReader
from app.texts import _
from auth.programs import Scope
from vault.errors import VaultError
from vault.ids import SessionId, parse_id

router = APIRouter()

SCOPES = {
    Scope.READ: _("Look at what is in my vault"),
    Scope.ADD: _("Add results and files"),
    Scope.EVERYTHING: _("Do what I can do, but not touch my keys or my ways in"),
}
DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("a year")}
_NEEDED = {"name": _("Please say which program this is for."), "scopes": _("Please choose what it may do.")}


@router.get("/account/programs")
def list_programs(request: Request, session: Citizen, done: bool = False) -> Response:
    values = {"programs": services(request).programs.list(session), "scopes": SCOPES, "done": done}
    return render(request, "programs.html", here="/account", **values)


@router.get("/account/programs/new")
def new_form(request: Request, _session: ProvenReader) -> Response:
    return render(request, "program-new.html", here="/account", scopes=SCOPES, days=DAYS)


@router.post("/account/programs/new")
def issue(request: Request, session: ProvenCitizen, form: Submitted) -> Response:
    page = Page("program-new.html", {"here": "/account", "scopes": SCOPES, "days": DAYS})
    if again := incomplete(request, form, page, _NEEDED):
        return again
    days = int(form.text("days")) if form.text("days") in DAYS else 30
    try:
        made = services(request).programs.issue(
            session, form.text("name"), " ".join(form.many("scopes")), days, origin_of(request)
        )
    except VaultError as error:
        return refused(request, error, page, form)
    values = {"name": form.text("name"), "token": made.token, "expires_at": made.expires_at}
    return render(request, "program-token.html", here="/account", **values)


@router.post("/account/programs/{program_id}/end")
def end(request: Request, session: Citizen, program_id: str) -> Response:
    services(request).programs.end(session, SessionId(parse_id(program_id)), origin_of(request))
    return RedirectResponse("/account/programs?done=1", 303)

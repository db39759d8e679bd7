"""Show on this phone, and print for my appointment: what a share shows, without a script and without a link leaving.

While a phone is lent its session opens ``/lent`` and nothing else; ``app.deps`` sees to that for every other route.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import lent_session, origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.shown import read_shown
from app.pages.visitors import Citizen
from app.texts import _
from auth.lending import NotLent
from auth.sessions import Session
from sharing.grants.views import GrantView
from sharing.handover.requests import ShareNotActive
from vault.errors import NotFound, VaultError
from vault.ids import GrantId, parse_id, text_of
from vault.keys.unlocking import WrongSecret

router = APIRouter()
Lent = Annotated[Session, Depends(lent_session)]


@router.post("/shares/{grant_id}/show")
def show_here(request: Request, session: Citizen, grant_id: str) -> Response:
    view = _view(request, session, grant_id)
    if view.link is None:
        raise ShareNotActive
    services(request).lending.lend(session, view.row.grant_id, origin_of(request))
    # A browser may keep whole pages for its back button, whatever they say of caching.
    return RedirectResponse("/lent", 303, headers={"Clear-Site-Data": '"cache"'})


@router.get("/lent")
def show_lent(request: Request) -> Response:
    """That share alone; whoever isn't lent anything goes home."""
    try:
        session = lent_session(request)
    except NotLent:
        return RedirectResponse("/", 303)
    view = _lent_view(request, session)
    showing = services(request).showing(session, origin_of(request))
    try:
        shown = read_shown(showing.in_person(view))
    except ShareNotActive:
        return render(request, "lent.html", 409, person=None, shown=None, view=view)
    return render(request, "lent.html", person=None, shown=shown, view=view, pictures="/lent", look=showing.look(view))


@router.get("/lent/{file}/{page}.jpg")
def show_lent_page(request: Request, session: Lent, file: int, page: int, look: str = "") -> Response:
    view = _lent_view(request, session)
    return _picture(services(request).showing(session, origin_of(request)).in_person(view, look), file, page)


@router.get("/lent/give-back")
def give_back_form(request: Request, session: Lent) -> Response:
    return render(request, "give-back.html", person=None, sample=session.sample)


@router.post("/lent/give-back")
def give_back(request: Request, session: Lent, form: Submitted) -> Response:
    page = Page("give-back.html", {"person": None, "sample": session.sample}, {"": "passphrase"})
    needed = {} if session.sample else {"passphrase": _("Please enter your passphrase.")}
    if again := incomplete(request, form, page, needed):
        return again
    try:
        services(request).lending.give_back(session, form.secret("passphrase"), origin_of(request))
    except VaultError as error:
        shown = WrongSecret(_("This is not your passphrase.")) if isinstance(error, WrongSecret) else error
        return refused(request, shown, page, form)
    lent = session.lent_grant
    return RedirectResponse(f"/shares/{text_of(lent)}" if lent else "/", 303)


@router.get("/shares/{grant_id}/print")
def print_share(request: Request, session: Citizen, grant_id: str) -> Response:
    view = _view(request, session, grant_id)
    showing = services(request).showing(session, origin_of(request))
    values = {"shown": read_shown(showing.on_paper(view)), "view": view, "now": services(request).clock.now()}
    values |= {"pictures": f"/shares/{grant_id}/print", "look": showing.look(view)}
    return render(request, "print-share.html", here="/shares", **values)


@router.get("/shares/{grant_id}/print/{file}/{page}.jpg")
def print_page(request: Request, session: Citizen, *, grant_id: str, file: int, page: int, look: str = "") -> Response:
    view = _view(request, session, grant_id)
    return _picture(services(request).showing(session, origin_of(request)).on_paper(view, look), file, page)


def _picture(files: tuple[bytes, ...], file: int, page: int) -> Response:
    """One page of a document of a share."""
    documents = read_shown(files).documents
    if not 0 < file <= len(documents) or not 0 < page <= len(documents[file - 1].pages):
        raise NotFound
    return Response(documents[file - 1].pages[page - 1], media_type="image/jpeg")


def _view(request: Request, session: Session, grant_id: str) -> GrantView:
    return services(request).grants(session, origin_of(request)).get(GrantId(parse_id(grant_id)))


def _lent_view(request: Request, session: Session) -> GrantView:
    return services(request).grants(session, origin_of(request)).get(GrantId(session.lent_grant or b""))

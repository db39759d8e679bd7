"""Signing in by somebody else's sign-in, and linking it to one's own account: out to a provider and back.

It shows who somebody is and opens nothing: from here people go on to unlock. Linking needs a sign-in here first.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import optional_session, origin_of, own_session, services, set_locked_cookie
from app.pages.draft import keep_draft
from app.pages.forms import Submitted
from app.pages.rendering import render
from app.pages.visitors import Owner, ProvenOwner
from app.texts import _
from auth.roles import Role
from auth.single_sign_on.attempts import About, Purpose
from auth.single_sign_on.errors import NoSuchProvider, SignInOver
from auth.single_sign_on.providers import Audience, shown_issuer
from auth.single_sign_on.signing_in import Answer, Back, about_account
from sharing.consent.readers import Reader
from sharing.links.requests import NotTheReader
from vault.errors import NotFound, Unauthenticated, VaultError
from vault.ids import GrantId, VaultId

router = APIRouter()

COOKIE = "__Host-sign-in"
WAITING_COOKIE = "__Host-waiting"
_LINKED = "/account/linked"
DONE = {
    "linked": _("Linked. It shows who you are from now on; you still unlock your vault yourself."),
    "unlinked": _("Unlinked. It signs you in no more."),
}


@router.post("/sign-in/with/{name}")
def begin(request: Request, name: str, form: Submitted) -> Response:
    purpose = Purpose.ADMIN if form.text("is_admin") else Purpose.CITIZEN
    return _leave(request, name, purpose)


@router.post("/view/sign-in")
def begin_reading(request: Request, form: Submitted) -> Response:
    """For a link that one person opens. Its key stays in the tab; the address comes in the body, never in a URL."""
    house = services(request)
    wanted = house.opening.readers.wanted(form.text("link_id"), origin_of(request))
    sign_in = next((each for each in house.single_sign_on.providers if each.issuer == wanted.issuer), None)
    if sign_in is None:
        raise NoSuchProvider
    return _leave(request, sign_in.name, Purpose.VIEWER, About(wanted.vault_id, wanted.grant_id))


@router.get("/sign-in/back/{name}")
def back(
    request: Request, name: str, *, state: str = "", code: str = "", iss: str | None = None, error: str = ""
) -> Response:
    """Where a provider sends the browser. The address holds a code that is spent here, once."""
    answer = Answer(state, code, iss, error)
    found = services(request).single_sign_on.back(name, request.cookies.get(COOKIE, ""), answer, origin_of(request))
    if found.attempt.purpose in {Purpose.LINK, Purpose.LINK_ADMIN}:
        response = _link(request, found)
    elif found.attempt.purpose is Purpose.VIEWER:
        response = _read(request, found)
    else:
        response = _enter(request, found)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    return response


@router.get(_LINKED)
def list_linked(request: Request, session: Owner, done: str = "") -> Response:
    return render(request, "linked.html", **_shown(request, session.role), done=DONE.get(done, ""))


@router.post(_LINKED + "/with/{name}")
def begin_linking(request: Request, session: ProvenOwner, name: str) -> Response:
    purpose = Purpose.LINK_ADMIN if session.role is Role.ADMIN else Purpose.LINK
    return _leave(request, name, purpose, about_account(session.account))


@router.post(_LINKED + "/{linked_id}/remove")
def unlink(request: Request, session: ProvenOwner, linked_id: str) -> Response:
    try:
        name = bytes.fromhex(linked_id)
    except ValueError:
        raise NotFound from None
    services(request).single_sign_on.unlink(session, name, origin_of(request))
    return RedirectResponse(f"{_LINKED}?done=unlinked", 303)


def link_who_waits(request: Request, response: Response, token: str) -> None:
    """Link whoever came in without an account to the one that was just made; if that fails, it can be done later."""
    waiting, house = request.cookies.get(WAITING_COOKIE, ""), services(request)
    if not waiting:
        return
    response.delete_cookie(WAITING_COOKIE, secure=True, httponly=True, samesite="lax", path="/")
    try:
        house.single_sign_on.link_waiting(waiting, house.sessions.resume(token), origin_of(request))
    except VaultError:
        return


def _leave(request: Request, name: str, purpose: Purpose, about: About | None = None) -> Response:
    """A page that goes on by itself, or by one press: a form may not lead to another site."""
    begun = services(request).single_sign_on.begin(name, purpose, origin_of(request), about)
    title = next(each.title for each in services(request).single_sign_on.providers if each.name == name)
    back = "/view" if purpose is Purpose.VIEWER else "/sign-in"
    response = render(request, "going-there.html", person=None, address=begun.address, title=title, back=back)
    response.set_cookie(COOKIE, begun.token, max_age=600, secure=True, httponly=True, samesite="lax", path="/")
    return response


def _link(request: Request, found: Back) -> Response:
    session = optional_session(request)
    if session is None:
        raise Unauthenticated
    services(request).single_sign_on.link(own_session(request), found, origin_of(request))
    return RedirectResponse(f"{_LINKED}?done=linked", 303)


def _read(request: Request, found: Back) -> Response:
    """A page that gives the proof to its own tab, which kept the link, and goes on to the records."""
    about, who = found.attempt.about, Reader(found.identity.issuer, found.identity.email or "")
    if about is None:
        raise SignInOver
    readers = services(request).opening.readers
    try:
        proof = readers.prove(VaultId(about.vault_id), GrantId(about.thing_id), who, origin_of(request))
    except NotTheReader:
        return render(request, "not-the-reader.html", 403, person=None, shown=who.email, title=found.provider.title)
    return render(request, "reader.html", person=None, proof=proof)


def _enter(request: Request, found: Back) -> Response:
    sign_ons = services(request).single_sign_on
    token = sign_ons.enter(found, origin_of(request))
    if token is not None:
        response: Response = RedirectResponse("/unlock", 303)
        set_locked_cookie(response, token)
        return response
    is_admin = found.attempt.purpose is Purpose.ADMIN
    values: dict[str, Any] = {"title": found.provider.title, "is_admin": is_admin, "email": found.identity.email}
    response = render(request, "nobody-linked.html", person=None, **values)
    if not is_admin:
        waiting = sign_ons.keep_waiting(found)
        response.set_cookie(WAITING_COOKIE, waiting, max_age=3600, secure=True, httponly=True, samesite="lax", path="/")
        if found.identity.email:
            keep_draft(response, {"email": found.identity.email})
    return response


def _shown(request: Request, role: Role) -> dict[str, Any]:
    sign_ons, session = services(request).single_sign_on, own_session(request)
    audience = Audience.ADMINS if role is Role.ADMIN else Audience.CITIZENS
    titles = {each.issuer: each.title for each in sign_ons.providers}
    linked = [
        {
            "id": each.name.hex(),
            "title": titles.get(each.issuer, shown_issuer(each.issuer)),
            "shown": each.shown,
            "linked_at": each.linked_at,
            "last_used_at": each.last_used_at,
        }
        for each in sign_ons.linked(session)
    ]
    return {"here": "/account", "linked": linked, "offered": sign_ons.offered(audience)}

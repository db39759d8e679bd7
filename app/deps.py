"""What a route asks for: the services, who is signed in, and where the request came from.

A session comes from a bearer token or from the ``__Host-session`` cookie. Both are the same token.
These functions block (they read the database), so they belong in ``def`` routes.
"""

from __future__ import annotations

from typing import cast

from fastapi import Request, Response

from app.powers import OPENED_IN, check_powers, check_whose
from app.samples.looking_around import LookingAround
from app.scopes import check_scopes
from app.services import Services
from auth.errors import CodeNeeded
from auth.lending import NotLent, SessionLent
from auth.locked import LockedSession
from auth.roles import Role
from auth.sessions import Session
from vault.audit.events import Origin
from vault.errors import Forbidden, Unauthenticated

COOKIE = "__Host-session"
LOCKED_COOKIE = "__Host-locked"
LEFT_COOKIE = "__Host-left"
MAX_AGENT_CHARACTERS = 300
_LOOKS_ONLY = frozenset({"/session-end"})  # A page that lies open asks here by itself: nobody is using it.


def services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


def looking_around(request: Request) -> LookingAround | None:
    """Sample vaults for visitors; None on a server that isn't a demo."""
    return cast("LookingAround | None", request.app.state.looking_around)


def leave_sample(request: Request, session: Session | None) -> None:
    """A visitor of a sample vault goes, and it goes with them."""
    around = looking_around(request)
    if around is not None and session is not None and session.sample:
        around.leave(session)


def origin_of(request: Request) -> Origin:
    """Network address, browser and program, for the accountability part of a log entry and for throttling only."""
    address, session = request.client.host if request.client else "", known_session(request)
    agent = request.headers.get("user-agent", "")[:MAX_AGENT_CHARACTERS]
    return Origin(address=address, agent=agent, program=session.program if session else "")


def token_of(request: Request) -> str | None:
    """The bearer token, else the cookie's; None when there is neither."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return token.strip() if scheme.lower() == "bearer" else ""
    return request.cookies.get(COOKIE)


def any_session(request: Request) -> Session:
    """Who is signed in, whatever the role; Unauthenticated if nobody is, SessionLent while the session is lent.

    Every route that knows a person asks here, so that a lent session opens none of them.
    """
    known = known_session(request)
    if known is not None:
        return known
    token = token_of(request)
    if token is None:
        raise Unauthenticated
    session = services(request).sessions.resume(token, is_use=request.url.path not in _LOOKS_ONLY)
    check_scopes(request, session)
    if session.awaits:
        request.state.awaiting_session = session
        raise CodeNeeded
    if session.lent_grant is not None:
        request.state.lent_session = session
        raise SessionLent
    request.state.session = session
    return session


def awaiting_session(request: Request) -> Session:
    """Who signed in by passphrase and owes a code still; Unauthenticated for anybody else."""
    try:
        any_session(request)
    except CodeNeeded:
        return cast(Session, request.state.awaiting_session)
    raise Unauthenticated


def lent_session(request: Request) -> Session:
    """Whose session is lent, for the little that it may still do; NotLent for any other."""
    try:
        any_session(request)
    except SessionLent:
        return cast(Session, known_lent_session(request))
    raise NotLent


def known_lent_session(request: Request) -> Session | None:
    """The lent session that was refused something by this request."""
    return cast("Session | None", getattr(request.state, "lent_session", None))


def known_session(request: Request) -> Session | None:
    """Who is signed in, if this request has asked already; asks nothing itself."""
    return cast("Session | None", getattr(request.state, "session", None))


def optional_session(request: Request) -> Session | None:
    """Who is signed in, or None: for pages that greet both; who owes a code is nobody yet. SessionLent."""
    try:
        return any_session(request)
    except (Unauthenticated, CodeNeeded):
        return None


def locked_session(request: Request) -> LockedSession:
    """Who signed in without opening anything yet; Unauthenticated if nobody did."""
    token = request.cookies.get(LOCKED_COOKIE)
    if token is None:
        raise Unauthenticated
    return services(request).locked_sessions.resume(token)


def citizen_session(request: Request) -> Session:
    return _in_role(request, Role.CITIZEN)


def own_session(request: Request) -> Session:
    """Whoever is signed in, at what is about themselves alone: never while they work in somebody else's vault."""
    session = any_session(request)
    return _in_role(request, session.role)


def freshly_proven_owner(request: Request) -> Session:
    own_session(request)
    return freshly_proven(request)


def freshly_proven(request: Request) -> Session:
    """Who is signed in and proved within ten minutes who they are; ProofNeeded otherwise, which pages answer by asking.

    For what reaches far: widening what others see, taking a copy out, erasing, changing the ways in.
    """
    session = any_session(request)
    services(request).step_up.check(session)
    return session


def freshly_proven_citizen(request: Request) -> Session:
    citizen_session(request)
    return freshly_proven(request)


def freshly_proven_admin(request: Request) -> Session:
    admin_session(request)
    return freshly_proven(request)


def admin_session(request: Request) -> Session:
    return _in_role(request, Role.ADMIN)


def _in_role(request: Request, role: Role) -> Session:
    session = any_session(request)
    if session.role is not role:
        raise Forbidden
    check_powers(request, session)
    form = getattr(request.state, "form", None)
    if form is not None:
        check_whose(session, form.text(OPENED_IN))
    return session


def set_session_cookie(response: Response, token: str) -> None:
    """Hand the token to a browser. It lives as long as the browser; the server ends it at its own time."""
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="lax", path="/")


def set_locked_cookie(response: Response, token: str) -> None:
    """Hand the token of a locked session to a browser."""
    response.set_cookie(LOCKED_COOKIE, token, secure=True, httponly=True, samesite="lax", path="/")


def clear_locked_cookie(response: Response) -> None:
    response.delete_cookie(LOCKED_COOKIE, secure=True, httponly=True, samesite="lax", path="/")


def clear_session_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")

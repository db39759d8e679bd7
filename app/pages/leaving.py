"""*Leave now*: to a page that says nothing, signed out, with nothing of the vault behind Back.

With JavaScript the page goes blank and away first, and posts here meanwhile. Without it a link is followed: a form may
not lead to another site under our policy. Signing out by GET can be abused to sign somebody out, so a request that
another site made only leads away and ends nothing.

For five minutes after, what would ask to sign in leads to that neutral page too: whoever presses Back finds no vault.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import LEFT_COOKIE, clear_session_cookie, leave_sample, optional_session, services

router = APIRouter()
LEFT_SECONDS = 300


@router.get("/leave")
def leave(request: Request) -> Response:
    response = RedirectResponse(services(request).settings.leave_url, 303)
    if request.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        _sign_out(request, response)
    return response


@router.post("/leave")
def left(request: Request) -> Response:
    response = Response(status_code=204)
    _sign_out(request, response)
    return response


def _sign_out(request: Request, response: Response) -> None:
    session = optional_session(request)
    if session is not None:
        services(request).sessions.sign_out(session)
        leave_sample(request, session)
    clear_session_cookie(response)
    response.set_cookie(LEFT_COOKIE, "1", max_age=LEFT_SECONDS, secure=True, httponly=True, samesite="lax", path="/")
    response.headers["Clear-Site-Data"] = '"cache"'

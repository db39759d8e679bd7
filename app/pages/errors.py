"""Error pages: what happened in plain words, and one way on. They hold nothing of the request."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from app.deps import LEFT_COOKIE, known_session, services
from app.pages.rendering import render
from app.problems import Problem
from app.texts import _

HEADINGS = {
    400: _("That request can't be read"),
    403: _("This page is not for your account"),
    404: _("There is nothing here"),
    405: _("This page can't do that"),
    409: _("Something changed in the meantime"),
    413: _("That file is too large"),
    415: _("That is not a file we can take"),
    422: _("Please check what you entered"),
    429: _("Please wait a little"),
    500: _("Something went wrong on our side"),
    503: _("Not available just now"),
}


def error_page(request: Request, problem: Problem) -> Response:
    """A page for ``problem``; who is not signed in is sent to the sign-in page."""
    if problem.status == 401 and problem.code == "unauthenticated":
        if LEFT_COOKIE in request.cookies and request.method == "GET":
            return RedirectResponse(services(request).settings.leave_url, 303)
        admin = request.url.path.startswith("/admin")
        unsent = "&unsent=1" if request.method == "POST" else ""
        return RedirectResponse("/admin/sign-in" if admin else f"/sign-in?again=1{unsent}", 303)
    if problem.code == "session-lent":
        return RedirectResponse("/lent", 303)
    heading = HEADINGS.get(problem.status, _("Something went wrong"))
    known = known_session(request)  # Asking again could fail again.
    person = known.role.value if known else None
    return render(request, "error.html", problem.status, person=person, heading=heading, problem=problem)

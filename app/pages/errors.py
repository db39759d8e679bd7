"""Error pages: what happened in plain words, and one way on. They hold nothing of the request."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from app.pages.rendering import render
from app.problems import Problem

HEADINGS = {
    400: "That request can't be read",
    403: "This page is not for your account",
    404: "There is nothing here",
    405: "This page can't do that",
    409: "Something changed in the meantime",
    413: "That file is too large",
    415: "That is not a file we can take",
    422: "Please check what you entered",
    429: "Please wait a little",
    500: "Something went wrong on our side",
    503: "Not available just now",
}


def error_page(request: Request, problem: Problem) -> Response:
    """A page for ``problem``; who is not signed in is sent to the sign-in page."""
    if problem.status == 401 and problem.code == "unauthenticated":
        admin = request.url.path.startswith("/admin")
        return RedirectResponse("/admin/sign-in" if admin else "/sign-in?again=1", 303)
    heading = HEADINGS.get(problem.status, "Something went wrong")
    known = getattr(request.state, "session", None)  # Asking again could fail again.
    person = known.role.value if known else None
    return render(request, "error.html", problem.status, person=person, heading=heading, problem=problem)

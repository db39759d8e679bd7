"""The home page, and the clinician's page, which needs no account."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app.deps import optional_session, services
from app.pages.rendering import render
from auth.roles import Role
from vault.health import catalogue

router = APIRouter()


@router.get("/")
def home(request: Request) -> Response:
    session = optional_session(request)
    if session is not None:
        return RedirectResponse("/admin/log" if session.role is Role.ADMIN else "/results", 303)
    return render(request, "home.html", samples=services(request).samples)


@router.get("/view")
def view(request: Request) -> Response:
    """The link's key is behind the ``#`` and never reaches this server."""
    return render(request, "view.html", person=None)


@router.get("/view/tests.json")
def tests() -> Response:
    """LOINC code → test and its name: which rows of a shared bundle are one test, whatever its unit."""
    return JSONResponse(
        {code: [each.key, each.name] for each in catalogue.all_analytes() for code in sorted(each.codes)}
    )

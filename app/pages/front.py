"""The home page, looking around with sample data, and the clinician's page, which needs no account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from app import refusals
from app.deps import looking_around, optional_session, origin_of, set_session_cookie
from app.errors import NoSuchPage
from app.pages.rendering import render
from app.problems import problem_of
from app.samples.content import PASSCODE
from app.samples.looking_around import LookingAround
from auth.roles import Role
from auth.sessions import Session
from vault.errors import NotFound, TooManyTries, Unauthenticated
from vault.health import catalogue

router = APIRouter()


@router.get("/")
def home(request: Request) -> Response:
    session = optional_session(request)
    if session is not None:
        return RedirectResponse("/admin/log" if session.role is Role.ADMIN else "/results", 303)
    return _home(request)


@router.post("/look-around")
def look_around(request: Request) -> Response:
    """A sample vault of the visitor's own. Who is in one already stays there: a second press is no second vault."""
    session = optional_session(request)
    if session is not None:
        return RedirectResponse("/", 303)
    return _enter(request, None)


@router.post("/look-around/again")
def start_again(request: Request) -> Response:
    session = optional_session(request)
    return _enter(request, session if session is not None and _is_citizens_sample(session) else None)


@router.get("/look-around/doctor")
def try_being_the_doctor(request: Request) -> Response:
    """On to the link that the sample citizen gave out, as its reader would open it."""
    around, session = _demo(request), optional_session(request)
    if session is None or not _is_citizens_sample(session):
        raise Unauthenticated
    try:
        link = around.doctor(session)
    except NotFound:
        return render(request, "no-doctor.html", 404)
    return RedirectResponse(f"/view#{urlsplit(link).fragment}", 303)


@router.get("/view")
def view(request: Request) -> Response:
    """The link's key is behind the ``#`` and never reaches this server. In the sample its passcode is no secret."""
    return render(request, "view.html", person=None, **_as_doctor(request))


@router.get("/view/tests.json")
def tests() -> Response:
    """LOINC code → test and its name: which rows of a shared bundle are one test, whatever its unit."""
    return JSONResponse(
        {code: [each.key, each.name] for each in catalogue.all_analytes() for code in sorted(each.codes)}
    )


def _enter(request: Request, old: Session | None) -> Response:
    around, origin = _demo(request), origin_of(request)
    try:
        token = around.again(old, origin) if old is not None else around.start(origin)
    except TooManyTries as error:
        refusals.record(request, error)
        problem = problem_of(error)
        response = _home(request, problem.status, {"": error.advice})
        response.headers.update(problem.headers)
        return response
    response = RedirectResponse("/results", 303)
    set_session_cookie(response, token)
    return response


def _home(request: Request, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    can = looking_around(request) is not None
    return render(request, "home.html", status, can_look_around=can, faults=faults or {})


def _demo(request: Request) -> LookingAround:
    around = looking_around(request)
    if around is None:
        raise NoSuchPage
    return around


def _as_doctor(request: Request) -> dict[str, Any]:
    if looking_around(request) is None:
        return {}
    session = optional_session(request)
    return {"sample": "doctor", "passcode": PASSCODE} if session and _is_citizens_sample(session) else {}


def _is_citizens_sample(session: Session) -> bool:
    return session.sample and session.role is Role.CITIZEN

"""One table from error class to HTTP status, and the answer made of it: problem+json (RFC 9457), or a page.

Answers echo nothing that was submitted. A refusal is logged in a fresh transaction, after the rollback of what was
refused; if it can't be logged the answer is 503.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app import errors, refusals
from auth.errors import CodeNeeded, ProofNeeded
from auth.single_sign_on.errors import ProviderUnavailable, SingleSignOnRefused
from sharing.links.requests import BadManifestRequest, PasscodeWrong, SignInNeeded
from vault.documents.errors import DocumentBusy
from vault.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LogUnavailable,
    NotFound,
    Tampered,
    TooLarge,
    TooManyTries,
    Unauthenticated,
    UnsupportedMedia,
    VaultError,
)
from vault.keys.provider import KeysUnavailable
from vault.keys.unlocking import WrongSecret

STATUS: dict[type[VaultError], int] = {
    errors.BadRequest: 400,
    BadManifestRequest: 400,
    Unauthenticated: 401,
    WrongSecret: 401,
    PasscodeWrong: 401,
    Forbidden: 403,
    CodeNeeded: 403,
    ProofNeeded: 403,
    SingleSignOnRefused: 403,
    NotFound: 404,
    errors.MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    UnsupportedMedia: 415,
    Invalid: 422,
    TooManyTries: 429,
    Tampered: 500,
    errors.Unexpected: 500,
    LogUnavailable: 503,
    KeysUnavailable: 503,
    ProviderUnavailable: 503,
    errors.Unavailable: 503,
    DocumentBusy: 503,
}
TITLES = {
    400: "The request can't be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Nothing here",
    405: "Wrong method",
    409: "It changed in the meantime",
    413: "Too large",
    415: "Wrong kind of file",
    422: "Please check what you entered",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Not available just now",
}

ErrorPage = Callable[[Request, "Problem"], Response]
_say = structlog.get_logger("healthvault")


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in words that hold nothing of the request."""

    status: int
    code: str
    title: str
    detail: str
    members: dict[str, Any]
    headers: dict[str, str]


def status_of(error: VaultError) -> int:
    """The nearest class in the table decides; what isn't in it is our own fault."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem_of(error: VaultError) -> Problem:
    status = status_of(error)
    members: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, Invalid) and error.field:
        members["field"] = error.field
    if suggestion := getattr(error, "suggestion", None):
        members["suggestion"] = suggestion
    if isinstance(error, PasscodeWrong):
        members["remainingAttempts"] = error.remaining
    if isinstance(error, SignInNeeded):
        members["signIn"] = error.issuer
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(status, error.code, TITLES[status], error.advice, members, headers)


def problem_body(problem: Problem) -> bytes:
    members = {
        "type": f"/api/docs#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.members,
    }
    return json.dumps(members, ensure_ascii=False).encode("utf-8", "replace")


def answer(request: Request, error: VaultError) -> Response:
    """problem+json for programs; for a person at a page, the page that ``app.pages`` gave us."""
    problem = problem_of(error)
    page = cast("ErrorPage | None", getattr(request.app.state, "error_page", None))
    if page is not None and wants_page(request):
        response = page(request, problem)
        response.headers.update(problem.headers)
        return response
    return Response(problem_body(problem), problem.status, problem.headers, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Everything but the API, the data plane of links, files and probes is a page."""
    return not request.url.path.startswith(("/api/", "/shl/", "/health/", "/static/"))


def refuse_by_class(request: Request, error: Exception) -> Response:
    """The handler of every error raised on purpose. Blocks (it may write the log): called in a worker thread."""
    fault = cast(VaultError, error)
    try:
        refusals.record(request, fault)
    except Exception:  # Whatever kept the refusal from being logged: no log, no answer.
        fault = LogUnavailable()
    if status_of(fault) >= 500:
        _say.error("fault", code=fault.code)
    return answer(request, fault)


def translate_validation(_request: Request, error: Exception) -> VaultError:
    """FastAPI's own finding about a parameter, without the value it found."""
    faults = cast(RequestValidationError, error).errors()
    return fault_of(cast("list[ErrorDetails]", faults), skip=1)


def fault_of(faults: list[ErrorDetails], skip: int = 0) -> Invalid:
    """The first fault as an error that names a field of ours, never a name or value of theirs."""
    fault = faults[0]
    path = [str(part) for part in fault["loc"][skip:]]
    kind = fault["type"]
    if kind == "extra_forbidden":
        return errors.UnknownField(field=".".join(path[:-1]) or None)
    field = ".".join(path) or None
    if kind == "missing":
        return errors.MissingField(field=field)
    if kind.endswith(("_type", "_parsing")):
        return errors.WrongType(field=field)
    return errors.BadValue(field=field)


def translate_http(_request: Request, error: Exception) -> VaultError:
    status = cast(HTTPException, error).status_code
    kinds: dict[int, VaultError] = {404: errors.NoSuchPage(), 405: errors.MethodNotAllowed(), 413: TooLarge()}
    return kinds.get(status, errors.BadRequest())


def of_foreign(error: Exception) -> VaultError:
    """What an error that nobody raised on purpose becomes. Its text stays out of the answer and out of the log."""
    if isinstance(error, VaultError):
        return error
    if isinstance(error, DBAPIError | PoolTimeout | OSError):
        return errors.Unavailable()
    return errors.Unexpected()


def install(app: FastAPI) -> None:
    """Register the handlers. ``app.state.error_page`` may hold an ``ErrorPage`` for HTML."""

    def validation(request: Request, error: Exception) -> Response:
        return refuse_by_class(request, translate_validation(request, error))

    def http(request: Request, error: Exception) -> Response:
        response = answer(request, translate_http(request, error))
        for name, value in (cast(HTTPException, error).headers or {}).items():
            response.headers[name] = value
        return response

    def disconnected(request: Request, _error: Exception) -> Response:
        return answer(request, errors.BadRequest())

    app.add_exception_handler(VaultError, refuse_by_class)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(ClientDisconnect, disconnected)

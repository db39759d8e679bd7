"""The pages: plain forms over the same services as the API. They work without JavaScript unless they say otherwise.

No health word is in an address or a title. Titles, forms and words are British English.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.pages import (
    account,
    adding,
    admin,
    archiving,
    carers,
    coming_back,
    deliveries,
    documents,
    entry,
    erasing,
    front,
    handing_over,
    handover,
    helping,
    joining,
    leaving,
    leftovers,
    lent,
    looking,
    looking_after,
    new_address,
    new_keys,
    notices,
    passkeys,
    programs,
    proving,
    records,
    recovery,
    result,
    results,
    second_factor,
    shares,
    sharing,
    sign_ins,
    signing,
    single_sign_on,
    trusted,
    unlocking,
    ways_in,
)
from app.pages.errors import error_page
from app.pages.proving import ask_for_proof
from app.pages.visitors import UnconfirmedCodeError
from app.problems import answer, wants_page
from auth.errors import CodeNeeded, ProofNeeded

__all__ = ["error_page", "routes"]

_STATIC = Path(__file__).resolve().parent.parent / "static"


class _Static(StaticFiles):
    """Files without secrets: a browser may keep them and asks each time whether they are still the newest."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        response = super().file_response(*given, **named)
        response.headers["Cache-Control"] = "no-cache"
        return response


def routes(app: FastAPI) -> None:
    """Add every page, the static files and the error page to ``app``."""
    app.mount("/static", _Static(directory=_STATIC), name="static")
    for room in (
        front,
        joining,
        recovery,
        signing,
        unlocking,
        account,
        results,
        result,
        adding,
        deliveries,
        leftovers,
        entry,
        documents,
        records,
        sharing,
        shares,
        looking,
        archiving,
        erasing,
        handing_over,
        looking_after,
        carers,
        coming_back,
        trusted,
        new_address,
        new_keys,
        notices,
        leaving,
        helping,
        handover,
        lent,
        admin,
        proving,
        passkeys,  # Before ways_in, whose addresses end in any word.
        ways_in,
        sign_ins,
        single_sign_on,
        second_factor,
        programs,
    ):
        app.include_router(room.router, include_in_schema=False)
    app.state.error_page = error_page
    app.add_exception_handler(UnconfirmedCodeError, _to_recovery_code)
    app.add_exception_handler(ProofNeeded, _ask_for_proof)
    app.add_exception_handler(CodeNeeded, _ask_for_code)


def _to_recovery_code(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/recovery-code", 303)


def _ask_for_code(request: Request, error: Exception) -> Response:
    if wants_page(request) and "json" not in request.headers.get("accept", ""):
        return RedirectResponse("/sign-in/code", 303)
    return answer(request, cast(CodeNeeded, error))


def _ask_for_proof(request: Request, error: Exception) -> Response:
    return ask_for_proof(request, error) if wants_page(request) else answer(request, cast(ProofNeeded, error))

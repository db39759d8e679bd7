"""The pages: plain forms over the same services as the API. They work without JavaScript unless they say otherwise.

No health word is in an address or a title. Titles, forms and words are British English.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.pages import (
    account,
    adding,
    admin,
    documents,
    entry,
    front,
    handover,
    helping,
    joining,
    leaving,
    leftovers,
    lent,
    looking,
    notices,
    records,
    recovery,
    result,
    results,
    shares,
    sharing,
    signing,
)
from app.pages.errors import error_page
from app.pages.visitors import UnconfirmedCodeError

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
        account,
        results,
        result,
        adding,
        leftovers,
        entry,
        documents,
        records,
        sharing,
        shares,
        looking,
        notices,
        leaving,
        helping,
        handover,
        lent,
        admin,
    ):
        app.include_router(room.router, include_in_schema=False)
    app.state.error_page = error_page
    app.add_exception_handler(UnconfirmedCodeError, _to_recovery_code)


def _to_recovery_code(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/recovery-code", 303)

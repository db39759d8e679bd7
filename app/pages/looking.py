"""Who looked: every line of the citizen's own log, newest first, in plain words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.deps import services
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


@router.get("/who-looked")
def who_looked(
    request: Request, session: Citizen, after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None
) -> Response:
    page = services(request).citizen_log(session).page(PAGE_ROWS, after)
    return render(request, "who-looked.html", here="/who-looked", page=page, after=after)

"""Who looked: every line of the citizen's own log, newest first, gathered by visit, in plain words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.deps import origin_of, services
from app.pages.looks import MOST_TITLES, gathered, with_consents
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.audit.reading import Show
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


@router.get("/who-looked")
def who_looked(
    request: Request,
    session: Citizen,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None,
    show: Show = Show.ALL,
    frozen: bool = False,
) -> Response:
    house = services(request)
    page = house.citizen_log(session).page(PAGE_ROWS, after, show)
    looks = with_consents(house, session, gathered(page.items))
    carers = house.caring(session, origin_of(request)).carers().names()
    values = {"carers": carers, "page": page, "looks": looks, "show": show.value, "after": after, "frozen": frozen}
    return render(request, "who-looked.html", here="/who-looked", most_titles=MOST_TITLES, **values)

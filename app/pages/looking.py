"""Who looked: every line of the citizen's own log, newest first, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.deps import services
from app.pages.rendering import render
from app.pages.visitors import Citizen
from vault.audit.events import Event, Outcome, Role
from vault.audit.reading import LogLine
from vault.paging import MAX_CURSOR_CHARACTERS

router = APIRouter()
PAGE_ROWS = 50


def gathered(lines: Iterable[LogLine]) -> list[list[LogLine]]:
    """The lines in order; a citizen's own looks in a row are one group, so that others' looks stand out."""
    groups: list[list[LogLine]] = []
    for line in lines:
        if groups and _is_own_look(line) and _is_own_look(groups[-1][0]):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _is_own_look(line: LogLine) -> bool:
    return line.role == Role.CITIZEN and line.event == Event.VIEW and line.outcome == Outcome.DONE


@router.get("/who-looked")
def who_looked(
    request: Request, session: Citizen, after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS)] = None
) -> Response:
    page = services(request).citizen_log(session).page(PAGE_ROWS, after)
    return render(request, "who-looked.html", here="/who-looked", page=page, groups=gathered(page.items))

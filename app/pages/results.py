"""The list of tests, one line each: the latest value beside its lab's own range. Search, filter, pins.

What is searched for is a health word, so it travels in a form's body and never in an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages import words
from app.pages.finding import MAX_WANTED_CHARACTERS, is_found, names_of, plain
from app.pages.forms import Submitted
from app.pages.rendering import render
from app.pages.visitors import Citizen
from app.texts import _
from vault.errors import Invalid
from vault.health import catalogue
from vault.health.ranges import Standing
from vault.ids import text_of
from vault.records.views import LatestRow, ResultRow

router = APIRouter()

GROUPS_FROM = 25
"""So many unpinned tests are easier to read under the names of their panels."""
FINDER_FROM = 4
"""Fewer tests are seen at a glance, so nothing to search or filter them by stands above them."""
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Line:
    """One test: ``title`` in common words; ``lab_name`` where the lab calls it otherwise, else empty; ``anchor`` names
    its place on the page; ``names`` is what a search looks through."""

    latest: LatestRow
    title: str
    lab_name: str
    anchor: str
    names: str
    is_pinned: bool

    @property
    def row(self) -> ResultRow:
        return self.latest.result

    @property
    def standing(self) -> Standing:
        return self.latest.result.standing

    @property
    def is_outside(self) -> bool:
        return self.standing in ("low", "high")


@dataclass(frozen=True, slots=True)
class Section:
    """``heading`` may be said to screen readers alone (``is_quiet``)."""

    heading: str
    lines: tuple[Line, ...]
    is_quiet: bool = False


@router.get("/results")
def list_results(request: Request, session: Citizen, show: str = "", welcome: bool = False) -> Response:
    return _list(request, session, find="", show=show, welcome=welcome)


@router.post("/results")
def find_results(request: Request, session: Citizen, form: Submitted) -> Response:
    """The list again, with only what was asked for."""
    return _list(request, session, find=form.text("find")[:MAX_WANTED_CHARACTERS], show=form.text("show"))


@router.post("/results/pins")
def pin(request: Request, session: Citizen, form: Submitted) -> Response:
    pins, test = services(request).pins(session), form.text("test")
    try:
        if form.text("keep") == "no":
            pins.unpin(test)
        else:
            pins.pin(test)
    except Invalid as error:
        return _list(request, session, find="", show="", notice=error.advice, status=422)
    place = form.text("place")
    return RedirectResponse(f"/results#{place}" if _is_anchor(place) else "/results", 303)


def _list(
    request: Request,
    session: Citizen,
    *,
    find: str,
    show: str,
    welcome: bool = False,
    notice: str = "",
    status: int = 200,
) -> Response:
    parts = services(request)
    pinned = parts.pins(session).all()
    lines = [_line(latest, pinned) for latest in parts.records(session, origin_of(request)).latest()]
    shown = {line.anchor for line in lines if (line.is_outside or show != OUTSIDE) and is_found(line.names, find)}
    return render(
        request,
        "results.html",
        status,
        here="/results",
        sections=_sections(lines, pinned),
        shown=shown,
        total=len(lines),
        outside=sum(line.is_outside for line in lines),
        show=show,
        find=find,
        finder_from=FINDER_FROM,
        welcome=welcome,
        notice=notice,
    )


def _line(latest: LatestRow, pinned: Sequence[str]) -> Line:
    row, known = latest.result, catalogue.find(latest.result.analyte)
    title = (known.common_name or known.name) if known else row.name
    return Line(
        latest=latest,
        title=title or _("No name given"),
        lab_name=row.name if words.is_sent(row.source) and plain(row.name) != plain(title) else "",
        anchor=f"t-{text_of(row.record_id)}-{row.part}",
        names=names_of(latest, words.word(words.GROUPS, known.group) if known else ""),
        is_pinned=latest.test in pinned,
    )


def _sections(lines: Sequence[Line], pinned: Sequence[str]) -> list[Section]:
    """The pinned first, in the order they were pinned; the rest by panel where there are many."""
    top = sorted((line for line in lines if line.is_pinned), key=lambda line: pinned.index(line.latest.test))
    rest = sorted((line for line in lines if not line.is_pinned), key=lambda line: line.title.casefold())
    sections = [Section(_("Pinned"), tuple(top))] if top else []
    if len(rest) < GROUPS_FROM:
        quiet = not top
        return (
            [*sections, Section(_("Your tests") if quiet else _("Other tests"), tuple(rest), quiet)]
            if rest
            else sections
        )
    for group, heading in words.GROUPS.items():
        if found := tuple(line for line in rest if _group(line) == group):
            sections.append(Section(heading, found))
    if others := tuple(line for line in rest if _group(line) not in words.GROUPS):
        sections.append(Section(_("Other tests"), others))
    return sections


def _group(line: Line) -> str:
    known = catalogue.find(line.row.analyte)
    return known.group if known else ""


def _is_anchor(place: str) -> bool:
    return place.startswith("t-") and len(place) <= 60 and place.replace("-", "").replace("_", "").isalnum()

"""Templates, and the words that values get on the way into them. Everything is escaped; undefined names are errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.deps import known_session, optional_session, services
from app.pages import words
from app.pages.bars import bar_of
from app.powers import OPENED_IN
from auth.carers.powers import Power
from auth.roles import Role
from auth.sessions import Session
from vault.ids import text_of

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(\d\d:\d\d)(?::\d\d)?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_POSTED_FORM = re.compile(r'<form method="post"[^>]*>')
_NO_FAULTS: Mapping[str, str] = {}


def date_words(written: str) -> str:
    """A clinical date in words, exactly as precise as it was written: ``5 Apr 2026``, ``Apr 2026``, with its offset."""
    found = _WRITTEN.fullmatch(written)
    if found is None or (found[2] and not 1 <= int(found[2]) <= 12):
        return written or "no date"
    year, month, day, time, offset = found.groups()
    date = " ".join(part for part in (day and str(int(day)), month and _MONTHS[int(month) - 1], year) if part)
    if not time:
        return date
    zone = {None: "", "Z": " UTC", "+00:00": " UTC"}.get(offset, f" (UTC{offset})")
    return f"{date}, {time}{zone}"


def taken(written: str) -> Markup:
    """The day of a clinical date as ``<time>``; it never shifts into another zone."""
    if _WRITTEN.fullmatch(written) is None:
        return escape(date_words(written))
    return Markup('<time datetime="{}">{}</time>').format(written, date_words(written).partition(",")[0])


def time_of_day(written: str) -> str:
    """The time of a clinical date as written, with its offset; empty if there is none."""
    return date_words(written).partition(", ")[2]


def day_words(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def moment(at: datetime) -> Markup:
    """A moment as ``<time>`` in UTC; a script of ours puts it into the reader's zone where it may run."""
    at = at.astimezone(UTC)
    return Markup('<time data-local datetime="{}">{}, {} UTC</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"), day_words(at), at.strftime("%H:%M")
    )


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # The extension adds it.
    environment.filters |= {
        "taken": taken,
        "time_of_day": time_of_day,
        "moment": moment,
        "day": day_words,
        "plural": plural,
        "id": text_of,
        "date": lambda day: f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
        "unit": words.unit_words,
    }
    environment.filters |= {"number": words.number_of, "bound": words.bound_of}
    environment.globals |= {"words": words, "bar_of": bar_of}
    return environment


_TEMPLATES = _environment()


def seconds_left(request: Request, session: Session) -> int:
    """Whole seconds until a sign-in ends."""
    return int((session.expires_at - services(request).clock.now()).total_seconds())


def _end_of(request: Request, session: Session | None) -> dict[str, Any]:
    """When the sign-in ends, for the page to say so in time, and an id by which it knows whose it was."""
    if session is None:
        return {"session_seconds": None, "session_whose": None}
    return {"session_seconds": seconds_left(request, session), "session_whose": text_of(session.vault_id)}


def render(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page. ``faults`` (field → advice) and ``typed`` (field → what stays in the form) may be left out.

    ``person`` given means that nobody is asked for who is signed in. ``sample``: whose side of the sample this is.
    """
    session = known_session(request) if "person" in values else optional_session(request)
    asks = "person" not in values and session is not None and session.role is Role.CITIZEN and _may_view(session)
    unseen = services(request).notices(session).unseen() if asks and session else 0
    leave_url = services(request).settings.leave_url
    frame: dict[str, Any] = {"person": session.role.value if session else None, "here": None}
    frame |= {"faults": _NO_FAULTS, "typed": {}}
    frame |= {"unseen": unseen, "leave_url": leave_url}
    frame["sample"] = session.role.value if session and session.sample else None
    frame |= _end_of(request, session if frame["person"] else None)
    frame["acting"] = session.acting if session else None
    frame["sign_ons"] = services(request).single_sign_on.offered
    page = _TEMPLATES.get_template(template).render(frame | values)
    return HTMLResponse(_of_person(page, session), status_code=status)


def _may_view(session: Session) -> bool:
    return session.acting is None or Power.VIEW in session.acting.powers


def _of_person(page: str, session: Session | None) -> str:
    """While somebody acts for another, every form says whose vault it was opened in."""
    if session is None or session.acting is None:
        return page
    stated = f'<input type="hidden" name="{OPENED_IN}" value="{text_of(session.vault_id)}">'
    return _POSTED_FORM.sub(rf"\g<0>{stated}", page)

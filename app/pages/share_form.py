"""The answers of a share as they travel from step to step, and as the body that previews and grants take.

Answers are the fields of the forms, carried in hidden fields and never in an address. Days are whole days in UTC:
*from* is their start, *until* includes the day. The pages say so.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.pages.forms import Form
from app.texts import _
from sharing.consent.terms import Terms
from vault.errors import Invalid

WHAT, WHO, HOW, CHECK = "what", "who", "how", "check"
STEPS = (WHAT, WHO, HOW, CHECK)
ANSWERS: Mapping[str, tuple[str, ...]] = {
    WHAT: ("include", "exclude", "taken_from", "taken_until"),
    WHO: ("recipient.name", "recipient.email", "sign_in", "purpose"),
    HOW: ("days", "passcode", "max_opens", "actions"),
}
DAYS = {"1": _("1 day"), "7": _("7 days"), "30": _("30 days"), "90": _("90 days")}
DEFAULT_DAYS = "7"
_FIELD_NAMES = {"expires_at": "days"}


class BadDay(Invalid):
    code = "bad-day"
    advice = _("Please enter a real day, such as 2026-04-05.")


class BadCount(Invalid):
    code = "bad-count"
    advice = _("Please enter a whole number, or leave it empty.")


def answers_of(form: Form) -> dict[str, tuple[str, ...]]:
    """What was answered so far, and nothing else that the form holds."""
    return {name: form.values[name] for names in ANSWERS.values() for name in names if name in form.values}


def carried(answers: Mapping[str, tuple[str, ...]], step: str) -> list[tuple[str, str]]:
    """Hidden fields of ``step``: every answer that isn't a field of its own."""
    own = ANSWERS.get(step, ())
    return [(name, value) for name, values in answers.items() if name not in own for value in values]


def step_of(field: str) -> tuple[str, str]:
    """(step, its field) of a field that a service named; the first step and no field where it's nobody's."""
    name = field.partition("[")[0]
    name = _FIELD_NAMES.get(name, name)
    return next(((step, name) for step, names in ANSWERS.items() if name in names), (WHAT, ""))


def body_of(form: Form, now: datetime, expires_at: str | None = None) -> dict[str, Any]:
    """A preview body. ``expires_at``: the end that was shown, else so many days from ``now``.

    Raises Invalid for days and numbers that are none; the rest is judged where it is meant.
    """
    return {
        "recipient": {"name": form.text("recipient.name"), "email": form.text("recipient.email") or None},
        "sign_in": form.text("sign_in") or None,
        "purpose": form.text("purpose"),
        "include": _selectors(form, "include"),
        "exclude": _selectors(form, "exclude"),
        "taken_from": _day(form, "taken_from", timedelta(0)),
        "taken_until": _day(form, "taken_until", timedelta(days=1)),
        "expires_at": expires_at or _end(form, now),
        "passcode": form.text("passcode") or None,
        "max_opens": _count(form, "max_opens"),
        "actions": ["view", *(each for each in form.many("actions") if each != "view")],
    }


def answers_from(terms: Terms, granted_at: datetime) -> dict[str, tuple[str, ...]]:
    """The answers that would give these terms again: never more than they gave, and with a fresh passcode."""
    length = terms.expires_at - granted_at
    days = next((each for each in DAYS if length <= timedelta(days=int(each))), list(DAYS)[-1])
    return {
        "include": tuple(f"{each.by}:{each.value}" for each in sorted(terms.include)),
        "exclude": tuple(f"{each.by}:{each.value}" for each in sorted(terms.exclude)),
        "taken_from": (_first_day(terms.taken_from),),
        "taken_until": (_last_day(terms.taken_until),),
        "recipient.name": (terms.recipient.name,),
        "recipient.email": (terms.recipient.email or "",),
        "sign_in": (terms.sign_in or "",),
        "purpose": (terms.purpose,),
        "days": (days,),
        "passcode": (make_passcode() if terms.with_passcode else "",),
        "max_opens": (str(terms.max_opens or ""),),
        "actions": tuple(sorted(terms.actions - {"view"})),
    }


def make_passcode() -> str:
    """Six random digits: ten lifetime tries make that one chance in a hundred thousand."""
    return f"{secrets.randbelow(1_000_000):06d}"


def _selectors(form: Form, side: str) -> list[dict[str, str]]:
    pairs = (choice.partition(":") for choice in form.many(side))
    return [{by: value} for by, _colon, value in pairs]


def _day(form: Form, name: str, shift: timedelta) -> str | None:
    written = form.text(name)
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        return _text(datetime.combine(day, time(), UTC) + shift)
    except (ValueError, OverflowError):
        raise BadDay(field=name) from None


def _end(form: Form, now: datetime) -> str:
    days = form.text("days")
    if days not in DAYS:
        raise Invalid(_("Please choose how long the link works."), "days")
    return _text((now + timedelta(days=int(days))).replace(microsecond=0))


def _count(form: Form, name: str) -> int | None:
    written = form.text(name)
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 6:
        raise BadCount(field=name)
    return int(written)


def _first_day(start: datetime | None) -> str:
    """The first whole day in a window, which may have begun within a day."""
    if start is None:
        return ""
    start = start.astimezone(UTC)
    is_midnight = start.time() == time()
    return (start.date() if is_midnight else start.date() + timedelta(days=1)).isoformat()


def _last_day(end: datetime | None) -> str:
    return "" if end is None else (end.astimezone(UTC).date() - timedelta(days=1)).isoformat()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

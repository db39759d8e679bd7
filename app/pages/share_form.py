"""The share form as the body that previews and grants take, the same JSON as the API's, and back into hidden fields.

Days are whole days in UTC: *from* is their start, *until* includes the day. The page says so.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.pages.forms import Form
from vault.errors import Invalid

DAYS = {"1": "1 day", "7": "7 days", "30": "30 days", "90": "90 days"}


class BadDay(Invalid):
    code = "bad-day"
    advice = "Please enter a real day, such as 2026-04-05."


class BadCount(Invalid):
    code = "bad-count"
    advice = "Please enter a whole number, or leave it empty."


def body_of(form: Form, now: datetime) -> dict[str, Any]:
    """A preview body. Raises Invalid for days and numbers that are none; the rest is judged where it is meant."""
    actions = ["view", *form.many("actions")]
    return {
        "recipient": {"name": form.text("recipient.name"), "email": form.text("recipient.email") or None},
        "purpose": form.text("purpose"),
        "include": _selectors(form, "include"),
        "exclude": _selectors(form, "exclude"),
        "taken_from": _day(form, "taken_from", timedelta(0)),
        "taken_until": _day(form, "taken_until", timedelta(days=1)),
        "expires_at": _end(form, now),
        "passcode": form.text("passcode") or None,
        "max_opens": _count(form, "max_opens"),
        "actions": actions,
    }


def carried(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Hidden fields of the page *check your answers*, which ``body_again`` reads: the same terms to the letter."""
    fields = [
        ("recipient.name", body["recipient"]["name"]),
        ("recipient.email", body["recipient"]["email"] or ""),
        ("max_opens", str(body["max_opens"] or "")),
        *((name, body[name] or "") for name in ("purpose", "taken_from", "taken_until", "expires_at", "passcode")),
        *(("actions", action) for action in body["actions"]),
    ]
    for side in ("include", "exclude"):
        fields += [(side, f"{by}:{value}") for selector in body[side] for by, value in selector.items()]
    return [(name, value) for name, value in fields if value]


def body_again(form: Form) -> dict[str, Any]:
    """The body of a grant from the hidden fields, with the statement that was shown."""
    return {
        "recipient": {"name": form.text("recipient.name"), "email": form.text("recipient.email") or None},
        "include": _selectors(form, "include"),
        "exclude": _selectors(form, "exclude"),
        "max_opens": _count(form, "max_opens"),
        "actions": list(form.many("actions")),
        **{
            name: form.text(name) or None for name in ("purpose", "taken_from", "taken_until", "expires_at", "passcode")
        },
        "statement": {"id": form.text("statement.id"), "version": form.text("statement.version")},
    }


def _selectors(form: Form, side: str) -> list[dict[str, str]]:
    pairs = (choice.partition(":") for choice in form.many(side))
    return [{by: value} for by, _, value in pairs]


def _day(form: Form, name: str, shift: timedelta) -> str | None:
    written = form.text(name)
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        return _text(datetime.combine(day, time(), UTC) + shift)
    except (ValueError, OverflowError):
        raise BadDay(field=name) from None


def _end(form: Form, now: datetime) -> str | None:
    days = form.text("days")
    if days not in DAYS:
        return None
    return _text((now + timedelta(days=int(days))).replace(microsecond=0))


def _count(form: Form, name: str) -> int | None:
    written = form.text(name)
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or len(written) > 6:
        raise BadCount(field=name)
    return int(written)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

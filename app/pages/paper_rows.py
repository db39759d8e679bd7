"""Rows typed in from a document: several results on one form, each wrong field named beside it, empty rows ignored.

Field names end in the row's number, from 1. Day and laboratory are asked once for the paper; a row may have its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from app.pages.forms import Form
from app.pages.results_typed import FIELDS, NAMES, NEEDED, check_day, in_our_words, typed_of
from app.texts import _
from vault.errors import Invalid
from vault.health.typed import TypedResult, resource_of

FIRST_ROWS: Final = 3
MOST_ROWS: Final = 30
_SHARED: Final = ("taken_at", "lab")


@dataclass(slots=True)
class Read:
    """``typed`` are the rows that are right, ``faults`` advice by the name of a field."""

    typed: list[TypedResult] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def count_of(form: Form) -> int:
    """How many rows the form has."""
    text = form.text("rows")
    count = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else FIRST_ROWS
    return max(1, min(count, MOST_ROWS))


def read_rows(form: Form, today: date) -> Read:
    """Everything that was typed, checked."""
    read = Read()
    used = [number for number in range(1, count_of(form) + 1) if any(form.text(f"{name}-{number}") for name in NAMES)]
    for number in used:
        _read_row(form, number, today, read)
    if not used:
        read.faults["analyte-1"] = _("Please type in at least one result.")
    return read


def _read_row(form: Form, number: int, today: date, read: Read) -> None:
    values = {name: form.text(f"{name}-{number}") for name in NAMES}
    own_day = bool(values["taken_at"])
    for name in _SHARED:
        values[name] = values[name] or form.text(name)
    missing = _missing(values)
    for name, advice in missing.items():
        read.faults[name if name == "taken_at" else f"{name}-{number}"] = _at_row(number, advice, name)
    if set(missing) - {"taken_at"}:
        return
    values["taken_at"] = values["taken_at"] or today.isoformat()  # So that the rest is judged too.
    try:
        check_day(values["taken_at"], today)
        typed = typed_of(values)
        resource_of(typed)
    except Invalid as error:
        name = FIELDS.get(error.field or "", error.field or "value")
        shared = name == "taken_at" and not own_day
        read.faults[name if shared else f"{name}-{number}"] = _at_row(
            number, in_our_words(error, values["analyte"]).advice, "taken_at" if shared else ""
        )
        return
    if not missing:
        read.typed.append(typed)


def _missing(values: dict[str, str]) -> dict[str, str]:
    return {name: advice for name, advice in NEEDED.items() if not values[name]}


def _at_row(number: int, advice: str, name: str) -> str:
    """Advice that says which row it is about; the paper's own day is about all."""
    return advice if name == "taken_at" else _("Row {number}: {advice}").format(number=number, advice=advice)

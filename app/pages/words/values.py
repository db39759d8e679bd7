"""How values, ranges, units, sources, sizes and codes are said. A code without a word is shown as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.pages.words.codes import ACTS, EVENTS, FIELDS, TRIED, UNITS
from app.texts import _
from vault.health import observation, ranges

_MICRO = re.compile(r"\bu(?=(?:g|mol|L|kat)\b)")
_NUMBER = re.compile(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)", re.ASCII)
_FIELD = re.compile("The field \u201c([A-Za-z]+)\u201d")


def event_words(event: str, is_refused: bool, is_of_link: bool, reason: str = "") -> str:
    """What somebody did, or tried to do: a refusal at a link is a try to open it. Some reasons say what the act was."""
    if is_refused and event in TRIED:
        return TRIED["open" if is_of_link and event == "refusal" else event]
    return ACTS.get(reason) or word(EVENTS, event)


def reason_words(reason: str) -> str:
    """Why a part of a file is doubtful, with our words for the fields that people know."""
    return _FIELD.sub(lambda found: FIELDS.get(found[1], _("The field")) + f" (\u201c{found[1]}\u201d)", reason)


def word(table: Mapping[str, str], code: str) -> str:
    return table.get(code, code.replace("-", " "))


def number_of(value: str) -> str:
    """The figure in ``0.80`` or ``<0.5``; an empty text where there is none."""
    found = _NUMBER.fullmatch(value)
    return found[2] if found else ""


def bound_of(value: str) -> str:
    """``<``, ``<=``, ``>`` or ``>=`` before a figure, else an empty text."""
    found = _NUMBER.fullmatch(value)
    return (found[1] or "") if found else ""


lacks_value = observation.lacks_value
standing_of = ranges.standing_of


def range_words(low: str, high: str, text: str) -> str:
    """The lab's own range: ``0.70 to 1.00``, ``up to 1.00``, ``0.70 or more``, or its own words."""
    if low and high:
        return _("{low} to {high}").format(low=low, high=high)
    if high:
        return _("up to {high}").format(high=high)
    return _("{low} or more").format(low=low) if low else text


def source_words(source: str) -> str:
    if source == "typed":
        return _("typed by you")
    return _("read from your document") if document_id(source) else _("uploaded file")


def is_sent(source: str) -> bool:
    """Whether a lab or hospital wrote it, so that its names are theirs; a person chose the name of what was typed."""
    return source != "typed" and not document_id(source)


def document_id(source: str) -> str:
    """The id of the document that a result was read from; empty for every other source."""
    return source.removeprefix("document:") if source.startswith("document:") else ""


def unit_words(unit: str) -> str:
    """A unit as people write it; one that the catalogue doesn't know stays as it was received."""
    return UNITS.get(unit) or _MICRO.sub("\u00b5", unit)


def size_words(size_bytes: int) -> str:
    if size_bytes < 1000:
        return _("{n} bytes").format(n=size_bytes)
    if size_bytes < 1_000_000:
        return _("{n} kB").format(n=f"{size_bytes / 1000:,.0f}")
    return _("{n} MB").format(n=f"{size_bytes / 1_000_000:,.1f}")

"""Small strict looks into a FHIR resource. A broken rule is a FaultError, told in plain words without contents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.health.dates import DateError, span

Json = Mapping[str, Any]

MAX_TEXT_CHARACTERS = 1_000
MAX_LINE_CHARACTERS = 200
MAX_ITEMS = 200

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class FaultError(Exception):
    """One resource breaks a rule; ``reason`` says which, never with what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Coding:
    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Concept:
    text: str
    codings: tuple[Coding, ...]

    @property
    def name(self) -> str:
        """What a person would call it: its text, else its first display, else its first code."""
        displays = [coding.display for coding in self.codings if coding.display]
        codes = [coding.code for coding in self.codings if coding.code]
        return next(iter([*([self.text] if self.text else []), *displays, *codes]), "")


def text_of(holder: Json, key: str, limit: int = MAX_TEXT_CHARACTERS) -> str:
    """A text member, or empty. Faults on anything else and on too much."""
    value = holder.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FaultError(f"The field “{key}” should be a text.")
    if len(value) > limit:
        raise FaultError(f"The field “{key}” is longer than {limit:,} characters.")
    return value


def object_of(holder: Json, key: str) -> Json | None:
    """An object member, or None."""
    value = holder.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise FaultError(f"The field “{key}” should be an object.")


def objects_of(holder: Json, key: str) -> list[Json]:
    """A list of objects, or an empty one."""
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not {dict}.issuperset(map(type, value)):
        raise FaultError(f"The field “{key}” should be a list of objects.")
    if len(value) > MAX_ITEMS:
        raise FaultError(f"The field “{key}” has more than {MAX_ITEMS} entries.")
    return value


def concept_of(value: Json) -> Concept:
    """A CodeableConcept."""
    codings = tuple(
        Coding(text_of(coding, "system"), text_of(coding, "code"), text_of(coding, "display"))
        for coding in objects_of(value, "coding")
    )
    return Concept(text_of(value, "text"), codings)


def date_of(holder: Json, key: str) -> str:
    """A date or time of the calendar as written, or empty."""
    text = text_of(holder, key)
    if text:
        span_of(text, key)
    return text


def span_of(text: str, key: str) -> tuple[int, int]:
    """The stretch of time that a date covers."""
    try:
        return span(text)
    except DateError:
        raise FaultError(f"The field “{key}” isn't a date of the calendar, or has a time without an offset.") from None


def line(text: str, limit: int = MAX_LINE_CHARACTERS) -> str:
    """A text fit for one line of a page: no control or direction characters, cut with an ellipsis."""
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"

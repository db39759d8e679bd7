"""Reads one JSON object field by field and says precisely which field is wrong, never what was in it.

An absent field and a null one mean the same. A name we don't know is refused: a misspelt limit must not
become no limit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vault.errors import Invalid

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


class UnknownField(Invalid):
    """``field`` is the object that holds it; the name itself came from outside."""

    code = "unknown-field"
    advice = "There is a field here that this call doesn't know. Check the spelling."


class MissingField(Invalid):
    code = "missing-field"
    advice = "Something that is needed here is missing."


class WrongType(Invalid):
    code = "wrong-type"
    advice = "This field holds another kind of value than it may."


class BadText(Invalid):
    code = "bad-text"
    advice = "This text is empty, too long, or holds characters that can't be shown."


class BadTime(Invalid):
    code = "bad-time"
    advice = "Give date, time and offset, for example 2026-03-08T12:00:00Z."


class Fields:
    """The fields of one object at ``path``; every reader raises an ``Invalid`` that names the full path."""

    def __init__(self, value: Any, known: frozenset[str], path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise WrongType("An object with named fields is expected here.", path or None)
        if not known.issuperset(value):
            raise UnknownField(f"{UnknownField.advice} Known here: {_listed(known)}.", path or None)
        self._value = value
        self._path = path

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def raw(self, name: str) -> Any:
        """The value as it came, or None."""
        return self._value.get(name)

    def required(self, name: str) -> Any:
        value = self._value.get(name)
        if value is None:
            raise MissingField(field=self.path(name))
        return value

    def text(self, name: str, longest: int) -> str:
        """A required line of 1 to ``longest`` code points, in NFC, without surrounding white space."""
        return read_line(self.required(name), longest, self.path(name))

    def optional_text(self, name: str, longest: int) -> str | None:
        return None if self.raw(name) is None else self.text(name, longest)

    def items(self, name: str, most: int) -> list[Any]:
        """A required list of at most ``most`` values."""
        value = self.required(name)
        if not isinstance(value, list):
            raise WrongType("A list is expected here.", self.path(name))
        if len(value) > most:
            raise WrongType(f"At most {most} entries fit here.", self.path(name))
        return value

    def optional_items(self, name: str, most: int) -> list[Any]:
        return [] if self.raw(name) is None else self.items(name, most)

    def moment(self, name: str) -> datetime:
        """A required moment with time and offset, in UTC."""
        return read_moment(self.required(name), self.path(name))

    def optional_moment(self, name: str) -> datetime | None:
        return None if self.raw(name) is None else self.moment(name)

    def optional_count(self, name: str, most: int) -> int | None:
        """A whole number from 1 to ``most``, or None. A number in quotes is refused."""
        value = self.raw(name)
        if value is None:
            return None
        if type(value) is not int:
            raise WrongType("A whole number without quotes is expected here.", self.path(name))
        if not 1 <= value <= most:
            raise WrongType(f"A whole number from 1 to {most} is expected here.", self.path(name))
        return value


def read_line(value: Any, longest: int, path: str) -> str:
    """A line of text that can be shown and stored; BadText or WrongType otherwise."""
    if not isinstance(value, str):
        raise WrongType("A text is expected here.", path)
    if len(value) > longest * 4:
        raise BadText(field=path)
    line = unicodedata.normalize("NFC", value).strip()
    if not 1 <= len(line) <= longest or any(_is_unshowable(each) for each in line):
        raise BadText(field=path)
    return line


def read_moment(value: Any, path: str) -> datetime:
    """An instant in UTC from text with date, time and offset; BadTime otherwise."""
    if not isinstance(value, str):
        raise WrongType("A moment is expected here, as text.", path)
    if len(value) > 40 or not value.isascii() or _MOMENT.fullmatch(value) is None:
        raise BadTime(field=path)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadTime("This moment isn't in the calendar.", path) from None


# Control, surrogate, private and unassigned characters and line separators; and the marks that turn text around,
# with which one name can be made to look like another.
_UNSHOWABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_unshowable(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _UNSHOWABLE


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))

"""FHIR dates and times: calendar-valid or refused, and the stretch of UTC time that each one covers.

A date without time covers its whole day, a month its month, a year its year. A time without an offset is refused:
nothing tells when it was. Pure integer arithmetic, so year 9999 and any offset are safe.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

MICROSECONDS_A_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_START = datetime(1970, 1, 1, tzinfo=UTC)
_PATTERN = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.([0-9]{1,9}))?"
    r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00))?)?)?"
)


class DateError(ValueError):
    """Not a date of the calendar in FHIR's form. Holds nothing of what was written."""


def span(text: str) -> tuple[int, int]:
    """``[since, until)`` in microseconds since 1970, UTC; an instant covers one microsecond. Raises DateError."""
    usual = _usual(text)
    if usual is not None:
        return usual, usual + 1
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise DateError
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    first = _ordinal(int(year), int(month or 1), int(day or 1))
    if hour is None:
        days = 1 if day else _days(int(year), int(month) if month else None)
        return first * MICROSECONDS_A_DAY, (first + days) * MICROSECONDS_A_DAY
    minutes = int(hour) * 60 + int(minute) - _offset_minutes(offset)
    micros = (minutes * 60 + int(second)) * 1_000_000 + int((fraction or "0").ljust(6, "0")[:6])
    since = first * MICROSECONDS_A_DAY + micros
    return since, since + 1


def has_time(text: str) -> bool:
    """Whether a valid date says a time of day."""
    return "T" in text


def _usual(text: str) -> int | None:
    """The two forms that nearly every file uses, by the C parser; None leaves a text to the whole rule."""
    size = len(text)
    if size not in (25, 29) or text[10] != "T" or text[16] != ":" or text[5] == "W" or text[-5:-3] > "13":
        return None
    if size == 29 and text[19] != ".":
        return None
    try:
        passed = datetime.fromisoformat(text) - _START
    except ValueError:
        return None
    return passed.days * MICROSECONDS_A_DAY + passed.seconds * 1_000_000 + passed.microseconds


def _ordinal(year: int, month: int, day: int) -> int:
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        raise DateError from None


def _days(year: int, month: int | None) -> int:
    """Days of a month, or of a whole year, counted from its first day."""
    if month is None:
        return _ordinal(year, 12, 31) - _ordinal(year, 1, 1) + 1
    if month == 12:
        return 31
    return _ordinal(year, month + 1, 1) - _ordinal(year, month, 1)


def _offset_minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return -minutes if offset[0] == "-" else minutes

"""Dates are of the calendar or refused, and cover exactly the UTC time they name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.health.dates import DateError, span


def micros(*parts: int) -> int:
    return (datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026", micros(2026, 1, 1), micros(2027, 1, 1)),
        ("2024-02", micros(2024, 2, 1), micros(2024, 3, 1)),
        ("2024-12", micros(2024, 12, 1), micros(2025, 1, 1)),
        ("2024-02-29", micros(2024, 2, 29), micros(2024, 3, 1)),
        ("2026-04-05T00:30:00+01:00", micros(2026, 4, 4, 23, 30), micros(2026, 4, 4, 23, 30) + 1),
        ("2026-04-05T00:30:00Z", micros(2026, 4, 5, 0, 30), micros(2026, 4, 5, 0, 30) + 1),
        ("2026-04-05T00:30:00.25-14:00", micros(2026, 4, 5, 14, 30) + 250_000, micros(2026, 4, 5, 14, 30) + 250_001),
        ("1969-12-31", micros(1969, 12, 31), 0),
    ],
)
def test_a_date_covers_the_stretch_it_names(text: str, since: int, until: int) -> None:
    assert span(text) == (since, until)


@pytest.mark.parametrize(
    "text", ["9999", "9999-12", "9999-12-31", "9999-12-31T23:59:60-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_the_ends_of_the_calendar_are_no_trouble(text: str) -> None:
    since, until = span(text)
    assert since < until


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-02-30",
            "2025-02-29",
            "2026-13",
            "2026-00-01",
            "0000",
            "26-01-01",
            "2026-1-1",
            "2026-W14-5",
            "today",
            "",
        ),
        *(
            "2026-04-05T08:30:00",
            "2026-04-05T08:30Z",
            "2026-04-05T24:00:00Z",
            "2026-04-05T08:61:00Z",
            "2026-04-05 08:30:00Z",
        ),
        *(
            "2026-04-05T08:30:00+14:30",
            "2026-04-05T08:30:00+99:00",
            "2026-04-05T08:30+04:00:00",
            "2026-W14-5T08:30:00+04:00",
        ),
        *(
            "2026-02-30T08:30:00+04:00",
            "2026-04-05T08:30:00,287-04:00",
            "\uff12\uff10\uff12\uff16-04-05",
            "2026-04-05\n",
            " 2026-04-05",
        ),
    ],
)
def test_what_is_no_date_of_the_calendar_in_fhirs_form_is_refused(text: str) -> None:
    with pytest.raises(DateError):
        span(text)


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60), st.sampled_from(["seconds", "milliseconds", "microseconds"]))
def test_every_instant_is_where_the_standard_library_puts_it(moment: datetime, minutes: int, detail: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = aware.isoformat(timespec=detail)
    expected = (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert span(text) == (expected, expected + 1)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        span(text)
    except DateError:
        return

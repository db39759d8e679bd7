"""Dates, figures, ranges and bars as the pages say them."""

from __future__ import annotations

import pytest

from app.pages.bars import bar_of
from app.pages.records import _readable
from app.pages.rendering import date_words, taken, time_of_day
from app.pages.words import bound_of, event_words, number_of, range_words, size_words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-04-05", "5 Apr 2026"),
        ("2026-04", "Apr 2026"),
        ("2026", "2026"),
        ("2026-04-05T08:30:00+01:00", "5 Apr 2026, 08:30 (UTC+01:00)"),
        ("2026-04-05T23:30:12.5Z", "5 Apr 2026, 23:30 UTC"),
        ("", "no date"),
        ("2026-13-05", "2026-13-05"),
        ("<b>", "<b>"),
    ],
)
def test_a_date_is_said_as_precisely_as_it_was_written(written: str, said: str) -> None:
    assert date_words(written) == said


def test_a_date_never_shifts_and_what_is_none_is_escaped() -> None:
    assert taken("2026-04-05T23:30:00-05:00") == '<time datetime="2026-04-05T23:30:00-05:00">5 Apr 2026</time>'
    assert time_of_day("2026-04-05T23:30:00-05:00") == "23:30 (UTC-05:00)"
    assert "<" not in taken("<script>")


@pytest.mark.parametrize(
    ("value", "number", "bound"),
    [("0.80", "0.80", ""), ("<0.5", "0.5", "<"), (">= 90", "90", ">="), ("-3", "-3", ""), ("negative", "", "")],
)
def test_a_value_is_a_figure_a_bound_or_words(value: str, number: str, bound: str) -> None:
    assert (number_of(value), bound_of(value)) == (number, bound)


def test_ranges_are_said_as_the_lab_gave_them() -> None:
    said = [
        range_words("0.70", "1.00", ""),
        range_words("", "5", ""),
        range_words("90", "", ""),
        range_words("", "", "x"),
    ]
    assert said == ["0.70 to 1.00", "up to 5", "90 or more", "x"]


def test_a_bar_places_the_value_in_its_own_range_and_keeps_it_in_sight() -> None:
    middle, far = bar_of("0.85", "0.70", "1.00"), bar_of("900", "0.70", "1.00")
    assert middle is not None
    assert (middle.left, middle.mark, middle.right) == (45.0, 75.0, 105.0)
    assert far is not None
    assert far.mark == 142
    one_sided, bound = bar_of("2.5", "", "5.0"), bar_of("<0.5", "0.70", "1.00")
    assert one_sided is not None
    assert (one_sided.left, one_sided.mark, one_sided.right) == (1, 52.5, 105.0)
    assert bound is not None
    assert bound.is_bound


@pytest.mark.parametrize(("value", "low", "high"), [("x", "1", "2"), ("1", "", ""), ("1", "2", "2"), ("1", "a", "2")])
def test_no_bar_is_drawn_of_what_is_no_number(value: str, low: str, high: str) -> None:
    assert bar_of(value, low, high) is None


def test_a_source_is_indented_with_its_numbers_as_written() -> None:
    assert _readable(b'{"a":0.80,"b":[],"c":[{"d":"x: [,]"},2]}').splitlines() == [
        *("{", '  "a": 0.80,', '  "b": [],', '  "c": [', "    {", '      "d": "x: [,]"', "    },", "    2", "  ]", "}"),
    ]


def test_sizes_are_said_in_round_words() -> None:
    assert [size_words(999), size_words(16_400), size_words(10_485_760)] == ["999 bytes", "16 kB", "10.5 MB"]


def test_a_refused_try_is_said_as_a_try() -> None:
    assert event_words("sign-in", True, False) == "Tried to sign in"
    assert event_words("refusal", True, True) == "Tried to open a link"
    assert event_words("refusal", True, False) == "Tried something that is not allowed"
    assert event_words("open", False, True) == "Opened a link"

"""A trend joins only what is alike: one analyte, one unit after exact conversion, numbers with a date."""

from __future__ import annotations

from vault.health.observation import Facts, Reading
from vault.health.trends import limits_in, series


def facts(since: int | None, *marks: str) -> Facts:
    return Facts("observation", frozenset({"magnesium"}), frozenset(), since, since, frozenset(marks))


def reading(
    value: str, unit: str = "mmol/L", analyte: str | None = "magnesium", low: str = "", high: str = ""
) -> Reading:
    return Reading(analyte, "Magnesium", value, unit, low, high)


def test_points_stand_in_order_of_time_in_one_unit() -> None:
    found = [(reading("2.43", "mg/dL"), facts(2)), (reading("0.80"), facts(1))]
    assert [(point.at, point.value) for point in series(found, "magnesium", "mmol/L")] == [(1, "0.80"), (2, "1.00")]


def test_a_bound_is_a_point_of_its_own_and_never_joined() -> None:
    (point,) = series([(reading("<0.50"), facts(1))], "magnesium", "mEq/L")
    assert (point.value, point.bound, point.joined) == ("1.0", "<", False)


def test_what_cannot_be_plotted_honestly_stays_off_the_chart() -> None:
    off = [
        (reading("haemolysed"), facts(1)),
        (reading("0.8", "furlongs"), facts(1)),
        (reading("0.8"), facts(None)),
        (reading("0.8"), facts(1, "never-plotted")),
        (reading("2.1", analyte="magnesium_rbc"), facts(1)),
        (reading("0.8", analyte=None), facts(1)),
    ]
    assert series(off, "magnesium", "mmol/L") == ()


def test_every_point_carries_its_own_labs_limits() -> None:
    assert limits_in(reading("0.80", low="0.7", high="1.0"), "mg/dL") == ("1.70", "2.43")
    assert limits_in(reading("0.80", low="0.7"), "mmol/L") == ("0.7", "")
    assert limits_in(reading("0.80", low="0.7", unit="furlongs"), "mg/dL") == ("", "")

"""A flag says that a value certainly lies outside the lab's own range, and nothing else."""

from __future__ import annotations

import pytest

from vault.health.ranges import flag


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        ("0.62", "0.70", "1.00", "low"),
        ("1.01", "0.70", "1.00", "high"),
        ("0.70", "0.70", "1.00", None),
        ("1.00", "0.70", "1.00", None),
        ("0.62", "0.65", "", "low"),
        ("9", "0.65", "", None),
        ("2.70", "", "2.60", "high"),
        ("0.1", "", "2.60", None),
        ("0.8", "", "", None),
        ("<0.5", "0.70", "1.00", "low"),
        ("<0.5", "0.5", "", "low"),
        ("<=0.5", "0.5", "", None),
        ("<0.8", "0.70", "1.00", None),
        ("<0.8", "", "0.5", None),
        (">1.0", "", "1.0", "high"),
        (">=1.0", "", "1.0", None),
        (">0.5", "0.7", "1.0", None),
        ("haemolysed", "0.70", "1.00", None),
        ("0.8", "about 0.9", "<1", None),
    ],
)
def test_only_what_is_certainly_outside_is_flagged(value: str, low: str, high: str, expected: str | None) -> None:
    assert flag(value, "", low, high) == expected


def test_a_comparator_may_come_apart_from_its_number() -> None:
    assert flag("0.5", "<", "0.7", "") == "low"

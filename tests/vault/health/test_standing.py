"""Where a reading stands beside its own lab's range: decided in the unit received, or not said."""

from __future__ import annotations

import pytest

from vault.health.observation import Reading
from vault.health.ranges import standing_of


@pytest.mark.parametrize(
    ("value", "low", "high", "text", "flag", "standing"),
    [
        ("0.80", "0.70", "1.00", "", "", "within"),
        ("0.70", "0.70", "1.00", "", "", "within"),
        ("0.66", "0.70", "1.00", "", "low", "low"),
        ("1.20", "0.70", "1.00", "", "high", "high"),
        ("0.80", "", "", "", "", "no-range"),
        ("0.80", "", "", "0.70-1.00 in adults", "", "unsaid"),
        ("negative", "", "", "negative", "", "unsaid"),
        ("negative", "0", "1", "", "", "unsaid"),
        (">90", "60", "", "", "", "within"),
        ("<0.9", "0.70", "1.00", "", "", "unsaid"),
        (">0.9", "0.70", "1.00", "", "", "unsaid"),
        ("<5", "", "5", "", "", "within"),
        (">50", "60", "", "", "", "unsaid"),
        ("no value", "0.70", "1.00", "", "", "unsaid"),
        ("0.80", "about 0.7", "1.00", "", "", "unsaid"),
        ("2", "3", "", "", "", "unsaid"),
    ],
)
def test_a_reading_is_within_only_where_that_is_certain(  # noqa: PLR0917
    value: str, low: str, high: str, text: str, flag: str, standing: str
) -> None:
    assert standing_of(Reading("magnesium", "Magnesium", value, "mmol/L", low, high, text, flag)) == standing

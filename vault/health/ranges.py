"""The lab's own range, and whether a value lies in it: decided in the original unit, or not at all.

No range of ours flags anything, a range in words is never parsed, and nothing is called critical.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from vault.health.observation import Reading
from vault.health.units import split_bound

Flag = Literal["low", "high"]
Standing = Literal["low", "high", "within", "no-range", "unsaid"]


def flag(value: str, comparator: str, low: str, high: str) -> Flag | None:
    """``low`` or ``high`` where a value certainly lies outside the lab's own limits, which count as inside.

    All are texts in one unit; ``value`` may carry its comparator itself; limits may be empty. A bound such as
    ``<0.5`` is flagged only if all it allows lies outside.
    """
    parts = split_bound(comparator + value if not value.startswith(("<", ">")) else value)
    if parts is None:
        return None
    sign, number = parts
    if _below(sign, number, limit(low)):
        return "low"
    if _above(sign, number, limit(high)):
        return "high"
    return None


def standing_of(reading: Reading) -> Standing:
    """Where a reading stands beside its own lab's range, in the unit received.

    ``within`` only if every limit there is certainly holds; ``no-range``: the lab gave none; ``unsaid``: it gave one
    that this value can't be held against, such as a range in words, or a bound that may lie on either side.
    """
    if reading.flag in ("low", "high"):
        return "low" if reading.flag == "low" else "high"
    if not (reading.low or reading.high):
        return "unsaid" if reading.range_text else "no-range"
    parts, low, high = split_bound(reading.value), limit(reading.low), limit(reading.high)
    if parts is None or (reading.low and low is None) or (reading.high and high is None):
        return "unsaid"
    sign, number = parts
    if (low is not None and (sign.startswith("<") or number < low)) or (
        high is not None and (sign.startswith(">") or number > high)
    ):
        return "unsaid"
    return "within"


def limit(text: str) -> Decimal | None:
    """A limit as a number; None where there is none or it isn't plain."""
    parts = split_bound(text) if text else None
    return parts[1] if parts and not parts[0] else None


def _below(sign: str, number: Decimal, low: Decimal | None) -> bool:
    if low is None or sign in (">", ">="):
        return False
    return number <= low if sign == "<" else number < low


def _above(sign: str, number: Decimal, high: Decimal | None) -> bool:
    if high is None or sign in ("<", "<="):
        return False
    return number >= high if sign == ">" else number > high

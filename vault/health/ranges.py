"""The lab's own range, and whether a value lies in it: decided in the original unit, or not at all.

No range of ours flags anything, a range in words is never parsed, and nothing is called critical.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from vault.health.units import split_bound

Flag = Literal["low", "high"]


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

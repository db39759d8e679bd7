"""The small bar beside a latest value: the lab's own range as a band, the value as a mark. Geometry, no verdict."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.words import bound_of, number_of

WIDTH, EDGE = 150, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """Places along the width; ``mark`` stays inside even for a value far outside."""

    left: float
    right: float
    mark: float
    is_bound: bool


def bar_of(value: str, low: str, high: str, width: int = WIDTH) -> Bar | None:
    """The bar of a value beside its own range in the same unit; None where either isn't a number."""
    number = number_of(value)
    if number == "" or not (low or high):
        return None
    try:
        at, bottom, top = float(number), float(low) if low else None, float(high) if high else None
    except ValueError:
        return None
    place = _place(at, bottom, top)
    if place is None:
        return None
    left, right = (0.3 if low else 0.0), (0.7 if high else 1.0)
    mark = min(max(place * width, EDGE), width - EDGE)
    return Bar(
        round(max(left * width, 1), 1), round(min(right * width, width - 1), 1), round(mark, 1), bool(bound_of(value))
    )


def _place(at: float, bottom: float | None, top: float | None) -> float | None:
    """0 to 1 and beyond, with the range's limits at 0.3 and 0.7."""
    if bottom is not None and top is not None:
        return None if top <= bottom else 0.3 + 0.4 * (at - bottom) / (top - bottom)
    limit, share = (bottom, 0.3) if bottom is not None else (top, 0.7)
    return share * at / limit if limit is not None and limit > 0 else None

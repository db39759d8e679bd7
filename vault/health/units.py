"""Units of the catalogue: spellings, and exact conversion by the unit received, never by the code of the test.

A closed table; what it doesn't know is shown as received and never converted. Mass, amount and charge are joined
only through an analyte's molar mass and valence: for magnesium 1 mmol/L = 2.4305 mg/dL = 2 mEq/L. ``U`` and ``[IU]``,
FEU and DDU, NGSP and IFCC never are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache

from vault.errors import Invalid
from vault.health import catalogue
from vault.health.spellings import SPELLINGS

MAX_DIGITS = 60
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
BOUND = re.compile(r"(<=|>=|<|>)? ?(" + NUMBER.pattern + ")")


class UnknownUnit(Invalid):
    code = "unknown-unit"
    advice = "This test isn't measured in that unit. Choose one from the list."


@dataclass(frozen=True, slots=True)
class Unit:
    """``factor`` leads to the base of ``quantity`` per ``per``: grams, moles, equivalents, cells a litre, a day …"""

    quantity: str
    per: str
    factor: Decimal


def _units(quantity: str, per: str, **factors: str) -> dict[str, Unit]:
    return {name: Unit(quantity, per, Decimal(factor)) for name, factor in factors.items()}


UNITS: dict[str, Unit] = {
    **_units("mass", "L", **{"g/L": "1", "g/dL": "10", "mg/dL": "0.01", "mg/L": "1e-3", "ug/mL": "1e-3"}),
    **_units("mass", "L", **{"ug/dL": "1e-5", "ug/L": "1e-6", "ng/mL": "1e-6", "ng/dL": "1e-8"}),
    **_units("mass", "L", **{"ng/L": "1e-9", "pg/mL": "1e-9"}),
    **_units("amount", "L", **{"mmol/L": "1e-3", "umol/L": "1e-6", "nmol/L": "1e-9", "pmol/L": "1e-12"}),
    **_units("charge", "L", **{"mEq/L": "1e-3"}),
    **_units("mass", "day", **{"mg/(24.h)": "1e-3"}),
    **_units("amount", "day", **{"mmol/(24.h)": "1e-3"}),
    **_units("charge", "day", **{"mEq/(24.h)": "1e-3"}),
    **_units("activity", "L", **{"U/L": "1", "ukat/L": "60"}),
    **_units("international", "L", **{"m[IU]/L": "1e-3", "u[IU]/mL": "1e-3"}),
    **_units("count", "L", **{"/uL": "1e6", "10*3/uL": "1e9", "10*9/L": "1e9", "10*6/uL": "1e12", "10*12/L": "1e12"}),
    **_units("fraction", "", **{"%": "0.01", "L/L": "1"}),
    **_units("ifcc", "", **{"mmol/mol": "1"}),
    **_units("mass", "creatinine mass", **{"mg/g": "1"}),
    **_units("mass", "creatinine amount", **{"mg/mmol": "1"}),
    **_units("feu", "L", **{"ng/mL{FEU}": "1e-6", "ug/L{FEU}": "1e-6", "mg/L{FEU}": "1e-3", "ug/mL{FEU}": "1e-3"}),
    **_units("weight", "", **{"kg": "1000", "g": "1", "[lb_av]": "453.59237"}),
    **_units("weight", "cell", pg="1"),
    **_units("volume", "cell", fL="1"),
    **_units("body mass index", "", **{"kg/m2": "1"}),
    **_units("filtration", "", **{"mL/min/{1.73_m2}": "1"}),
    **_units("sedimentation", "", **{"mm/h": "1"}),
    **_units("pressure", "", **{"mm[Hg]": "1"}),
    **_units("inr", "", **{"{INR}": "1"}),
}


def units_of(key: str | None) -> tuple[str, ...]:
    """The units of an analyte, the one shown first first; empty for an unknown analyte."""
    found = catalogue.find(key)
    return found.units if found else ()


def canonical_unit(text: str, key: str | None) -> str | None:
    """The vault's own word for a unit as received, if it is one of this analyte's; None otherwise."""
    if len(text) > 40:
        return None
    return _canonical(text, key)


def ucum_code(unit: str) -> str:
    """The UCUM code of a canonical unit."""
    return unit.replace("mEq", "meq")


def split_bound(value: str) -> tuple[str, Decimal] | None:
    """The comparator (or nothing) and the number of a value; None for a text."""
    match = BOUND.fullmatch(value) if len(value) <= MAX_DIGITS else None
    if match is None:
        return None
    number = Decimal(match[2])
    return (match[1] or "", number) if abs(number.adjusted()) <= MAX_DIGITS else None


def convert(value: str, from_unit: str, to_unit: str, key: str | None, figures: int = 1) -> str | None:
    """A value in another unit of its analyte, with the significant figures received, at least ``figures``.

    Bounds keep their sign. None where nothing exact leads from one unit to the other, and for texts.
    """
    source, target = canonical_unit(from_unit, key), canonical_unit(to_unit, key)
    parts = split_bound(value)
    if source is None or target is None or parts is None:
        return None
    if source == target:
        return value
    ratio = _ratio(source, target, key)
    if ratio is None:
        return None
    comparator, number = parts
    return comparator + _rounded(number, *ratio, max(figures, len(number.as_tuple().digits)))


@cache
def _ratio(source: str, target: str, key: str | None) -> tuple[Decimal, Decimal] | None:
    """Multiplier and divisor from one unit to another. Kept apart so that only one division rounds."""
    one, other = UNITS[source], UNITS[target]
    if one.per != other.per:
        return None
    up, down = _to_amount(one.quantity, other.quantity, key)
    if not up:
        return None
    return one.factor * up, other.factor * down


def _to_amount(one: str, other: str, key: str | None) -> tuple[Decimal, Decimal]:
    """Multiplier and divisor from one quantity to another; a multiplier of zero means there is no way."""
    if one == other:
        return Decimal(1), Decimal(1)
    found = catalogue.find(key)
    weights = {
        "amount": Decimal(1),
        "mass": (found.molar_mass if found else None) or Decimal(0),
        "charge": Decimal((found.valence if found else None) or 0),
    }
    up, down = weights.get(other, Decimal(0)), weights.get(one, Decimal(0))
    return (up, down) if up and down else (Decimal(0), Decimal(1))


def _rounded(number: Decimal, up: Decimal, down: Decimal, figures: int) -> str:
    if not number:
        return format(number, "f")
    with localcontext() as context:
        context.prec = 4 * MAX_DIGITS
        context.rounding = ROUND_HALF_UP
        exact = number * up / down
        result = exact.quantize(Decimal(1).scaleb(exact.adjusted() - figures + 1))
        if result.adjusted() > exact.adjusted():
            result = result.quantize(Decimal(1).scaleb(result.adjusted() - figures + 1))
        return format(result, "f")


@cache
def _spellings() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for unit in UNITS:
        for spelling in (unit, ucum_code(unit), *SPELLINGS.get(unit, ())):
            table.setdefault(_plain(spelling), set()).add(unit)
    return {spelling: frozenset(meant) for spelling, meant in table.items()}


def _canonical(text: str, key: str | None) -> str | None:
    units = units_of(key)
    if text in units:
        return text
    meant = _spellings().get(_plain(text), frozenset()).intersection(units)
    return next(iter(meant)) if len(meant) == 1 else None


def _plain(text: str) -> str:
    """A spelling without case and spaces; micro is always ``u``."""
    return "".join(text.replace("µ", "u").replace("μ", "u").split()).casefold()

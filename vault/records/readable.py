"""What could be read of a doubtful part, for a form that a person completes. Pure; a guess is never made.

Only an Observation has such a form. A text is taken only where the file has exactly that text or number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from vault.health import catalogue
from vault.health.formats.fhir_resource import lab_of
from vault.health.formats.fields import FaultError, line
from vault.health.strict_json import MalformedJson, literal_of, read_json
from vault.health.typed import MAX_NAME_CHARACTERS
from vault.health.units import canonical_unit

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Readable:
    """Texts for the fields of a typed result, each empty where the file has none. ``name``: what the file calls it."""

    name: str = ""
    analyte: str = ""
    value: str = ""
    unit: str = ""
    taken_at: str = ""
    range_low: str = ""
    range_high: str = ""
    lab: str = ""


def readable_of(body: bytes) -> Readable | None:
    """The fields of one Observation; None for anything else."""
    try:
        found = read_json(body)
    except MalformedJson:
        return None
    if not isinstance(found, dict) or found.get("resourceType") != "Observation":
        return None
    code = found.get("code")
    code = code if isinstance(code, dict) else {}
    analyte = _analyte(code)
    quantity = _quantity(found.get("valueQuantity"), analyte)
    value = quantity[0] or _text(found.get("valueString"))
    unit = quantity[1]
    low, high = _range(found, unit, analyte) if quantity[0] else ("", "")
    return Readable(_name(code), analyte, value, unit, _day(found), low, high, _lab(found))


def _analyte(code: Mapping[str, Any]) -> str:
    """The one test of the catalogue that all known codes speak of, or empty."""
    known = {
        found.key
        for coding in _objects(code.get("coding"))
        if coding.get("system") == catalogue.LOINC and (found := catalogue.by_loinc(_text(coding.get("code"))))
    }
    return known.pop() if len(known) == 1 else ""


def _name(code: Mapping[str, Any]) -> str:
    displays = [_text(coding.get("display")) for coding in _objects(code.get("coding"))]
    return next((name for name in [_text(code.get("text")), *displays] if name), "")


def _quantity(quantity: Any, analyte: str) -> tuple[str, str]:
    """Value with its comparator, and unit as a typed result takes it; a unit that isn't the test's own is left out."""
    if not isinstance(quantity, dict):
        return "", ""
    number = quantity.get("value")
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        return "", ""
    written = literal_of(number) if isinstance(number, Decimal) else str(number)
    comparator = _text(quantity.get("comparator"))
    unit = _text(quantity.get("unit")) or _text(quantity.get("code"))
    if analyte and unit and canonical_unit(unit, analyte) is None:
        unit = ""
    return (comparator if comparator in {"<", "<=", ">", ">="} else "") + written, unit


def _range(found: Mapping[str, Any], unit: str, analyte: str) -> tuple[str, str]:
    ranges = _objects(found.get("referenceRange"))
    if len(ranges) != 1:
        return "", ""
    low, high = (_quantity(ranges[0].get(side), analyte) for side in ("low", "high"))
    return tuple(each[0] if each[1] in {"", unit} else "" for each in (low, high))  # type: ignore[return-value]


def _day(found: Mapping[str, Any]) -> str:
    """The day of a date that is one; the form says what is wrong with any other."""
    written = _text(found.get("effectiveDateTime")) or _text(found.get("effectiveInstant"))
    day = written[:10]
    return day if _DAY.fullmatch(day) else ""


def _lab(found: Mapping[str, Any]) -> str:
    try:
        return lab_of(found)[:MAX_NAME_CHARACTERS]
    except FaultError:
        return ""


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return line(value) if isinstance(value, str) else ""

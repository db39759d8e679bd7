"""The values and ranges of a FHIR Observation or component: at most one value, finite, with the unit as received."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from vault.health.formats.fields import FaultError, Json, concept_of, line, object_of, objects_of, text_of
from vault.health.ranges import flag, limit
from vault.health.strict_json import literal_of
from vault.health.units import canonical_unit

UCUM = "http://unitsofmeasure.org"
COMPARATORS = ("<", "<=", ">=", ">")
MAX_NUMBER_CHARACTERS = 40
MAX_MAGNITUDE = 30
MAX_VALUE_TEXT = 10_000
MAX_SHOWN_TEXT = 500
MAX_UNIT_CHARACTERS = 100


class Value:
    """A value as text, its unit, and whether it is a measured quantity (only that is compared with a range)."""

    __slots__ = ("measured", "text", "unit")

    def __init__(self, text: str, unit: str = "", measured: bool = False) -> None:
        self.text = text
        self.unit = unit
        self.measured = measured


def value_of(holder: Json, analyte: str | None) -> Value | None:
    """The one value of an Observation or component, the reason why there is none, or None."""
    keys = [key for key in holder if key[:5] == "value" and holder[key] is not None]
    absent = object_of(holder, "dataAbsentReason")
    if len(keys) > 1:
        raise FaultError("It has more than one value; which one counts can't be known.")
    if absent is not None:
        if keys:
            raise FaultError("It has a value and a reason why there is no value.")
        reason = line(concept_of(absent).name, MAX_SHOWN_TEXT)
        return Value(f"no value: {reason}" if reason else "no value")
    if not keys:
        return None
    if keys[0] == "valueQuantity":
        return quantity_of(holder, keys[0], analyte)
    reader = _READERS.get(keys[0])
    if reader is None:
        raise FaultError("Its value has a form that FHIR R4 doesn't know.")
    return reader(holder, keys[0])


def quantity_of(holder: Json, key: str, analyte: str | None) -> Value:
    """A quantity: comparator and digits as written, unit as received."""
    quantity = object_of(holder, key) or {}
    comparator = text_of(quantity, "comparator")
    if comparator and comparator not in COMPARATORS:
        raise FaultError("Its value has a comparison sign that FHIR R4 doesn't know.")
    return Value(comparator + number_of(quantity, "value"), unit_of(quantity, analyte), measured=True)


def number_of(holder: Json, key: str) -> str:
    """A number with its digits as written; never a text that looks like one."""
    number = holder.get(key)
    if not isinstance(number, (int, Decimal)) or isinstance(number, bool):
        raise FaultError("Its value should be a number.")
    literal = literal_of(number)
    if len(literal) > MAX_NUMBER_CHARACTERS or abs(Decimal(number).adjusted()) > MAX_MAGNITUDE:
        raise FaultError("Its value has more digits than any measurement.")
    return literal


def unit_of(quantity: Json, analyte: str | None) -> str:
    """The unit as a person reads it, unless only the code names a unit we know. Two different units are a fault."""
    unit = text_of(quantity, "unit", MAX_UNIT_CHARACTERS)
    code = text_of(quantity, "code", MAX_UNIT_CHARACTERS)
    if not code or code == unit or quantity.get("system") != UCUM:
        return line(unit or code)
    said, coded = canonical_unit(unit, analyte), canonical_unit(code, analyte)
    if said and coded and said != coded:
        raise FaultError("Its unit and the code of its unit are different units.")
    return line(unit if unit and said == coded else code)


def _text(holder: Json, key: str) -> Value:
    return Value(line(text_of(holder, key, MAX_VALUE_TEXT), MAX_SHOWN_TEXT))


def _concept(holder: Json, key: str) -> Value:
    return Value(line(concept_of(object_of(holder, key) or {}).name, MAX_SHOWN_TEXT))


def _boolean(holder: Json, key: str) -> Value:
    if not isinstance(holder[key], bool):
        raise FaultError("Its value should be true or false.")
    return Value("yes" if holder[key] else "no")


def _integer(holder: Json, key: str) -> Value:
    if not isinstance(holder[key], int) or isinstance(holder[key], bool):
        raise FaultError("Its value should be a whole number.")
    return Value(number_of(holder, key), measured=True)


def _range(holder: Json, key: str) -> Value:
    ends = object_of(holder, key) or {}
    sides = [quantity_of(ends, side, None) for side in ("low", "high") if ends.get(side) is not None]
    if not sides:
        raise FaultError("Its value is a range without ends.")
    unit = sides[0].unit
    return Value(
        line(" to ".join(f"{side.text} {side.unit}".strip() for side in sides)), unit if len(sides) == 1 else ""
    )


def _ratio(holder: Json, key: str) -> Value:
    ratio = object_of(holder, key) or {}
    sides = [quantity_of(ratio, side, None) for side in ("numerator", "denominator")]
    return Value(line(":".join(f"{side.text} {side.unit}".strip() for side in sides)))


def _sampled(holder: Json, key: str) -> Value:
    object_of(holder, key)
    return Value("a recorded curve")


def _period(holder: Json, key: str) -> Value:
    period = object_of(holder, key) or {}
    return Value(line(f"{text_of(period, 'start')} to {text_of(period, 'end')}"))


_READERS: dict[str, Callable[[Json, str], Value]] = {
    "valueString": _text,
    "valueDateTime": _text,
    "valueTime": _text,
    "valueCodeableConcept": _concept,
    "valueBoolean": _boolean,
    "valueInteger": _integer,
    "valueRange": _range,
    "valueRatio": _ratio,
    "valueSampledData": _sampled,
    "valuePeriod": _period,
}


class Limits:
    """The lab's own range for one value: limits in the value's unit where that is certain, else only words."""

    __slots__ = ("flag", "high", "low", "text")

    def __init__(self, low: str = "", high: str = "", text: str = "", flagged: str = "") -> None:
        self.low = low
        self.high = high
        self.text = text
        self.flag = flagged


def limits_of(holder: Json, value: Value, analyte: str | None) -> Limits:
    """Several ranges, ranges for certain people and limits in another unit stay words; only one plain one may flag."""
    ranges = objects_of(holder, "referenceRange")
    if not ranges:
        return Limits()
    words = line("; ".join(filter(None, (_words(one) for one in ranges))), MAX_SHOWN_TEXT)
    normal = [one for one in ranges if _is_normal(one)]
    if len(normal) != 1 or (len(ranges) > 1 and any(map(_for_some_people, ranges))):
        return Limits(text=words)
    low, high = _end(normal[0], "low", value, analyte), _end(normal[0], "high", value, analyte)
    if low is None or high is None or not (low or high) or _inverted(low, high):
        return Limits(text=words)
    told = line(text_of(normal[0], "text"), MAX_SHOWN_TEXT)
    return Limits(low, high, told, (flag(value.text, "", low, high) or "") if value.measured else "")


def _is_normal(one: Json) -> bool:
    """A range without a type is the normal one; ``type`` may say otherwise (therapeutic, critical, …)."""
    kind = object_of(one, "type")
    return not kind or any(coding.code == "normal" for coding in concept_of(kind).codings)


def _for_some_people(one: Json) -> bool:
    return bool(one.get("appliesTo") or one.get("age"))


def _end(one: Json, key: str, value: Value, analyte: str | None) -> str | None:
    """One limit as written; empty if there is none; None if it isn't plainly in the value's unit."""
    quantity = object_of(one, key)
    if quantity is None:
        return ""
    unit = unit_of(quantity, analyte)
    same = canonical_unit(unit, analyte)
    if unit not in ("", value.unit) and (same is None or same != canonical_unit(value.unit, analyte)):
        return None
    return None if quantity.get("comparator") else number_of(quantity, "value")


def _inverted(low: str, high: str) -> bool:
    bottom, top = limit(low), limit(high)
    return bottom is not None and top is not None and bottom > top


def _words(one: Json) -> str:
    text = text_of(one, "text")
    if text:
        return text
    ends: list[Any] = []
    for key, sign in (("low", "≥"), ("high", "≤")):
        quantity = object_of(one, key)
        if quantity is not None:
            ends.append(f"{sign} {number_of(quantity, 'value')} {unit_of(quantity, None)}".strip())
    kind = object_of(one, "type")
    name = concept_of(kind).name if kind else ""
    return ": ".join(filter(None, (name, " and ".join(ends))))

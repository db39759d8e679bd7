"""One result that a citizen typed in, checked field by field and made into a FHIR Observation of our own.

Digits stay as typed. What looks like a number and isn't a plain one is refused rather than kept as a text, so that
``0,80`` never silently leaves the trend.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from vault.errors import Invalid
from vault.health import catalogue
from vault.health.catalogue import LOINC, Analyte, UnknownAnalyte
from vault.health.dates import DateError, span
from vault.health.formats.fhir_observation import Codes
from vault.health.formats.fhir_resource import resource_of as judged
from vault.health.formats.fhir_values import MAX_NUMBER_CHARACTERS, UCUM
from vault.health.formats.fields import FaultError, line
from vault.health.observation import Resource
from vault.health.projection import source_tag
from vault.health.ranges import limit
from vault.health.strict_json import read_json
from vault.health.units import UNITS, UnknownUnit, canonical_unit, ucum_code

MAX_TEXT_CHARACTERS = 500
MAX_NAME_CHARACTERS = 200
MAX_CODE_CHARACTERS = 64
MAX_UNIT_CHARACTERS = 50

_CATEGORY_SYSTEM = "http://terminology.hl7.org/CodeSystem/observation-category"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?")
_VALUE = re.compile(rf"(<=|>=|<|>)? ?({_NUMBER.pattern})")
_NUMBER_LIKE = re.compile(r"[<>≤≥=+-]*\s*[+-]?[0-9.,\s'٠-٩]*[0-9٠-٩][0-9.,\s'٠-٩]*(?:[eE][+-]?[0-9]+)?")  # noqa: RUF001
_NO_NUMBER = re.compile(r"[<>=+-]*\s*(?:nan|inf|infinity)", re.IGNORECASE)
_WITHOUT_SECONDS = re.compile(r"(.{10}T[0-9]{2}:[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})")


class BadValue(Invalid):
    code = "bad-value"
    advice = "Please write a number with a dot, such as 0.80. <0.5 or a word is fine too."


class BadDate(Invalid):
    code = "bad-date"
    advice = "Write the date as 2026-04-05, or with a time and its offset as 2026-04-05T08:30:00+01:00."


class BadRange(Invalid):
    code = "bad-range"
    advice = "A range has plain numbers, the lower one first, beside a value that is a number."


class BadCode(Invalid):
    code = "bad-code"
    advice = "Say which test it is: one from the list, or a code with its system."


class BadText(Invalid):
    code = "bad-text"
    advice = "This text is too long or holds characters that can't be printed."


@dataclass(frozen=True, slots=True)
class TypedResult:
    """All texts as typed. ``code`` is (system, code); either it or ``analyte`` is needed.

    ``document`` is the record id (16 bytes) of the document that it was read from.
    """

    analyte: str | None
    code: tuple[str, str] | None
    value: str
    unit: str | None
    taken_at: str
    range_low: str | None = None
    range_high: str | None = None
    lab: str | None = None
    document: bytes | None = None


def resource_of(typed: TypedResult) -> Resource:
    """The Resource a typed result becomes; the same content gives the same bytes.

    Raises Invalid with its field: UnknownAnalyte, BadCode, BadValue, UnknownUnit, BadDate, BadRange, BadText.
    """
    system, code, known = _test(typed)
    tag = source_tag("document" if typed.document else "typed")
    # Readers of a shared link must be able to tell what a person typed from what a lab sent.
    observation: dict[str, Any] = {"resourceType": "Observation", "meta": {"tag": [tag]}, "status": "final"}
    if known:
        observation["category"] = [_category(known)]
    coding = {"system": system, "code": code}
    observation["code"] = {"coding": [coding], "text": known.name if known else code}
    observation["effectiveDateTime"] = _date(typed.taken_at)
    if typed.lab and typed.lab.strip():
        observation["performer"] = [{"display": _line(typed.lab, "lab", MAX_NAME_CHARACTERS)}]
    if typed.document:
        observation["derivedFrom"] = [{"reference": document_url(typed.document)}]
    observation |= _measured(typed, known)
    body = _encode(observation)
    try:
        return judged(read_json(body), body, Codes())
    except FaultError:
        raise BadValue(field="value") from None


def document_url(record_id: bytes) -> str:
    """How a resource names the document that it was read from."""
    return f"urn:uuid:{UUID(bytes=record_id)}"


def _test(typed: TypedResult) -> tuple[str, str, Analyte | None]:
    """System and code of the test, and its analyte where the catalogue knows it."""
    known = catalogue.find(typed.analyte)
    if typed.analyte and known is None:
        raise UnknownAnalyte(field="analyte")
    if typed.code is None:
        if known is None:
            raise BadCode(field="analyte")
        return LOINC, _code_for(known, canonical_unit(typed.unit or "", known.key)), known
    system = _line(typed.code[0], "code.system", MAX_NAME_CHARACTERS)
    code = _line(typed.code[1], "code.code", MAX_CODE_CHARACTERS)
    if not system or not code:
        raise BadCode(field="code")
    meant = catalogue.by_loinc(code) if system == LOINC else None
    if known and meant != known:
        raise BadCode("The test and the code name different tests.", field="code")
    return system, code, meant


def _code_for(known: Analyte, unit: str | None) -> str:
    """LOINC keeps mass and amount apart: the code in the table that fits the unit, else the first."""
    by_amount = unit is not None and UNITS[unit].quantity in ("amount", "charge")
    return known.amount_code if by_amount and known.amount_code else known.code


def _measured(typed: TypedResult, known: Analyte | None) -> dict[str, Any]:
    """The value with its unit and the lab's range."""
    value = typed.value.strip()
    unit = _unit(typed.unit, known)
    match = _VALUE.fullmatch(value)
    if match and len(match[2]) <= MAX_NUMBER_CHARACTERS:
        quantity: dict[str, Any] = {"value": _Digits(match[2])}
        if match[1]:
            quantity["comparator"] = match[1]
        return {"valueQuantity": quantity | unit} | _range(typed, unit)
    if not value or _NUMBER_LIKE.fullmatch(value) or _NO_NUMBER.fullmatch(value) or value[0] in "<>":
        raise BadValue(field="value")
    if typed.range_low or typed.range_high:
        raise BadRange(field="range_low" if typed.range_low else "range_high")
    return {"valueString": _line(value, "value", MAX_TEXT_CHARACTERS)}


def _unit(text: str | None, known: Analyte | None) -> dict[str, str]:
    """Unit members of a quantity. A test we know takes only its own units; others take any short word."""
    unit = _line(text or "", "unit", MAX_UNIT_CHARACTERS)
    if not unit:
        return {}
    if known is None:
        return {"unit": unit}
    canonical = canonical_unit(unit, known.key)
    if canonical is None:
        raise UnknownUnit(field="unit")
    return {"unit": unit, "system": UCUM, "code": ucum_code(canonical)}


def _range(typed: TypedResult, unit: dict[str, str]) -> dict[str, Any]:
    ends: dict[str, Any] = {}
    for side, text in (("low", typed.range_low), ("high", typed.range_high)):
        number = (text or "").strip()
        if number and (not _NUMBER.fullmatch(number) or len(number) > MAX_NUMBER_CHARACTERS):
            raise BadRange(field=f"range_{side}")
        if number:
            ends[side] = {"value": _Digits(number)} | unit
    low, high = (limit(str(ends[side]["value"])) if side in ends else None for side in ("low", "high"))
    if low is not None and high is not None and low > high:
        raise BadRange(field="range_high")
    return {"referenceRange": [ends]} if ends else {}


def _date(text: str) -> str:
    text = text.strip()
    short = _WITHOUT_SECONDS.fullmatch(text)
    taken = f"{short[1]}:00{short[2]}" if short else text
    try:
        span(taken)
    except DateError:
        raise BadDate(field="taken_at") from None
    return taken


def _line(text: str, field: str, most: int) -> str:
    """A text of one line exactly as typed, without white space around it. BadText otherwise."""
    text = text.strip()
    if len(text) > most or line(text, most) != text:
        raise BadText(field=field)
    return text


def _category(known: Analyte) -> dict[str, Any]:
    code = "vital-signs" if known.group == "vital-signs" else "laboratory"
    return {"coding": [{"system": _CATEGORY_SYSTEM, "code": code}]}


class _Digits(str):
    """Digits that go into JSON as a number, exactly as typed."""

    __slots__ = ()


def _encode(observation: dict[str, Any]) -> bytes:
    """Compact JSON. Each number is marked while encoding, since floats would lose its last zeros."""
    marked = json.dumps(_mark(observation), ensure_ascii=False, separators=(",", ":"))
    return re.sub('"\x7f([0-9.-]+)\x7f"', r"\1", marked).encode()


def _mark(value: Any) -> Any:
    """DEL can't stand in any typed text (``_line`` refuses it), so the marks are unmistakable."""
    if isinstance(value, _Digits):
        return f"\x7f{value}\x7f"
    if isinstance(value, dict):
        return {key: _mark(item) for key, item in value.items()}
    return [_mark(item) for item in value] if isinstance(value, list) else value

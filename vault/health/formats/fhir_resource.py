"""One FHIR resource of any type, judged alone: a Resource that passed the rules, or a FaultError.

Observations are understood; of other types we read name, date, status, and keep the rest as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from vault.health.formats.fhir_observation import Codes, marks_of, surroundings, understand
from vault.health.formats.fields import (
    Concept,
    FaultError,
    Json,
    concept_of,
    date_of,
    line,
    object_of,
    objects_of,
    span_of,
    text_of,
)
from vault.health.observation import NOT_SORTED, Facts, Person, Resource
from vault.health.strict_json import literal_of
from vault.health.vocabulary import kind_of

MAX_ID_CHARACTERS = 200
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_DATES: dict[str, tuple[str, ...]] = {
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod"),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Immunization": ("occurrenceDateTime",),
    "DocumentReference": ("date",),
    "Media": ("createdDateTime", "createdPeriod"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod"),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "Procedure": ("performedDateTime", "performedPeriod"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod"),
    "Encounter": ("period",),
    "CarePlan": ("period",),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate"),
    "ImagingStudy": ("started",),
    "Composition": ("date",),
}
_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")
_CONCEPTS = ("code", "medicationCodeableConcept", "vaccineCode", "type")
_NAMES = ("title", "description")


class When(NamedTuple):
    """A clinical date as written and the time it covers; a side that is open or unknown is None."""

    taken: str = ""
    since: int | None = None
    until: int | None = None


def resource_of(value: Any, body: bytes, codes: Codes) -> Resource:
    """Judge one parsed resource whose own text is ``body``; ``codes`` serves one file. Raises FaultError."""
    if not isinstance(value, dict):
        raise FaultError("It isn't a FHIR resource.")
    kind_name = value.get("resourceType")
    if not isinstance(kind_name, str) or not _TYPE.fullmatch(kind_name):
        raise FaultError("It doesn't say which type of FHIR resource it is.")
    if isinstance(value.get("issued"), str):
        date_of(value, "issued")
    when = _when(value, kind_name)
    return (
        _observation(value, when, body, codes) if kind_name == "Observation" else _other(value, kind_name, when, body)
    )


def person_of(value: Json) -> Person:
    """The names and birth date of a Patient; missing or odd parts are left out."""
    names = []
    for name in value.get("name") or () if isinstance(value.get("name"), list) else ():
        if isinstance(name, dict):
            names.append(line(_full_name(name)))
    birth_date = value.get("birthDate")
    return Person(tuple(filter(None, names)), birth_date if isinstance(birth_date, str) else "")


def canonical_of(value: Json) -> bytes:
    """Sorted-key JSON without a database's ``_id``; a decimal keeps the digits it was written with.

    Decimals stand behind a lone surrogate, which no accepted text holds, so ``0.80`` and ``"0.80"`` stay apart.
    """
    content = {key: value[key] for key in value if key != "_id"} if "_id" in value else value
    return "".join(_encode(content, 0)).encode("ascii")


def _observation(value: Json, when: When, body: bytes, codes: Codes) -> Resource:
    if sum(value.get(key) is not None for key in _EFFECTIVE) > 1:
        raise FaultError("It has more than one date; which one counts can't be known.")
    said = understand(value, codes)
    facts = Facts("observation", said.analytes, said.categories, when.since, when.until, said.marks)
    return Resource(
        kind="observation",
        title=said.title,
        taken=when.taken,
        status=said.status,
        lab=lab_of(value),
        identity=_identity(value, "Observation"),
        body=body,
        canonical=canonical_of(value),
        readings=said.readings,
        facts=facts,
    )


def _other(value: Json, kind_name: str, when: When, body: bytes) -> Resource:
    if kind_name == "Patient":
        date_of(value, "birthDate")
    kind = kind_of(kind_name)
    status = _status(value)
    marks = marks_of(status) | surroundings(value) | {NOT_SORTED}
    return Resource(
        kind=kind,
        title=_title(value) or _WORDS.sub(" ", kind_name).capitalize(),
        taken=when.taken,
        status=status,
        lab="",
        identity=_identity(value, kind_name),
        body=body,
        canonical=canonical_of(value),
        readings=(),
        facts=Facts(kind, frozenset(), frozenset(), when.since, when.until, frozenset(marks)),
    )


def _when(value: Json, kind_name: str) -> When:
    """The first date of its type that is there. Every date we read has to be valid, not only that one."""
    found: When | None = None
    for key in _DATES.get(kind_name, ()):
        if value.get(key) is not None:
            when = _period(value, key) if key.lower().endswith("period") else _instant(value, key)
            found = found or when
    return found or When()


def _instant(value: Json, key: str) -> When:
    taken = text_of(value, key)
    return When(taken, *span_of(taken, key))


def _period(value: Json, key: str) -> When:
    period = object_of(value, key) or {}
    start, end = text_of(period, "start"), text_of(period, "end")
    since = span_of(start, key)[0] if start else None
    until = span_of(end, key)[1] if end else None
    if since is not None and until is not None and since >= until:
        raise FaultError(f"The period “{key}” ends before it begins.")
    return When(start or end, since, until)


def _status(value: Json) -> str:
    status = value.get("status")
    if isinstance(status, str):
        return line(status, 40)
    verified = value.get("verificationStatus")
    if isinstance(verified, dict):
        codes = {coding.code for coding in concept_of(verified).codings}
        return "entered-in-error" if "entered-in-error" in codes else ""
    return ""


def _title(value: Json) -> str:
    for key in _CONCEPTS:
        concept = value.get(key)
        if isinstance(concept, dict):
            name = _quietly(concept).name
            if name:
                return line(name)
    return next((line(value[key]) for key in _NAMES if isinstance(value.get(key), str)), "")


def _quietly(value: Json) -> Concept:
    """A concept of a type that we don't model: what can't be read is no name, and no fault."""
    try:
        return concept_of(value)
    except FaultError:
        return Concept("", ())


def lab_of(value: Json) -> str:
    """The first performer's name, looked up inside the resource where it is only a reference."""
    for performer in objects_of(value, "performer"):
        display = text_of(performer, "display")
        if display:
            return line(display)
        target = text_of(performer, "reference")
        for part in objects_of(value, "contained") if target.startswith("#") else ():
            if text_of(part, "id") == target[1:] and isinstance(part.get("name"), str):
                return line(part["name"])
    return ""


def _identity(value: Json, kind_name: str) -> bytes:
    identifier = text_of(value, "id", MAX_ID_CHARACTERS)
    return sha256(f"{kind_name}/{identifier}".encode()).digest()[:8] if identifier else b""


def _full_name(name: Json) -> str:
    if isinstance(name.get("text"), str):
        return str(name["text"])
    given = name.get("given")
    parts = given if isinstance(given, list) else [given]
    return " ".join(part for part in [*parts, name.get("family")] if isinstance(part, str))


def _written(number: Any) -> str:
    if isinstance(number, Decimal):
        return "\ud800" + literal_of(number)
    raise TypeError


def _make_encoder() -> Callable[[Any, int], Any]:
    """The C encoder built once: building it anew for each resource costs more than the encoding."""
    encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_written)
    made = getattr(json.encoder, "c_make_encoder", None)
    if made is None:
        return lambda value, _level: (encoder.encode(value),)
    quote = json.encoder.encode_basestring_ascii
    return made(None, _written, quote, None, ":", ",", True, False, False)  # type: ignore[no-any-return]


_encode = _make_encoder()

"""What one FHIR R4 Observation says, by the vault's own rules: which analytes, sorted or not, which readings.

A name alone never sorts a result; several codes are sorted only if every one is known; a panel is sorted if all its
components are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vault.health import catalogue
from vault.health.formats.fhir_values import limits_of, value_of
from vault.health.formats.fields import Concept, FaultError, Json, concept_of, line, object_of, objects_of, text_of
from vault.health.observation import (
    CONTRADICTORY,
    ENTERED_IN_ERROR,
    NEVER_PLOTTED,
    NOT_SORTED,
    SENSITIVE,
    Reading,
)
from vault.health.vocabulary import CATEGORIES, CATEGORY_SYSTEMS, OBSERVATION_STATUSES

HARMLESS_CONTAINED = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Patient", "Specimen", "Device", "Location"}
)
OPEN_LABELS = frozenset({"N", "L", "U", "M"})
SENSITIVE_WORDS = frozenset(
    {
        *("hiv", "aids", "hepatitis", "syphilis", "chlamydia", "gonorrhoea", "gonorrhea", "herpes", "pregnancy", "hcg"),
        *(
            "lithium",
            "methadone",
            "cocaine",
            "opiate",
            "opiates",
            "cannabis",
            "ethanol",
            "alcohol",
            "genotype",
            "brca1",
        ),
        *("brca2", "psychiatric", "abuse", "semen", "sperm"),
    }
)


@dataclass(frozen=True, slots=True)
class Sorting:
    """Where a code belongs: its name, the one analyte a reading may stand for in a trend, all analytes that it may
    speak of, the marks it earns."""

    name: str
    analyte: str | None
    analytes: frozenset[str]
    marks: frozenset[str]
    delicate: bool


class Understood(NamedTuple):
    """What an Observation says, before it becomes a Resource."""

    title: str
    status: str
    readings: tuple[Reading, ...]
    analytes: frozenset[str]
    categories: frozenset[str]
    marks: frozenset[str]


class Codes:
    """What the codes of one file mean, each looked up once. Lives as long as the reading of that file."""

    __slots__ = ("_categories", "_sortings")

    def __init__(self) -> None:
        self._sortings: dict[str, Sorting] = {}
        self._categories: dict[str, frozenset[str]] = {}

    def sorting(self, code: Json) -> Sorting:
        """Where a CodeableConcept belongs. Raises FaultError."""
        key = repr(code)
        found = self._sortings.get(key)
        if found is None:
            found = self._sortings[key] = sort_out(concept_of(code))
        return found

    def categories(self, observation: Json) -> frozenset[str]:
        """The observation categories of a resource. Raises FaultError."""
        key = repr(observation.get("category"))
        found = self._categories.get(key)
        if found is None:
            found = self._categories[key] = _categories(observation)
        return found


def understand(observation: Json, codes: Codes) -> Understood:
    """Apply the rules to an Observation. Raises FaultError."""
    status = text_of(observation, "status")
    if status not in OBSERVATION_STATUSES:
        raise FaultError("It has no status, or one that FHIR doesn't know.")
    code = object_of(observation, "code")
    if code is None:
        raise FaultError("It doesn't say what was measured.")
    whole = codes.sorting(code)
    parts = [(part, _sort_component(part, codes)) for part in objects_of(observation, "component")]
    own = _readings(observation, whole)
    if not own and not parts and not objects_of(observation, "hasMember"):
        raise FaultError("It has no value and doesn't say why.")
    readings = [*own, *(reading for part, sorting in parts for reading in _readings(part, sorting))]
    sortings = [sorting for _, sorting in parts]
    if own or not parts or whole.analytes or whole.delicate:
        sortings.append(whole)
    return Understood(
        title=whole.name or "Result",
        status=status,
        readings=tuple(readings),
        analytes=_union([sorting.analytes for sorting in sortings]),
        categories=codes.categories(observation),
        marks=frozenset().union(*(sorting.marks for sorting in sortings))
        | surroundings(observation)
        | marks_of(status),
    )


def _union(sets: list[frozenset[str]]) -> frozenset[str]:
    return sets[0] if len(sets) == 1 else frozenset().union(*sets)


def sort_out(concept: Concept) -> Sorting:
    """Look every code up; names can only take away from what the codes say."""
    known: set[str] = set()
    strange = not concept.codings
    sensitive = False
    for coding in concept.codings:
        found = catalogue.by_loinc(coding.code) if coding.system == catalogue.LOINC else None
        if found is None:
            strange = True
        else:
            known.add(found.key)
            sensitive = sensitive or found.sensitive
    marks = set()
    if len(known) > 1 or (known and _named_otherwise(concept, frozenset(known), sensitive)):
        marks.add(CONTRADICTORY)
    if strange or marks:
        marks.add(NOT_SORTED)
    if sensitive:
        marks.add(SENSITIVE)
    analyte = next(iter(known)) if len(known) == 1 and CONTRADICTORY not in marks else None
    name = line(concept.name)
    return Sorting(name, analyte, frozenset(known), frozenset(marks), _is_delicate(name))


def marks_of(status: str) -> frozenset[str]:
    """What a status alone says."""
    if status == "entered-in-error":
        return frozenset({ENTERED_IN_ERROR, NEVER_PLOTTED})
    return frozenset({NEVER_PLOTTED}) if status == "cancelled" else frozenset()


def surroundings(resource: Json) -> frozenset[str]:
    """Not sorted if other resources travel inside, a modifier changes what the rest means, or a label asks for care."""
    if resource.get("modifierExtension"):
        return frozenset({NOT_SORTED})
    meta = object_of(resource, "meta")
    if not resource.get("contained") and not (meta and meta.get("security")):
        return frozenset()
    labels = {text_of(label, "code") for label in objects_of(meta or {}, "security")}
    inside = {text_of(part, "resourceType") for part in objects_of(resource, "contained")}
    return frozenset() if labels <= OPEN_LABELS and inside <= HARMLESS_CONTAINED else frozenset({NOT_SORTED})


def _named_otherwise(concept: Concept, known: frozenset[str], sensitive: bool) -> bool:
    """Whether a text or display speaks of another analyte than the codes do."""
    for name in {concept.text, *(coding.display for coding in concept.codings)} - {""}:
        named = catalogue.by_name(name)
        if named and not named & known:
            return True
        if not sensitive and _is_delicate(name):
            return True
    return False


def _is_delicate(name: str) -> bool:
    return not SENSITIVE_WORDS.isdisjoint(catalogue.plain_name(name).split())


def _sort_component(component: Json, codes: Codes) -> Sorting:
    code = object_of(component, "code")
    if code is None:
        raise FaultError("One of its parts doesn't say what was measured.")
    return codes.sorting(code)


def _readings(holder: Json, sorting: Sorting) -> list[Reading]:
    value = value_of(holder, sorting.analyte)
    if value is None:
        return []
    limits = limits_of(holder, value, sorting.analyte)
    return [
        Reading(
            sorting.analyte, sorting.name, value.text, value.unit, limits.low, limits.high, limits.text, limits.flag
        )
    ]


def _categories(observation: Json) -> frozenset[str]:
    return frozenset(
        coding.code
        for category in objects_of(observation, "category")
        for coding in concept_of(category).codings
        if coding.code in CATEGORIES and coding.system in CATEGORY_SYSTEMS
    )

"""The shapes of health data once it is understood: readings, facts, resources, what a file brought.

Plain frozen values. Texts are as received; an empty text means "none".
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_SORTED = "not-sorted"
SENSITIVE = "sensitive"
ENTERED_IN_ERROR = "entered-in-error"
CONTRADICTORY = "contradictory"
NEVER_PLOTTED = "never-plotted"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value as received.

    ``value`` is a number (``0.80``), a bound (``<0.5``, ``>=90``) or text; ``low`` and ``high`` are the lab's own
    limits in the same unit; ``range_text`` is what the lab wrote in words; ``flag`` is ``low``, ``high`` or empty.
    """

    analyte: str | None
    name: str
    value: str
    unit: str
    low: str = ""
    high: str = ""
    range_text: str = ""
    flag: str = ""


def lacks_value(value: str) -> bool:
    """Whether a reading only says that there is none: ``no value``, ``no value: Not Performed``."""
    return value == "no value" or value.startswith("no value:")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a consent decision may look at; no value of any measurement.

    ``since`` and ``until`` bound the clinical date in UTC, half-open, in microseconds since 1970; None on a side that
    is unknown or open. ``marks``: ``not-sorted`` (part of what it says is outside the reviewed catalogue: only naming
    the record shares it), ``sensitive`` (every part is sorted, one is sensitive: naming the analyte or the record
    shares it), ``contradictory`` (codes, or code and name, speak of different analytes; comes with ``not-sorted``),
    ``entered-in-error`` (only naming the record shares it), ``never-plotted``.
    """

    kind: str
    analytes: frozenset[str]
    categories: frozenset[str]
    since: int | None
    until: int | None
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a file that passed the rules.

    ``body`` is its own text, byte for byte; ``canonical`` is the same content with sorted keys, numbers as written and
    without a database's ``_id`` (for noticing duplicates); ``identity`` is 8 bytes of SHA-256 over type and id, or
    empty; ``taken`` is the clinical date as written.
    """

    kind: str
    title: str
    taken: str
    status: str
    lab: str
    identity: bytes
    body: bytes
    canonical: bytes
    readings: tuple[Reading, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One resource that broke a rule: where it stood, why in plain words (never its contents), its own bytes."""

    where: str
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data a file says it is. ``birth_date`` as written, or empty."""

    names: tuple[str, ...]
    birth_date: str


@dataclass(frozen=True, slots=True)
class Upload:
    """All that one file brought, in its order."""

    resources: tuple[Resource, ...]
    quarantined: tuple[Quarantined, ...] = ()
    people: tuple[Person, ...] = ()

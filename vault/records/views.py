"""What the records room hands out: frozen values, text as it was written, times in UTC.

Numbers that people measured stay strings; an absent text is ``""``. None of these types knows a key or a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vault.health.observation import Quarantined, Reading
from vault.ids import ImportId, RecordId
from vault.paging import DEFAULT_LIMIT

Media = Literal["fhir", "file"]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """``added`` counts new, corrected and brought-back records; ``duplicates`` what was already here."""

    import_id: ImportId
    added: int
    duplicates: int
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An earlier import as its sealed report tells it; ``quarantined`` bodies are in the original file."""

    import_id: ImportId
    at: datetime
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    outcome: ImportOutcome


@dataclass(frozen=True, slots=True)
class ResultQuery:
    """``unit`` asks for conversion and needs ``analyte``; ``limit`` 1 to 200; ``after`` a cursor of an earlier page."""

    analyte: str | None = None
    unit: str | None = None
    limit: int = DEFAULT_LIMIT
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One measured value. ``value`` and ``unit`` as asked for, ``original_*`` as received.

    ``low``/``high`` are in ``unit``; a range that can't follow the conversion is in ``range_text`` with its own unit.
    ``when`` is the start of the clinical date in µs since 1970 UTC, or None; ``part`` the place within its record.
    """

    record_id: RecordId
    part: int
    analyte: str | None
    name: str
    taken: str
    when: int | None
    value: str
    unit: str
    original_value: str
    original_unit: str
    converted: bool
    low: str
    high: str
    range_text: str
    flag: str
    lab: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class LatestRow:
    """The newest result of one test, and how many there are."""

    result: ResultRow
    count: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A line of a list. ``source`` is the import's id as text, or ``typed``; ``deleted_at`` set means: in the bin."""

    record_id: RecordId
    version: int
    kind: str
    title: str
    taken: str
    when: int | None
    status: str
    lab: str
    source: str
    added_at: datetime
    deleted_at: datetime | None
    analytes: frozenset[str]
    categories: frozenset[str]
    marks: frozenset[str]
    media: Media


@dataclass(frozen=True, slots=True)
class RecordView:
    """One opened record. ``body``: the FHIR resource as received; for a file its bytes come from ``original``."""

    row: RecordRow
    readings: tuple[Reading, ...]
    body: bytes
    filename: str
    content_type: str
    size_bytes: int
    earlier_versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Original:
    """The whole file that a record came in, byte for byte."""

    data: bytes
    content_type: str
    filename: str

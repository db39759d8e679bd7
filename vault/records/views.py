"""What the records room hands out: frozen values, text as it was written, times in UTC.

Numbers that people measured stay strings; an absent text is ``""``. None of these types knows a key or a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vault.health.observation import Quarantined, Reading
from vault.health.ranges import Standing
from vault.ids import ImportId, RecordId
from vault.paging import DEFAULT_LIMIT

Media = Literal["fhir", "file"]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """``added`` counts new, corrected and brought-back records; ``duplicates`` what was already here.

    ``document`` is the record of a file that was kept as it came.
    """

    import_id: ImportId
    added: int
    duplicates: int
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...]
    document: RecordId | None = None


@dataclass(frozen=True, slots=True)
class SentBy:
    """Who delivered what was imported. ``proven``: by a lab's signature; else ``name`` is that of the key used."""

    name: str
    proven: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An earlier import as its sealed report tells it; ``quarantined`` bodies are in the original file.

    ``sent_by``: None for what the citizen or a carer brought.
    """

    import_id: ImportId
    at: datetime
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    outcome: ImportOutcome
    sent_by: SentBy | None = None


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
    ``standing`` beside the lab's own range is decided in the unit received (``ranges.standing_of``); ``method`` is how
    it was measured, where that was asked for.
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
    standing: Standing = "no-range"
    method: str = ""


@dataclass(frozen=True, slots=True)
class LatestRow:
    """One test: its newest result that has a value (else its newest), and how many there are.

    ``later`` is a newer sample that gave no value. ``test`` is the analyte's key, or ``name:`` and the lab's own name,
    in lower case, for tests outside the catalogue.
    """

    result: ResultRow
    count: int
    test: str
    later: ResultRow | None = None


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
class ResultView:
    """One result (``result``: ``reading`` as shown) with all of its test, from one state of the vault.

    ``rows`` are the newest results of the same test (this one among them unless it is in the bin), in ``unit``: a unit
    of ``units``, or ``as-received``; empty for a test outside the catalogue. ``earlier``: this reading in the record's
    earlier versions, (version, reading), oldest first.
    """

    record: RecordView
    part: int
    reading: Reading
    result: ResultRow
    rows: tuple[ResultRow, ...]
    has_more: bool
    units: tuple[str, ...]
    unit: str
    earlier: tuple[tuple[int, Reading], ...]


@dataclass(frozen=True, slots=True)
class Original:
    """The whole file that a record came in, byte for byte."""

    data: bytes
    content_type: str
    filename: str

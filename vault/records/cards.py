"""Cards: one line per record in the sealed index. docs/specs/index-segment.md.

On hot paths a card stays the list that JSON gave (``Row``), read through the named positions below; values of our own
types are made only for what a page shows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from vault.clock import from_microseconds, to_microseconds
from vault.errors import Tampered
from vault.health.observation import Facts, Reading, Resource
from vault.ids import ImportId, RecordId, text_of
from vault.records.views import Media, RecordRow

Row = list[Any]
"""A card as stored: 20 strings, then the list of readings."""

FORMAT: Final = 1
FIELDS: Final = 21
CARDS_PER_SEGMENT: Final = 256
TYPED: Final = "typed"
READ_FROM: Final = "document:"
"""Before the record id, in hex, of the document that a typed result was read from."""

(
    RECORD, VERSION, NONCE, DIGEST, KIND, MEDIA, TITLE, TAKEN, SINCE, UNTIL, ADDED,
    ANALYTES, CATEGORIES, MARKS, SOURCE, STATUS, LAB, DELETED, IDENTITY, EARLIER, READINGS,
) = range(FIELDS)  # fmt: skip

_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Stored:
    """What sealing a record settles: where and under which nonce its bytes lie."""

    record_id: RecordId
    version: int
    nonce: bytes
    digest: bytes
    source: str
    added: str
    earlier: str = ""
    deleted: str = ""


def make_row(resource: Resource, media: Media, stored: Stored) -> Row:
    """The card of a record as it is stored now."""
    facts = resource.facts
    return [
        stored.record_id.hex(),
        str(stored.version),
        stored.nonce.hex(),
        stored.digest.hex(),
        facts.kind,
        media,
        resource.title,
        resource.taken,
        "" if facts.since is None else str(facts.since),
        "" if facts.until is None else str(facts.until),
        stored.added,
        _joined(facts.analytes),
        _joined(facts.categories),
        _joined(facts.marks),
        stored.source,
        resource.status,
        resource.lab,
        stored.deleted,
        resource.identity.hex(),
        stored.earlier,
        [[r.analyte or "", r.name, r.value, r.unit, r.low, r.high, r.range_text, r.flag] for r in resource.readings],
    ]


def encode_rows(rows: list[Row]) -> bytes:
    """The plaintext of a segment."""
    return _encode([FORMAT, rows]).encode("ascii")


def decode_rows(data: bytes) -> list[Row]:
    """The cards of an opened segment; Tampered for another shape."""
    found = json.loads(data)
    if not isinstance(found, list) or len(found) != 2 or found[0] != FORMAT or len(found[1]) > CARDS_PER_SEGMENT:
        raise Tampered
    rows = cast(list[Row], found[1])
    if any(len(row) != FIELDS for row in rows):
        raise Tampered
    return rows


def when_of(row: Row) -> int:
    """A record's place in time, µs since 1970 UTC: start of its clinical date, or when it was added."""
    return int(row[SINCE] or row[ADDED])


def facts_of(row: Row) -> Facts:
    """Everything that a decision about this record needs."""
    return Facts(
        kind=row[KIND],
        analytes=frozenset(row[ANALYTES].split()),
        categories=frozenset(row[CATEGORIES].split()),
        since=int(row[SINCE]) if row[SINCE] else None,
        until=int(row[UNTIL]) if row[UNTIL] else None,
        marks=frozenset(row[MARKS].split()),
    )


def reading_of(row: Row, part: int) -> Reading:
    """One reading, by its place in the card."""
    reading = row[READINGS][part]
    return Reading(reading[0] or None, *reading[1:])


def readings_of(row: Row) -> tuple[Reading, ...]:
    return tuple(reading_of(row, part) for part in range(len(row[READINGS])))


def is_typed(row: Row) -> bool:
    """Whether a person typed it, from a document or not."""
    return str(row[SOURCE]).startswith((TYPED, READ_FROM))


def import_of(row: Row) -> ImportId | None:
    """The import that a record came in; None if it was typed."""
    return None if is_typed(row) else ImportId(bytes.fromhex(row[SOURCE]))


def document_of(row: Row) -> RecordId | None:
    """The document that a typed result was read from."""
    source = row[SOURCE]
    return RecordId(bytes.fromhex(source.removeprefix(READ_FROM))) if source.startswith(READ_FROM) else None


def provenance_of(row: Row) -> str:
    """``file``, ``document`` or ``typed``: how a link's reader is told where it comes from."""
    if not is_typed(row):
        return "file"
    return "typed" if row[SOURCE] == TYPED else "document"


def source_text(row: Row) -> str:
    """The import's id as on the wire, ``typed``, or ``document:`` and the document's id as on the wire."""
    document = document_of(row)
    if document is not None:
        return READ_FROM + text_of(document)
    return TYPED if is_typed(row) else text_of(bytes.fromhex(row[SOURCE]))


def source_bytes(row: Row) -> bytes:
    """The ``source`` part of the record's seal."""
    return TYPED.encode() if is_typed(row) else bytes.fromhex(row[SOURCE])


def earlier_nonces(row: Row) -> list[bytes]:
    """Of versions 1 to the last but one, in order."""
    return [bytes.fromhex(nonce) for nonce in row[EARLIER].split()]


def record_row(row: Row) -> RecordRow:
    """The line of a list."""
    facts = facts_of(row)
    return RecordRow(
        record_id=record_id_of(row),
        version=int(row[VERSION]),
        kind=facts.kind,
        title=row[TITLE],
        taken=row[TAKEN],
        when=facts.since,
        status=row[STATUS],
        lab=row[LAB],
        source=source_text(row),
        added_at=_moment(row[ADDED]),
        deleted_at=_moment(row[DELETED]) if row[DELETED] else None,
        analytes=facts.analytes,
        categories=facts.categories,
        marks=facts.marks,
        media=row[MEDIA],
    )


def record_id_of(row: Row) -> RecordId:
    return RecordId(bytes.fromhex(row[RECORD]))


def stamp(moment: datetime) -> str:
    """A time as a card holds it."""
    return str(to_microseconds(moment))


def _moment(text: str) -> datetime:
    return from_microseconds(int(text))


def _joined(words: frozenset[str]) -> str:
    return " ".join(sorted(words))

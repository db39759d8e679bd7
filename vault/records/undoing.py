"""Taking one import back: all that came with it goes to the bin in one act, and can come back in one.

What the import corrected stays corrected, since an earlier record is behind it and a lab's correction is worth keeping;
what it brought back from the bin goes there again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from vault import freshness
from vault.clock import from_microseconds
from vault.database import Database, table_of
from vault.freshness import State
from vault.ids import ImportId, RecordId, SegmentId
from vault.keys.keyring import Keyring
from vault.records.bulk import batches
from vault.records.cards import DELETED, MEDIA, RECORD, SOURCE, Row, record_id_of
from vault.records.index import Edit, Index, load_index
from vault.records.reports import Told, read_told, rewrite
from vault.records.tables import RecordTable

_IDS_PER_QUERY = 400
_RECORD = table_of(RecordTable)

Append = Callable[[Connection, Told, Sequence[bytes], State], None]
"""Logs the act in its transaction: the report, the ids that moved, the state after."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of an import: how many of its records are live or in the bin; ``stays``: earlier records that it
    corrected, which no undo touches. ``undone_at`` is set while it is undone; ``document``: the one
    record of a file that was kept as it is."""

    live: int
    in_bin: int
    stays: int
    undone_at: datetime | None
    document: RecordId | None


def standing_of(connection: Connection, keyring: Keyring, told: Told) -> Standing:
    """Where the records of an import are now. Tampered."""
    index = load_index(connection, keyring)
    mine, stays = _cards(connection, index, told, keep=False)
    binned = sum(bool(row[DELETED]) for _, row in mine)
    at = from_microseconds(int(told.undone)) if told.undone and binned else None
    document = record_id_of(mine[0][1]) if len(mine) == 1 and mine[0][1][MEDIA] == "file" else None
    return Standing(len(mine) - binned, binned, stays, at, document)


def undo(database: Database, keyring: Keyring, import_id: ImportId, deleted: str, append: Append) -> int:
    """Move what is live of an import to the bin, stamped ``deleted``; how many. Twice is once. NotFound; StaleState.

    What an earlier undoing moved takes the new stamp too, so that all of it comes back together.
    """

    def moved(told: Told, rows: Sequence[Row]) -> list[Row]:
        return (
            [row for row in rows if row[DELETED] in {"", told.undone}] if any(not row[DELETED] for row in rows) else []
        )

    return freshness.retrying(lambda: _move(database, keyring, import_id, deleted, moved, append))


def bring_back(database: Database, keyring: Keyring, import_id: ImportId, append: Append) -> int:
    """Bring back what its undoing moved, and nothing that was in the bin before. NotFound; StaleState."""

    def moved(told: Told, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if told.undone and row[DELETED] == told.undone]

    return freshness.retrying(lambda: _move(database, keyring, import_id, "", moved, append))


def _move(  # noqa: PLR0917
    database: Database,
    keyring: Keyring,
    import_id: ImportId,
    undone: str,
    moved: Callable[[Told, Sequence[Row]], list[Row]],
    append: Append,
) -> int:
    with database.read() as connection:
        told = read_told(connection, keyring, import_id)
        index = load_index(connection, keyring)
        mine, _ = _cards(connection, index, told, keep=True)
        report = rewrite(connection, keyring, replace(told, undone=undone))
    moving = {row[RECORD] for row in moved(told, [row for _, row in mine])}
    if not moving:
        return 0
    edit = Edit(index)
    for segment_id in {segment_id for segment_id, row in mine if row[RECORD] in moving}:
        edit.put(
            segment_id, [_stamped(row, undone) if row[RECORD] in moving else row for row in edit.content(segment_id)]
        )
    sealed = edit.seal()
    with database.write() as connection:
        state = freshness.advance(connection, keyring, index.state, sealed.change + report.change)
        sealed.store(connection)
        report.store(connection)
        append(connection, told, [bytes.fromhex(record) for record in sorted(moving)], state)
    return len(moving)


def _stamped(row: Row, deleted: str) -> Row:
    return [*row[:DELETED], deleted, *row[DELETED + 1 :]]


def _cards(connection: Connection, index: Index, told: Told, *, keep: bool) -> tuple[list[tuple[SegmentId, Row]], int]:
    """The cards that came with an import or came back with it, and how many others it corrected."""
    keyring, source, back = index.keyring, told.import_id.hex(), set(told.back)
    where = [_RECORD.c.import_id == told.import_id]
    where += [
        _RECORD.c.record_id.in_([bytes.fromhex(record) for record in some])
        for some in batches(sorted(back), _IDS_PER_QUERY)
    ]
    segments: dict[SegmentId, None] = {}
    first: set[str] = set()
    for condition in where:
        query = select(_RECORD.c.segment_id, _RECORD.c.record_id, _RECORD.c.version, _RECORD.c.import_id)
        for segment_id, record_id, version, import_id in connection.execute(
            query.where(_RECORD.c.vault_id == keyring.vault_id, condition)
        ):
            if segment_id in index.headers.segments:
                segments[segment_id] = None
            if version == 1 and import_id == told.import_id:
                first.add(record_id.hex())
    mine: list[tuple[SegmentId, Row]] = []
    stays = 0
    for segment_id, rows in index.rows(connection, segments, keep=keep):
        for row in rows:
            if row[RECORD] in back or (row[SOURCE] == source and row[RECORD] in first):
                mine.append((segment_id, row))
            elif row[SOURCE] == source:
                stays += 1
    return mine, stays

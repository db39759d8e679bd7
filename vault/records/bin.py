"""The bin: a deleted record stays for 30 days and can come back; then its rows, tags and unshared roots go for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from vault import freshness
from vault.blobs import Blobs
from vault.clock import to_microseconds
from vault.database import Database, table_of
from vault.errors import NotFound
from vault.freshness import Change, State
from vault.ids import BlobId, ImportId, PaperId, RecordId
from vault.keys.keyring import Keyring
from vault.keys.roots import drop_roots
from vault.papers import Papers
from vault.records.bodies import find_card
from vault.records.bulk import batches
from vault.records.cards import DELETED, SOURCE, TITLE, Row, is_typed, record_id_of
from vault.records.index import Edit, Index, load_index
from vault.records.originals import where_kept
from vault.records.reports import read_told
from vault.records.tables import ImportRun, RecordTable, RecordTag

DAYS_IN_BIN: Final = timedelta(days=30)
_IDS_PER_QUERY: Final = 400

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)
_RUN = table_of(ImportRun)


def move(
    database: Database,
    keyring: Keyring,
    record_id: RecordId,
    deleted: str,
    append: Callable[[Connection, str, State], None],
) -> bool:
    """Set a card's ``deleted`` stamp, ``""`` to restore; False if it was so already. NotFound, StaleState.

    ``append`` logs, given the record's title, in the same transaction.
    """
    return freshness.retrying(lambda: _move(database, keyring, record_id, deleted, append))


def _move(
    database: Database,
    keyring: Keyring,
    record_id: RecordId,
    deleted: str,
    append: Callable[[Connection, str, State], None],
) -> bool:
    with database.read() as connection:
        index = load_index(connection, keyring)
        found = find_card(connection, index, record_id)
    if found is None:
        raise NotFound
    segment_id, card = found
    if bool(card[DELETED]) == bool(deleted):
        return False
    edit = Edit(index)
    marked = [*card[:DELETED], deleted, *card[DELETED + 1 :]]
    edit.put(segment_id, [marked if row is card else row for row in edit.content(segment_id)])
    sealed = edit.seal()
    with database.write() as connection:
        state = freshness.advance(connection, keyring, index.state, sealed.change)
        sealed.store(connection)
        append(connection, card[TITLE], state)
    return True


@dataclass(slots=True)
class _Waste:
    """What an emptied bin leaves unused."""

    records: list[bytes]
    roots: set[bytes] = field(default_factory=set)
    imports: list[ImportId] = field(default_factory=list)
    blobs: list[BlobId] = field(default_factory=list)
    change: Change = field(default_factory=Change)


def empty(
    database: Database,
    keyring: Keyring,
    blobs: Blobs,
    now: datetime,
    append: Callable[[Connection, Sequence[bytes], State], None],
) -> int:
    """Remove for good what was deleted more than 30 days before ``now``; the number of records. StaleState."""
    limit = to_microseconds(now - DAYS_IN_BIN)

    def attempt() -> int:
        with database.read() as connection:
            index = load_index(connection, keyring)
            edit, gone = _without_expired(connection, index, limit)
            if not gone:
                return 0
            waste = _waste_of(connection, index, gone)
        sealed = edit.seal()
        with database.write() as connection:
            state = freshness.advance(connection, keyring, index.state, sealed.change + waste.change)
            sealed.store(connection)
            _remove(connection, keyring, blobs, waste)
            append(connection, waste.records, state)
        return len(gone)

    return freshness.retrying(attempt)


def _without_expired(connection: Connection, index: Index, limit: int) -> tuple[Edit, list[Row]]:
    edit, gone = Edit(index), []
    for segment_id, rows in index.all_rows(connection):
        expired = [row for row in rows if row[DELETED] and int(row[DELETED]) < limit]
        if expired:
            edit.put(segment_id, [row for row in rows if row not in expired])
            gone += expired
    return edit, gone


def _waste_of(connection: Connection, index: Index, gone: list[Row]) -> _Waste:
    keyring, waste = index.keyring, _Waste([record_id_of(row) for row in gone])
    expired = set(waste.records)
    for ids in batches(waste.records, _IDS_PER_QUERY):
        mine = (_RECORD.c.vault_id == keyring.vault_id, _RECORD.c.record_id.in_(ids))
        waste.roots |= set(connection.execute(select(_RECORD.c.root_id).where(*mine).distinct()).scalars())
    sharing = select(_RECORD.c.root_id, _RECORD.c.record_id).where(
        _RECORD.c.vault_id == keyring.vault_id, _RECORD.c.root_id.in_(sorted(waste.roots))
    )
    waste.roots -= {row[0] for row in connection.execute(sharing) if row[1] not in expired}
    kept = {row[SOURCE] for _, rows in index.all_rows(connection) for row in rows if record_id_of(row) not in expired}
    for source in sorted({row[SOURCE] for row in gone if not is_typed(row)} - kept):
        _add_import(connection, keyring, ImportId(bytes.fromhex(source)), waste)
    return waste


def _add_import(connection: Connection, keyring: Keyring, import_id: ImportId, waste: _Waste) -> None:
    """An import whose last record goes takes its file along, unless doubtful parts that nobody settled live in it."""
    told = read_told(connection, keyring, import_id)
    if len(told.settled) < told.quarantined and not told.undone:
        return
    waste.imports.append(import_id)
    waste.change += Papers(keyring).removal(connection, PaperId(import_id))
    place = where_kept(connection, keyring, import_id)
    if place is not None:
        waste.blobs.append(place[0])
        waste.roots.add(place[1])


def _remove(connection: Connection, keyring: Keyring, blobs: Blobs, waste: _Waste) -> None:
    vault_id = keyring.vault_id
    for ids in batches(waste.records, _IDS_PER_QUERY):
        for table in (_RECORD, _TAG):
            connection.execute(delete(table).where(table.c.vault_id == vault_id, table.c.record_id.in_(ids)))
    for import_id in waste.imports:
        Papers(keyring).remove(connection, PaperId(import_id))
        connection.execute(delete(_RUN).where(_RUN.c.vault_id == vault_id, _RUN.c.import_id == import_id))
    for blob_id in waste.blobs:
        blobs.delete(connection, vault_id, blob_id)
    drop_roots(connection, vault_id, waste.roots)

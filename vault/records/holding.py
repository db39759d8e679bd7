"""The kept files that hold a record, and what becomes of one that must go while other records of it stay.

A file holds a record if a version of it came in there, or if it was a duplicate there: so every kept file is read.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select, update

from vault.blobs import Blobs
from vault.database import table_of
from vault.errors import Invalid, NotFound
from vault.freshness import Change
from vault.ids import BlobId, ImportId, RecordId
from vault.keys.keyring import Keyring
from vault.keys.roots import drop_roots
from vault.records.intake import items_of, read_file
from vault.records.originals import read_original, where_kept
from vault.records.reports import DISCARDED, Removal, Rewritten, Told, read_told, remove_import, rewrite
from vault.records.tables import ImportRun, RecordTable, RecordTag

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)
_RUN = table_of(ImportRun)


@dataclass(frozen=True, slots=True)
class Holding:
    """One file that holds a record. ``others``: records that came in it and stay; ``doubtful``: parts of it that
    nobody settled."""

    told: Told
    others: int

    @property
    def doubtful(self) -> int:
        return self.told.quarantined - len(self.told.settled)


@dataclass(frozen=True, slots=True)
class Gone:
    """A file about to go: with its report if no record of it is left, else the report stays and says so."""

    keyring: Keyring
    blobs: Blobs
    import_id: ImportId
    place: tuple[BlobId, bytes] | None
    instead: Rewritten | None
    removal: Removal | None

    @property
    def change(self) -> Change:
        """For the freshness sum."""
        change = Change() if self.instead is None else self.instead.change
        return change if self.removal is None else change + self.removal.change

    def store(self, connection: Connection) -> None:
        if self.removal is not None:
            self.removal.store(connection)
            return
        vault_id = self.keyring.vault_id
        if self.instead is not None:
            self.instead.store(connection)
        if self.place is not None:
            self.blobs.delete(connection, vault_id, self.place[0])
            drop_roots(connection, vault_id, [self.place[1]])
        mine = (_RUN.c.vault_id == vault_id, _RUN.c.import_id == self.import_id)
        connection.execute(update(_RUN).where(*mine).values(blob_id=None))


def files_with(connection: Connection, keyring: Keyring, blobs: Blobs, record_id: RecordId) -> tuple[Holding, ...]:
    """Every kept file that holds a version of this record, the oldest first. Slow. Tampered."""
    mine = (_RECORD.c.vault_id == keyring.vault_id, _RECORD.c.record_id == record_id)
    came_in = set(connection.execute(select(_RECORD.c.import_id).where(*mine)).scalars())
    its = (_TAG.c.vault_id == keyring.vault_id, _TAG.c.record_id == record_id)
    tags = frozenset(connection.execute(select(_TAG.c.tag).where(*its)).scalars())
    kept = (_RUN.c.vault_id == keyring.vault_id, _RUN.c.state == "published", _RUN.c.blob_id.is_not(None))
    runs = select(_RUN.c.import_id).where(*kept).order_by(_RUN.c.created_at, _RUN.c.import_id)
    return tuple(
        Holding(read_told(connection, keyring, import_id), _others(connection, keyring, import_id, record_id))
        for import_id in map(ImportId, connection.execute(runs).scalars().all())
        if import_id in came_in or _holds(connection, keyring, blobs, import_id, tags)
    )


def prepare_removal(connection: Connection, keyring: Keyring, blobs: Blobs, holding: Holding) -> Gone:
    """Let a file go, and with it what of it nobody settled."""
    told = holding.told
    if not holding.others:
        return Gone(
            keyring, blobs, told.import_id, None, None, remove_import(connection, keyring, blobs, told.import_id)
        )
    place = where_kept(connection, keyring, told.import_id)
    settled = dict.fromkeys(range(told.quarantined), DISCARDED) | dict(told.settled)
    instead = rewrite(connection, keyring, replace(told, settled=settled, plain={**told.plain, "blob": None}))
    return Gone(keyring, blobs, told.import_id, place, instead, None)


def _others(connection: Connection, keyring: Keyring, import_id: ImportId, record_id: RecordId) -> int:
    query = select(func.count(_RECORD.c.record_id.distinct())).where(
        _RECORD.c.vault_id == keyring.vault_id, _RECORD.c.import_id == import_id, _RECORD.c.record_id != record_id
    )
    return connection.execute(query).scalar_one()


def _holds(connection: Connection, keyring: Keyring, blobs: Blobs, import_id: ImportId, tags: Set[bytes]) -> bool:
    try:
        original = read_original(connection, keyring, blobs, import_id)
        upload, media = read_file(original.data, original.filename, original.content_type)
    except (NotFound, Invalid):  # Nothing of it can be a record.
        return False
    items = items_of(keyring, upload.resources, media)
    return any(item.tag in tags or keyring.previous_tag(item.digest) in tags for item in items)

"""One record erased for good: every version, its tags, its card, the files it came in, and the keys of all of these.

What was sealed beside it stays, under new keys; the old keys are destroyed, so an older copy of the data opens nothing
of it with today's keys. A file that holds it goes whole; what else came in that file stays. The citizen's own history
keeps its lines and loses what they call it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, delete, select

from vault import freshness
from vault.audit.forgetting import Forgetting
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database, table_of
from vault.errors import NotFound
from vault.freshness import Change, State
from vault.ids import RecordId, text_of
from vault.keys.keyring import Keyring
from vault.records.bodies import find_card
from vault.records.cards import DELETED, RECORD, TAKEN, TITLE, VERSION
from vault.records.holding import Gone, Holding, files_with, prepare_removal
from vault.records.index import Edit, SealedEdit, load_index
from vault.records.resealing import Resealed, reseal
from vault.records.tables import RecordTable, RecordTag

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)


class Companion(Protocol):
    """What another room changes in the same transaction; ``change`` is its part of the freshness sum."""

    @property
    def change(self) -> Change: ...

    def store(self, connection: Connection, state: State) -> None:
        """``state`` is the vault's after the erasure."""
        ...


Prepare = Callable[[RecordId], Companion]
"""Seals again, without a record, what another room keeps of it. Called before the transaction, at every retry."""

Note = Callable[[Connection, RecordId], None]
"""Told of the destroyed record in the transaction, for the erasure ledger."""


@dataclass(frozen=True, slots=True)
class Erasable:
    """What goes with a record: its title and date as written, how many versions, whether it is in the bin, files."""

    title: str
    taken: str
    versions: int
    is_deleted: bool
    files: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Everything slow is done."""

    record_id: RecordId
    state: State
    sealed: SealedEdit
    resealed: Resealed
    files: tuple[Gone, ...]
    forgetting: Forgetting

    @property
    def change(self) -> Change:
        return sum((each.change for each in self.files), self.sealed.change)


def what_goes(database: Database, keyring: Keyring, blobs: Blobs, record_id: RecordId) -> Erasable:
    """What erasing a record takes with it. Slow. NotFound; Tampered."""
    with database.read() as connection:
        found = find_card(connection, load_index(connection, keyring), record_id)
        if found is None:
            raise NotFound
        files = files_with(connection, keyring, blobs, record_id)
    card = found[1]
    return Erasable(card[TITLE], card[TAKEN], int(card[VERSION]), bool(card[DELETED]), files)


class Erasing:
    """Of one unlocked vault."""

    def __init__(self, database: Database, keyring: Keyring, blobs: Blobs, clock: Clock, note: Note) -> None:
        self._database = database
        self._keyring = keyring
        self._blobs = blobs
        self._clock = clock
        self._note = note

    def erase(self, record_id: RecordId, prepare: Prepare, append: Callable[[Connection, State], None]) -> None:
        """Live or in the bin, it is gone when this returns; its old bytes leave the disk with the scrub.

        ``append`` logs it in the transaction. NotFound; StaleState.
        """
        freshness.retrying(lambda: self._attempt(record_id, prepare, append))

    def _attempt(self, record_id: RecordId, prepare: Prepare, append: Callable[[Connection, State], None]) -> None:
        ready = self._prepare(record_id)
        companion = prepare(record_id)
        with self._database.write() as connection:
            change = ready.change + companion.change
            state = freshness.advance(connection, self._keyring, ready.state, change)
            ready.sealed.store(connection)
            ready.resealed.store(connection)
            for file in ready.files:
                file.store(connection)
            for table in (_RECORD, _TAG):
                gone = (table.c.vault_id == self._keyring.vault_id, table.c.record_id == record_id)
                connection.execute(delete(table).where(*gone))
            ready.forgetting.store(connection)
            companion.store(connection, state)
            append(connection, state)
            self._note(connection, record_id)

    def _prepare(self, record_id: RecordId) -> _Prepared:
        with self._database.read() as connection:
            index = load_index(connection, self._keyring)
            found = find_card(connection, index, record_id)
            if found is None:
                raise NotFound
            segment_id, edit = found[0], Edit(index)
            resealed = reseal(connection, index, edit, self._roots(connection, record_id), {record_id})
            for _ in index.rows(connection, [segment_id]):
                pass
            wanted = record_id.hex()
            edit.put(segment_id, [card for card in edit.content(segment_id) if card[RECORD] != wanted])
            edit.rekey(segment_id)
            files = files_with(connection, self._keyring, self._blobs, record_id)
            going = tuple(prepare_removal(connection, self._keyring, self._blobs, each) for each in files)
            names = {text_of(record_id)} | {text_of(each.told.import_id) for each in files if not each.others}
            forgetting = Forgetting(self._keyring, names, self._clock.now())
            forgetting.prepare(connection)
        return _Prepared(record_id, index.state, edit.seal(), resealed, going, forgetting)

    def _roots(self, connection: Connection, record_id: RecordId) -> list[bytes]:
        mine = (_RECORD.c.vault_id == self._keyring.vault_id, _RECORD.c.record_id == record_id)
        return list(connection.execute(select(_RECORD.c.root_id).where(*mine).distinct()).scalars())

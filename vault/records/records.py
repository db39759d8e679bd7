"""Records of one vault for one actor: import, type in, list, read, delete, restore.

Every method that shows or changes something writes its log entry first or with it; no entry, no data.
No method takes an owner: the vault is the keyring's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from vault.audit.events import Event, Origin, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.errors import NotFound
from vault.freshness import State
from vault.health.typed import TypedResult
from vault.ids import ImportId, RecordId, text_of
from vault.keys.keyring import Keyring
from vault.paging import DEFAULT_LIMIT, Page
from vault.records import bin as waste
from vault.records import queries
from vault.records.bodies import find_card, open_bodies
from vault.records.cards import VERSION, Row, import_of, stamp
from vault.records.documents import Documents
from vault.records.hidden import private_of
from vault.records.imports import Imports
from vault.records.incoming import Incoming
from vault.records.index import Index, load_index
from vault.records.one_result import FHIR_JSON, open_result, open_view
from vault.records.originals import read_original, where_kept
from vault.records.privacy import Also, Privacy
from vault.records.telling import Teller, ids_told
from vault.records.views import (
    ImportOutcome,
    ImportReport,
    LatestRow,
    Original,
    RecordRow,
    RecordView,
    ResultQuery,
    ResultRow,
    ResultView,
)


class Records:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(  # noqa: PLR0917  Built in one place, from parts of distinct types.
        self, database: Database, keyring: Keyring, log: Log, trail: Trail, clock: Clock, blobs: Blobs, origin: Origin
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._blobs = blobs
        self._tell = Teller(database, keyring, log, trail, origin)
        self.incoming = Incoming(database, keyring, clock, blobs, self._tell)
        self.imports = Imports(database, keyring, clock, blobs, self._tell)
        self.documents = Documents(database, keyring, clock, blobs, tell=self._tell, incoming=self.incoming)

    def add_file(self, data: bytes, filename: str, content_type: str) -> ImportOutcome:
        """Keep one uploaded file and what it holds. TooLarge over 10 MiB; MalformedJson, EmptyFile; StaleState."""
        return self.incoming.add_file(data, filename, content_type)

    def add_result(self, typed: TypedResult) -> RecordId:
        """Keep one typed result; the same content again gives the same record. Invalid subclasses name the field."""
        return self.documents.add_results([typed])[0]

    def results(self, query: ResultQuery) -> Page[ResultRow]:
        """Measured values, newest clinical date first. Invalid for an unknown analyte or a unit that isn't its own."""
        with self._database.read() as connection:
            page = queries.page_of_results(connection, self._index(connection), query)
        self._look({"list": "results", "analyte": query.analyte or ""}, queries.ids_of(page.items))
        return page

    def latest(self) -> tuple[LatestRow, ...]:
        """The newest result of every test, by name."""
        with self._database.read() as connection:
            rows = queries.latest_of_each(connection, self._index(connection))
        self._look({"list": "latest"}, [row.result.record_id for row in rows])
        return rows

    def list(
        self, kind: str | None = None, limit: int = DEFAULT_LIMIT, after: str | None = None, deleted: bool = False
    ) -> Page[RecordRow]:
        """Live records (or the bin), newest first. UnknownKind, BadLimit, BadCursor."""
        with self._database.read() as connection:
            page = queries.page_of_records(
                connection, self._index(connection), kind=kind, limit=limit, after=after, deleted=deleted
            )
        self._look({"list": "bin" if deleted else "records", "kind": kind or ""}, queries.ids_of(page.items))
        return page

    def read(self, record_id: RecordId, version: int | None = None) -> RecordView:
        """One record, opened; ``version`` for an earlier one's body. NotFound; Tampered."""
        with self._database.read() as connection:
            card = self._card(connection, record_id)
            wanted = int(card[VERSION]) if version is None else version
            if not 1 <= wanted <= int(card[VERSION]):
                raise NotFound
            view = open_view(connection, self._keyring, card, wanted)
        self._look({"record": text_of(record_id), "title": view.row.title, "version": wanted}, [record_id])
        return view

    def result(self, record_id: RecordId, part: int = 0, unit: str | int | None = None) -> ResultView:
        """One result with every result of its test, as one look; ``unit`` as ``open_result``. NotFound; UnknownUnit."""
        with self._database.read() as connection:
            index = self._index(connection)
            view = open_result(connection, index, self._card(connection, record_id, index), part, unit)
        row, ids = view.record.row, [each.record_id for each in view.rows if each.record_id != record_id]
        self._look({"record": text_of(record_id), "title": row.title, "version": row.version}, [record_id, *ids])
        return view

    def original(self, record_id: RecordId) -> Original:
        """The whole file that a record came in, as an export; its own resource if it was typed or the file is erased.

        NotFound; Tampered.
        """
        with self._database.read() as connection:
            card = self._card(connection, record_id)
            import_id = import_of(card)
            if import_id is None or where_kept(connection, self._keyring, import_id) is None:
                found = Original(next(open_bodies(connection, self._keyring, [card])), FHIR_JSON, "result.json")
            else:
                found = read_original(connection, self._keyring, self._blobs, import_id)
        told = {"record": text_of(record_id), "file": found.filename}
        self._look(told, [record_id], Event.EXPORT)
        return found

    def keep_private(self, record_id: RecordId, also: Also, *, is_private: bool) -> None:
        """Keep a record from carers, or no more. NotFound; Forbidden for a carer. ``also`` as in ``Privacy.keep``."""
        reason = "kept-private" if is_private else "no-longer-private"

        def append(connection: Connection, state: State) -> None:
            told = {"record": text_of(record_id)}
            self._tell.append(connection, Event.PRIVACY, told, [record_id], state, reason=reason)

        Privacy(self._database, self._keyring, self._blobs).keep(record_id, append, is_private=is_private, also=also)

    def private_of(self, record_ids: Sequence[RecordId]) -> frozenset[bytes]:
        """Those of these records that are kept from carers. No entry: nothing of them is shown."""
        with self._database.read() as connection:
            return private_of(connection, self._keyring.vault_id, record_ids)

    def delete(self, record_id: RecordId) -> None:
        """Move to the bin for 30 days; twice is once. Copies given under a link stay until that is stopped."""
        self._move(record_id, stamp(self._clock.now()), Event.DELETE)

    def restore(self, record_id: RecordId) -> None:
        """Back from the bin; NotFound once emptied."""
        self._move(record_id, "", Event.RESTORE)

    def empty_bin(self, now: datetime) -> int:
        """Remove for good what has been in the bin longer than 30 days; the number of records removed."""

        def append(connection: Connection, gone: Sequence[bytes], state: State) -> None:
            self._tell.append(connection, Event.DELETE, ids_told(gone), gone, state, reason="bin-emptied")

        return waste.empty(self._database, self._keyring, self._blobs, now, append)

    def import_report(self, import_id: ImportId) -> ImportReport:
        """What an earlier import found. NotFound."""
        return self.imports.status(import_id).report

    def _move(self, record_id: RecordId, deleted: str, event: Event) -> None:
        def append(connection: Connection, title: str, state: State) -> None:
            self._tell.append(connection, event, {"record": text_of(record_id), "title": title}, [record_id], state)

        waste.move(self._database, self._keyring, record_id, deleted, append)

    def _index(self, connection: Connection) -> Index:
        return load_index(connection, self._keyring)

    def _card(self, connection: Connection, record_id: RecordId, index: Index | None = None) -> Row:
        found = find_card(connection, index or self._index(connection), record_id)
        if found is None:
            raise NotFound
        return found[1]

    def _look(self, told: dict[str, Any], record_ids: Sequence[bytes], event: Event = Event.VIEW) -> None:
        """Log before anything is shown."""
        self._tell.look(told, record_ids, event)

"""Records of one vault for one actor: import, type in, list, read, delete, restore.

Every method that shows or changes something writes its log entry first or with it; no entry, no data.
No method takes an owner: the vault is the keyring's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.leaf import derive_records_digest
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.errors import NotFound
from vault.freshness import State
from vault.health.typed import MAX_TEXT_CHARACTERS, BadText, TypedResult, resource_of
from vault.ids import ImportId, RecordId, make_id, text_of
from vault.keys.keyring import Keyring
from vault.paging import DEFAULT_LIMIT, Page
from vault.records import bin as waste
from vault.records import queries
from vault.records.bodies import find_card, open_bodies, open_version
from vault.records.cards import MEDIA, SOURCE, TYPED, VERSION, Row, readings_of, record_row, stamp
from vault.records.importing import Importing, Run
from vault.records.index import Index, load_index
from vault.records.intake import Item, clean_content_type, clean_filename, items_of, read_file, warnings_about
from vault.records.originals import facts_of_file, prepare_report, read_original, read_report, seal_original
from vault.records.plan import Plan
from vault.records.profile import find_profile
from vault.records.sealing import Source
from vault.records.views import (
    ImportOutcome,
    ImportReport,
    LatestRow,
    Original,
    RecordRow,
    RecordView,
    ResultQuery,
    ResultRow,
)

FHIR_JSON = "application/fhir+json"
IDS_IN_LOG = 50


class Records:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(  # noqa: PLR0917  Built in one place, from parts of distinct types.
        self, database: Database, keyring: Keyring, log: Log, trail: Trail, clock: Clock, blobs: Blobs, origin: Origin
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._log = log
        self._trail = trail
        self._clock = clock
        self._blobs = blobs
        self._origin = origin

    def add_file(self, data: bytes, filename: str, content_type: str) -> ImportOutcome:
        """Keep one uploaded file and what it holds. TooLarge over 10 MiB; MalformedJson, EmptyFile; StaleState."""
        file = facts_of_file(data, clean_filename(filename), clean_content_type(content_type))
        upload, media = read_file(data, file.filename, file.content_type)
        items = items_of(self._keyring, upload.resources, media)
        with self._database.read() as connection:
            warnings = warnings_about(upload.people, find_profile(connection, self._keyring))
        import_id, now = ImportId(make_id()), self._clock.now()
        original = seal_original(self._keyring, import_id, data)

        def outcome_of(plan: Plan) -> ImportOutcome:
            return ImportOutcome(import_id, plan.added, plan.duplicates, upload.quarantined, warnings)

        run = Run(
            import_id=import_id,
            original=original,
            must_keep=bool(upload.quarantined),
            report=lambda plan, keeps: prepare_report(
                self._keyring, file, original if keeps else None, outcome_of(plan), now
            ),
        )
        told = {"import": text_of(import_id), "file": file.filename, "quarantined": len(upload.quarantined)}
        source = Source(import_id.hex(), import_id, stamp(now))
        return outcome_of(self._bring_in(items, source, now, run, told))

    def add_result(self, typed: TypedResult) -> RecordId:
        """Keep one typed result; the same content again gives the same record. Invalid subclasses name the field."""
        if len(typed.value) > MAX_TEXT_CHARACTERS:  # Telling numbers from words takes the square of its length.
            raise BadText(field="value")
        now = self._clock.now()
        items = items_of(self._keyring, [resource_of(typed)], "fhir")
        plan = self._bring_in(items, Source(TYPED, TYPED.encode(), stamp(now)), now, None, {})
        return RecordId(bytes.fromhex(plan.record_of_tag[items[0].tag]))

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
            body = open_version(connection, self._keyring, card, wanted)
            report = None if card[SOURCE] == TYPED else read_report(connection, self._keyring, _import_of(card))
        row = record_row(card)
        self._look({"record": text_of(record_id), "title": row.title, "version": wanted}, [record_id])
        return RecordView(
            row=row,
            readings=readings_of(card),
            body=body if card[MEDIA] == "fhir" else b"",
            filename=report.filename if report else "",
            content_type=report.content_type if report else FHIR_JSON,
            size_bytes=report.size_bytes if report else len(body),
            earlier_versions=tuple(range(1, row.version)),
        )

    def original(self, record_id: RecordId) -> Original:
        """The whole file that a record came in, as an export; for a typed result its resource. NotFound; Tampered."""
        with self._database.read() as connection:
            card = self._card(connection, record_id)
            if card[SOURCE] == TYPED:
                found = Original(next(open_bodies(connection, self._keyring, [card])), FHIR_JSON, "result.json")
            else:
                found = read_original(connection, self._keyring, self._blobs, _import_of(card))
        told = {"record": text_of(record_id), "file": found.filename}
        self._look(told, [record_id], Event.EXPORT)
        return found

    def delete(self, record_id: RecordId) -> None:
        """Move to the bin for 30 days; twice is once. Copies given under a link stay until that is stopped."""
        self._move(record_id, stamp(self._clock.now()), Event.DELETE)

    def restore(self, record_id: RecordId) -> None:
        """Back from the bin; NotFound once emptied."""
        self._move(record_id, "", Event.RESTORE)

    def empty_bin(self, now: datetime) -> int:
        """Remove for good what has been in the bin longer than 30 days; the number of records removed."""

        def append(connection: Connection, gone: Sequence[bytes], state: State) -> None:
            self._append(connection, Event.DELETE, _ids_told(gone), gone, state, reason="bin-emptied")

        return waste.empty(self._database, self._keyring, self._blobs, now, append)

    def import_report(self, import_id: ImportId) -> ImportReport:
        """What an earlier import found. NotFound."""
        with self._database.read() as connection:
            report = read_report(connection, self._keyring, import_id)
        self._look({"import": text_of(import_id), "file": report.filename}, [])
        return report

    def _bring_in(
        self, items: Sequence[Item], source: Source, now: datetime, run: Run | None, told: dict[str, Any]
    ) -> Plan:
        def append(connection: Connection, plan: Plan, state: State) -> None:
            ids = [write.record_id for write in plan.writes] + [bytes.fromhex(record) for record in plan.revived]
            counts = {"added": plan.added, "duplicates": plan.duplicates}
            self._append(connection, Event.IMPORT, told | counts | _ids_told(ids), ids, state)

        importing = Importing(
            database=self._database,
            keyring=self._keyring,
            blobs=self._blobs,
            items=items,
            source=source,
            now=now,
            run=run,
        )
        return importing.publish(append)

    def _move(self, record_id: RecordId, deleted: str, event: Event) -> None:
        def append(connection: Connection, title: str, state: State) -> None:
            self._append(connection, event, {"record": text_of(record_id), "title": title}, [record_id], state)

        waste.move(self._database, self._keyring, record_id, deleted, append)

    def _index(self, connection: Connection) -> Index:
        return load_index(connection, self._keyring)

    def _card(self, connection: Connection, record_id: RecordId) -> Row:
        found = find_card(connection, self._index(connection), record_id)
        if found is None:
            raise NotFound
        return found[1]

    def _look(self, told: dict[str, Any], record_ids: Sequence[bytes], event: Event = Event.VIEW) -> None:
        """Log before anything is shown."""
        with self._database.write() as connection:
            self._append(connection, event, told, record_ids, None)

    def _append(
        self,
        connection: Connection,
        event: Event,
        told: dict[str, Any],
        record_ids: Sequence[bytes],
        state: State | None,
        *,
        reason: str = "",
    ) -> None:
        entry = Entry(
            event=event,
            outcome=Outcome.DONE,
            reason=reason,
            count=len(record_ids),
            digest=derive_records_digest(record_ids) if record_ids else None,
            subject=told | ({"freshness": state.for_log()} if state else {}),
            accountability=self._origin.as_accountability(),
        )
        self._log.append(connection, self._trail, entry, self._keyring)


def _import_of(card: Row) -> ImportId:
    return ImportId(bytes.fromhex(card[SOURCE]))


def _ids_told(record_ids: Sequence[bytes]) -> dict[str, Any]:
    """The ids themselves while they are few; the digest in the leaf stands for many."""
    return {"records": [text_of(record_id) for record_id in record_ids]} if len(record_ids) <= IDS_IN_LOG else {}

"""Bringing items into a vault: plan, seal, stage out of sight, publish in one short transaction with its log entry.

A record row without a card exists for no reader, so a crash at any point leaves all of an upload visible or none.
Another write of the vault in the meantime means another round on the new state; what is sealed and staged is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from vault import freshness
from vault.blobs import Blobs
from vault.clock import to_microseconds
from vault.database import Database, table_of
from vault.errors import Conflict
from vault.freshness import Change, State
from vault.ids import ImportId, SegmentId
from vault.keys.keyring import PRIVATE_ROOT, Keyring
from vault.keys.roots import keep_private, store_roots
from vault.keys.tables import KeyRoot
from vault.papers import Papers, Prepared
from vault.records.bulk import BATCH_ROWS, batches, insert_many
from vault.records.index import Edit, Index, load_index
from vault.records.intake import Item
from vault.records.known import load_known
from vault.records.originals import SealedOriginal
from vault.records.plan import Known, Plan, make_plan
from vault.records.sealing import SMALL_UPLOAD, RootSupply, Source, record_rows, room_for, seal_plan
from vault.records.tables import ImportRun, RecordTable, RecordTag

LEASE: Final = timedelta(minutes=10)
_KEYS_PER_QUERY: Final = 500

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)
_RUN = table_of(ImportRun)
_ROOT = table_of(KeyRoot)

Append = Callable[[Connection, Plan, State], None]
"""Writes the log entry of a published plan, in its transaction."""


class ImportExpired(Conflict):
    """The import took so long that what it had staged was swept away."""

    code = "import-expired"
    advice = "This import took too long and was given up. Please try again."


@dataclass(frozen=True, slots=True)
class Run:
    """A file's import: its id, its sealed file, and how its report is written once the plan is known.

    ``original`` is None where the records themselves are all that came.
    ``settle`` does what belongs to the same act in the publishing transaction; what it raises refuses the import.
    """

    import_id: ImportId
    original: SealedOriginal | None
    report: Callable[[Plan, bool], Prepared]
    must_keep: bool
    settle: Callable[[Connection], None] | None = None


class Importing:
    """One upload on its way into one vault. Use once."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        blobs: Blobs,
        items: Sequence[Item],
        source: Source,
        now: datetime,
        run: Run | None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._blobs = blobs
        self._items = items
        self._source = source
        self._now = now
        self._run = run
        self._supply = RootSupply(keyring)
        self._private = RootSupply(keyring, PRIVATE_ROOT)
        self._staged: set[tuple[bytes, int]] = set()
        self._started = False

    def publish(self, append: Append) -> Plan:
        """Bring everything in, or nothing. StaleState if the vault stays busy; ImportExpired."""
        try:
            return freshness.retrying(lambda: self._round(append))
        except Exception:
            self._give_up()
            raise

    def _round(self, append: Append) -> Plan:
        with self._database.read() as connection:
            index = load_index(connection, self._keyring)
            known = load_known(connection, index, self._items)
            plan = make_plan(self._items, known)
            room = room_for(index, plan)
            _open_touched(connection, index, known, plan, room)
        edit = Edit(index)
        seal_plan(plan, known, edit, supply=self._supply, private=self._private, source=self._source, room=room)
        touched = _private_ones(index, known, plan)
        sealed = edit.seal()
        self._stage(plan)
        keeps = self._run is not None and (self._run.must_keep or not plan.is_empty)
        report = self._run.report(plan, keeps) if self._run else None
        change = sealed.change + (report.change if report else Change())
        with self._database.write() as connection:
            state = freshness.advance(connection, self._keyring, index.state, change)
            self._finish_run(connection, keeps)
            self._write_records(connection, plan, touched)
            sealed.store(connection)
            if report:
                Papers(self._keyring).store(connection, report)
                if touched:
                    self._keep_private(connection, report)
            append(connection, plan, state)
        return plan

    def _stage(self, plan: Plan) -> None:
        """Write what needs no lock on the vault's state: the file, and a long list of new records."""
        if self._run is None:
            return
        if not self._started:
            self._start_run(self._run)
        waiting = [write.item for write in plan.writes if write.fresh and not write.item.staged]
        if len(waiting) <= SMALL_UPLOAD:
            return
        for batch in batches(waiting, BATCH_ROWS):
            with self._database.write() as connection:
                insert_many(connection, _RECORD, self._rows(batch))
            for item in batch:
                item.staged = True
                self._staged.update((p.record_id, p.version) for p in (item.placed,) if p)

    def _start_run(self, run: Run) -> None:
        row = {
            "vault_id": self._keyring.vault_id,
            "import_id": run.import_id,
            "state": "staged",
            "blob_id": run.original.blob_id if run.original else None,
            "created_at": self._now,
            "lease_until": self._now + LEASE,
        }
        with self._database.write() as connection:
            connection.execute(insert(_RUN), row)
            if run.original:
                self._blobs.put(connection, self._keyring.vault_id, run.original.blob_id, run.original.sealed)
        self._started = True

    def _finish_run(self, connection: Connection, keeps: bool) -> None:
        if self._run is None:
            return
        values: dict[str, Any] = {"state": "published"}
        original = self._run.original
        if original and keeps:
            store_roots(connection, (original.root_row,))
        elif original:
            self._blobs.delete(connection, self._keyring.vault_id, original.blob_id)
            values["blob_id"] = None
        mine = (_RUN.c.vault_id == self._keyring.vault_id, _RUN.c.import_id == self._run.import_id)
        statement = update(_RUN).where(*mine, _RUN.c.state == "staged").values(**values)
        if connection.execute(statement).rowcount != 1:
            raise ImportExpired
        if self._run.settle:
            self._run.settle(connection)

    def _keep_private(self, connection: Connection, report: Prepared) -> None:
        """What a private record is met in again goes the way of that record: the file and its report."""
        original = self._run.original if self._run else None
        kept = select(_ROOT.c.root_id).where(_ROOT.c.vault_id == self._keyring.vault_id)
        roots = [report.row["root_id"], *([original.root_row["root_id"]] if original else [])]
        stored = connection.execute(kept.where(_ROOT.c.root_id.in_(roots))).scalars().all()
        keep_private(connection, self._keyring, stored, is_private=True)

    def _write_records(self, connection: Connection, plan: Plan, private: frozenset[str]) -> None:
        store_roots(connection, [*self._supply.rows, *self._private.rows])
        vault_id = self._keyring.vault_id
        unstaged = [write.item for write in plan.writes if not write.item.staged]
        insert_many(connection, _RECORD, self._rows(unstaged))
        tags = ((self._tag(w.item, w.record_id.hex() in private), w.record_id) for w in plan.writes)
        insert_many(connection, _TAG, [(vault_id, tag, record_id) for tag, record_id in tags])
        kept = {(write.record_id, write.version) for write in plan.writes if write.item.staged}
        for dropped in batches(sorted(self._staged - kept), _KEYS_PER_QUERY):
            keys = tuple_(_RECORD.c.record_id, _RECORD.c.version).in_(dropped)
            connection.execute(delete(_RECORD).where(_RECORD.c.vault_id == vault_id, keys))

    def _tag(self, item: Item, is_private: bool) -> bytes:
        return self._keyring.private_tag(item.digest) if is_private else item.tag

    def _rows(self, items: Iterable[Item]) -> list[tuple[Any, ...]]:
        import_id = self._run.import_id if self._run else None
        return record_rows(self._keyring, items, import_id, to_microseconds(self._now))

    def _give_up(self) -> None:
        """Remove at once what was staged; if even that fails, the sweep does it when the lease ends."""
        if self._run is not None and self._started:
            with suppress(SQLAlchemyError), self._database.write() as connection:
                abandon(connection, self._blobs, self._keyring.vault_id, self._run.import_id)


def _open_touched(connection: Connection, index: Index, known: Known, plan: Plan, room: SegmentId | None) -> None:
    """Have every segment open that the plan changes, before the read transaction ends."""
    touched = {known.rows[record][0] for record in plan.revived}
    touched |= {known.rows[write.record_id.hex()][0] for write in plan.writes if not write.fresh}
    if room is not None:
        touched.add(room)
    for _ in index.rows(connection, touched):
        pass


def _private_ones(index: Index, known: Known, plan: Plan) -> frozenset[str]:
    """Records (hex) that the plan met and that are kept from carers."""
    hidden = {entry.segment_id for entry in index.entries if entry.is_private}
    met = set(plan.record_of_tag.values()) | plan.revived if hidden else set[str]()
    return frozenset(record for record in met if record in known.rows and known.rows[record][0] in hidden)


def abandon(connection: Connection, blobs: Blobs, vault_id: bytes, import_id: bytes) -> bool:
    """Mark a staged import failed and remove its rows; False if it was published (or abandoned) already."""
    mine = (_RUN.c.vault_id == vault_id, _RUN.c.import_id == import_id)
    ended = connection.execute(update(_RUN).where(*mine, _RUN.c.state == "staged").values(state="failed"))
    if ended.rowcount != 1:
        return False
    connection.execute(delete(_RECORD).where(_RECORD.c.vault_id == vault_id, _RECORD.c.import_id == import_id))
    blob_id = connection.execute(select(_RUN.c.blob_id).where(*mine)).scalar_one()
    if blob_id is not None:
        blobs.delete(connection, vault_id, blob_id)  # type: ignore[arg-type]
    return True


def sweep_abandoned(database: Database, blobs: Blobs, now: datetime) -> int:
    """A job: remove what imports staged and never published (a crash); the number of imports. Idempotent."""
    query = select(_RUN.c.vault_id, _RUN.c.import_id).where(_RUN.c.state == "staged", _RUN.c.lease_until < now)
    with database.read() as connection:
        overdue = connection.execute(query).all()
    swept = 0
    for vault_id, import_id in overdue:
        with database.write() as connection:
            swept += abandon(connection, blobs, vault_id, import_id)
    return swept

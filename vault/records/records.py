"""Records of one vault for one actor: import, type in, list, read, delete, restore.

Every method that shows or changes something writes its log entry first or with it; no entry, no data.
No method takes an owner: the vault is the keyring's.
"""

from __future__ import annotations

from datetime import datetime

from vault.audit.log import Log, Origin, Trail
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.health.typed import TypedResult
from vault.ids import ImportId, RecordId
from vault.keys.keyring import Keyring
from vault.paging import DEFAULT_LIMIT, Page
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


class Records:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(
        self, database: Database, keyring: Keyring, log: Log, trail: Trail, clock: Clock, blobs: Blobs, origin: Origin
    ) -> None:
        self._database = database

    def add_file(self, data: bytes, filename: str, content_type: str) -> ImportOutcome:
        """Keep one uploaded file and what it holds. TooLarge over 10 MiB; MalformedJson, EmptyFile; Conflict if busy."""
        raise NotImplementedError

    def add_result(self, typed: TypedResult) -> RecordId:
        """Keep one typed result; the same content again gives the same record."""
        raise NotImplementedError

    def results(self, query: ResultQuery) -> Page[ResultRow]:
        """Measured values, newest clinical date first. Invalid for an unknown analyte or a unit that isn't its own."""
        raise NotImplementedError

    def latest(self) -> tuple[LatestRow, ...]:
        """The newest result of every test, by name."""
        raise NotImplementedError

    def list(
        self, kind: str | None = None, limit: int = DEFAULT_LIMIT, after: str | None = None, deleted: bool = False
    ) -> Page[RecordRow]:
        """Live records (or the bin), newest first."""
        raise NotImplementedError

    def read(self, record_id: RecordId) -> RecordView:
        """One record, opened. NotFound; Tampered if its row contradicts its card."""
        raise NotImplementedError

    def original(self, record_id: RecordId) -> Original:
        """The whole file that a record came in; for a typed result its own resource."""
        raise NotImplementedError

    def delete(self, record_id: RecordId) -> None:
        """Move to the bin for 30 days; twice is once. Copies given under a link stay until that is stopped."""
        raise NotImplementedError

    def restore(self, record_id: RecordId) -> None:
        """Back from the bin; NotFound once emptied."""
        raise NotImplementedError

    def empty_bin(self, now: datetime) -> int:
        """Remove for good what has been in the bin longer than 30 days; the number of records removed."""
        raise NotImplementedError

    def import_report(self, import_id: ImportId) -> ImportReport:
        """What an earlier import found. NotFound."""
        raise NotImplementedError

"""Imports that were published: what they held, what became of it, taking one back, settling its doubtful parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from vault import freshness
from vault.audit.events import Event
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.errors import Conflict, NotFound
from vault.freshness import State
from vault.health.observation import Quarantined
from vault.ids import ImportId, text_of
from vault.keys.keyring import Keyring
from vault.records import undoing
from vault.records.cards import stamp
from vault.records.intake import read_file
from vault.records.originals import list_reports, read_original, read_report
from vault.records.readable import Readable, readable_of
from vault.records.reports import DISCARDED, Told, read_told, remove_import, rewrite
from vault.records.telling import Teller, ids_told
from vault.records.undoing import Standing
from vault.records.views import ImportReport

IMPORT_UNDONE = "import-undone"
IMPORT_BACK = "import-back"
PART_DISCARDED = "part-discarded"
FILE_REMOVED = "file-removed"


class StillNeeded(Conflict):
    """Records of the import are in the vault or in the bin."""

    code = "import-still-needed"
    advice = "Records of this file are still in your vault or in the bin."


@dataclass(frozen=True, slots=True)
class Part:
    """One doubtful part: its place among them from 0, and how it was settled, or empty."""

    number: int
    where: str
    reason: str
    settled: str


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """An import's report, its doubtful parts, and where its records are now. ``apart``: kept as somebody else's."""

    report: ImportReport
    parts: tuple[Part, ...]
    standing: Standing
    apart: bool


class Imports:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, blobs: Blobs, tell: Teller) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._blobs = blobs
        self._tell = tell

    def status(self, import_id: ImportId) -> ImportStatus:
        """What an earlier import found and what became of it. NotFound."""
        with self._database.read() as connection:
            report = read_report(connection, self._keyring, import_id)
            told = read_told(connection, self._keyring, import_id)
            standing = undoing.standing_of(connection, self._keyring, told)
        self._tell.look({"import": text_of(import_id), "file": report.filename}, [])
        return ImportStatus(report, _parts(report.outcome.quarantined, told), standing, told.apart)

    def list(self) -> tuple[ImportReport, ...]:
        """Every import, newest first."""
        with self._database.read() as connection:
            found = list_reports(connection, self._keyring)
        self._tell.look({"list": "imports"}, [])
        return found

    def remove(self, import_id: ImportId) -> None:
        """Destroy the file and report of an import of which no record is left, for good. StillNeeded; NotFound."""

        def attempt() -> None:
            with self._database.read() as connection:
                state = freshness.read(connection, self._keyring)
                told = read_told(connection, self._keyring, import_id)
                standing = undoing.standing_of(connection, self._keyring, told)
                if standing.live or standing.in_bin or standing.stays:
                    raise StillNeeded
                removal = remove_import(connection, self._keyring, self._blobs, import_id)
            with self._database.write() as connection:
                after = freshness.advance(connection, self._keyring, state, removal.change)
                removal.store(connection)
                self._append(connection, Event.DELETE, told, [], after, FILE_REMOVED)

        freshness.retrying(attempt)

    def undo(self, import_id: ImportId) -> int:
        """All that came with an import goes to the bin, as one act; how many records. Twice is once. NotFound."""
        now = stamp(self._clock.now())

        def append(connection: Connection, told: Told, ids: Sequence[bytes], state: State) -> None:
            self._append(connection, Event.DELETE, told, ids, state, IMPORT_UNDONE)

        return undoing.undo(self._database, self._keyring, import_id, now, append)

    def bring_back(self, import_id: ImportId) -> int:
        """What its undoing moved comes back from the bin, as one act; how many records. NotFound."""

        def append(connection: Connection, told: Told, ids: Sequence[bytes], state: State) -> None:
            self._append(connection, Event.RESTORE, told, ids, state, IMPORT_BACK)

        return undoing.bring_back(self._database, self._keyring, import_id, append)

    def part(self, import_id: ImportId, number: int) -> tuple[Part, Readable | None]:
        """One doubtful part with what could be read of it, if it is a result. NotFound; Tampered."""
        with self._database.read() as connection:
            report = read_report(connection, self._keyring, import_id)
            told = read_told(connection, self._keyring, import_id)
            original = read_original(connection, self._keyring, self._blobs, import_id)
        parts = _parts(report.outcome.quarantined, told)
        if not 0 <= number < len(parts):
            raise NotFound
        part = parts[number]
        upload, _ = read_file(original.data, original.filename, original.content_type)
        body = next((each.body for each in upload.quarantined if each.where == part.where), b"")
        self._tell.look({"import": text_of(import_id), "file": report.filename, "part": part.where}, [])
        return part, readable_of(body)

    def settle(self, import_id: ImportId, numbers: Iterable[int] | None = None, how: str = DISCARDED) -> int:
        """Say of doubtful parts (None: of all that are open) that nothing is left to do; how many. The file keeps them.

        NotFound for a number that isn't there; StaleState.
        """
        wanted = None if numbers is None else set(numbers)

        def attempt() -> int:
            with self._database.read() as connection:
                state = freshness.read(connection, self._keyring)
                told = read_told(connection, self._keyring, import_id)
                every = set(range(told.quarantined))
                if wanted is not None and not wanted <= every:
                    raise NotFound
                fresh = (every if wanted is None else wanted) - told.settled.keys()
                report = rewrite(
                    connection, self._keyring, replace(told, settled={**told.settled, **dict.fromkeys(fresh, how)})
                )
            if not fresh:
                return 0
            with self._database.write() as connection:
                after = freshness.advance(connection, self._keyring, state, report.change)
                report.store(connection)
                if how == DISCARDED:
                    self._append(connection, Event.DELETE, told, [], after, PART_DISCARDED, parts=len(fresh))
            return len(fresh)

        return freshness.retrying(attempt)

    def _append(  # noqa: PLR0917
        self,
        connection: Connection,
        event: Event,
        told: Told,
        ids: Sequence[bytes],
        state: State,
        reason: str,
        **more: int,
    ) -> None:
        words = {"import": text_of(told.import_id), "file": told.filename} | more | (ids_told(ids) if ids else {})
        self._tell.append(connection, event, words, ids, state, reason=reason)


def _parts(quarantined: Sequence[Quarantined], told: Told) -> tuple[Part, ...]:
    return tuple(
        Part(number, each.where, each.reason, told.settled.get(number, "")) for number, each in enumerate(quarantined)
    )

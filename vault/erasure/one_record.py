"""Erasing one record for who may: what would go, and doing it. Bound to one unlocked vault and one actor when built."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from vault.audit.events import Event, Origin, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.erasure.again import erased_again, settle_again
from vault.erasure.erasures import Erasures
from vault.erasure.record import Erasable, Erasing, Prepare, what_goes
from vault.errors import NotFound
from vault.freshness import State
from vault.ids import RecordId, text_of
from vault.keys.keyring import Keyring
from vault.records.telling import Teller

ERASED = "erased"


class RecordErasure:
    """``prepare`` seals again, without the record, what other rooms keep of it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        blobs: Blobs,
        clock: Clock,
        *,
        log: Log,
        trail: Trail,
        origin: Origin,
        erasures: Erasures,
        prepare: Prepare,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._blobs = blobs
        self._erasures = erasures
        self._prepare = prepare
        self._erasing = Erasing(database, keyring, blobs, clock, self._note)
        self._tell = Teller(database, keyring, log, trail, origin)

    def what_goes(self, record_id: RecordId) -> Erasable:
        """What erasing this record takes with it, as one look at it. Slow. NotFound; Tampered."""
        found = what_goes(self._database, self._keyring, self._blobs, record_id)
        self._tell.look({"record": text_of(record_id), "title": found.title}, [record_id])
        return found

    def erase(self, record_id: RecordId) -> None:
        """Gone for good, live or from the bin. Slow. NotFound; StaleState; Tampered."""

        def append(connection: Connection, state: State) -> None:
            self._tell.append(connection, Event.DELETE, {}, [record_id], state, reason=ERASED)

        self._erasing.erase(record_id, self._prepare, append)

    def erase_again(self) -> int:
        """What a restored backup brought back of what was erased; how many. To be done before anything is shown."""
        with self._database.read() as connection:
            due = erased_again(connection, self._keyring.vault_id)
        for record_id in due:
            with suppress(NotFound):  # Then only the mark was left.
                self.erase(record_id)
            with self._database.write() as connection:
                settle_again(connection, self._keyring.vault_id, record_id)
        return len(due)

    def _note(self, connection: Connection, record_id: RecordId) -> None:
        self._erasures.note_record(connection, self._keyring.vault_id, record_id)

"""What the records room writes into the log: every entry names at most 50 records, a digest stands for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.leaf import derive_records_digest
from vault.audit.log import Log
from vault.database import Database
from vault.freshness import State
from vault.ids import text_of
from vault.keys.keyring import Keyring
from vault.records.hidden import FROM_CARERS, KEPT, private_of

IDS_IN_LOG: Final = 50


class Teller:
    """Writes entries of one vault for one actor."""

    def __init__(self, database: Database, keyring: Keyring, log: Log, trail: Trail, origin: Origin) -> None:
        self._database = database
        self._keyring = keyring
        self._log = log
        self._trail = trail
        self._origin = origin

    def look(self, told: dict[str, Any], record_ids: Sequence[bytes], event: Event = Event.VIEW) -> None:
        """Log before anything is shown. LogUnavailable: then nothing may be."""
        with self._database.write() as connection:
            self.append(connection, event, told, record_ids, None)

    def append(
        self,
        connection: Connection,
        event: Event,
        told: dict[str, Any],
        record_ids: Sequence[bytes],
        state: State | None,
        *,
        reason: str = "",
    ) -> None:
        """One entry in the transaction of what it tells. ``state``: the vault's freshness after a change."""
        if self._keyring.opens_private and private_of(connection, self._keyring.vault_id, record_ids):
            told = told | {KEPT: FROM_CARERS}
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


def ids_told(record_ids: Sequence[bytes]) -> dict[str, Any]:
    """The ids themselves while they are few; the digest in the leaf stands for many."""
    return {"records": [text_of(record_id) for record_id in record_ids]} if len(record_ids) <= IDS_IN_LOG else {}

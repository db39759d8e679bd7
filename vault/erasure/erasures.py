"""Erasing a whole vault, and what follows every erasure: ledger, scrub, certificate; after a restore, erasing again.

The transaction that erases also notes what is to follow, so that no crash leaves one without the other. A job does the
rest, as often as it takes: somebody who still reads the old state keeps its bytes in the write-ahead log.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vault.audit.events import Entry, Event, Outcome, Trail
from vault.audit.leaf import derive_leaf_hash
from vault.audit.log import Log
from vault.audit.tables import AuditEntry
from vault.clock import Clock
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.erasure.certificate import Told, make_certificate, read_certificate, read_told, write_told
from vault.erasure.everything import count_entries, erase_vault, vaults_where
from vault.erasure.ledger import NO_LINE, RECORD, VAULT, Ledger, record_digest, vault_digest
from vault.erasure.scrub import scrub
from vault.erasure.tables import ErasureDueRow, ErasureLedgerRow, ErasureRow
from vault.errors import NotFound
from vault.ids import EntryId, RecordId, VaultId
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.tables import KeyManifest
from vault.records.tables import ImportRun, RecordTable

EVERY_SECONDS: Final = 5
KEPT_FOR: Final = timedelta(days=30)
KEPT_AFTER_DOWNLOAD: Final = timedelta(hours=1)
VAULT_ERASED: Final = "vault-erased"
_ADDRESS_CHARACTERS: Final = 43
_ONE: Final = 1

_ERASURE = table_of(ErasureRow)
_DUE = table_of(ErasureDueRow)
_KNOWN = table_of(ErasureLedgerRow)
_ENTRY = table_of(AuditEntry)
_MANIFEST = table_of(KeyManifest)
_RECORD = table_of(RecordTable)
_RUN = table_of(ImportRun)


@dataclass(frozen=True, slots=True)
class Standing:
    """One erased vault as its address shows it. ``certificate`` is None while old bytes may still be found."""

    erased_at: datetime
    certificate: dict[str, Any] | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a certificate says beside the counts: the vault's address, and how long key backups are kept."""

    service: str
    key_backups_kept: timedelta


class Erasures:
    """One per process."""

    def __init__(  # noqa: PLR0917  Built in one place, from parts of distinct types.
        self, database: Database, provider: KeyProvider, log: Log, clock: Clock, ledger: Ledger, terms: Terms
    ) -> None:
        self._database = database
        self._provider = provider
        self._log = log
        self._clock = clock
        self._ledger = ledger
        self._terms = terms

    def erase(self, trail: Trail, beside: Callable[[Connection], None] | None = None) -> str:
        """Destroy everything of the trail's vault, now; the address under which its certificate will be.

        Needs no key: the caller knows that who asks may. NotFound the second time. LogUnavailable: nothing is gone.
        ``beside`` is called in the same transaction, before anything goes.
        """
        address, now, vault_id = secrets.token_urlsafe(32), self._clock.now(), trail.vault_id
        with self._database.write() as connection:
            found = select(_MANIFEST.c.vault_id).where(_MANIFEST.c.vault_id == vault_id).with_for_update()
            if connection.execute(found).one_or_none() is None:
                raise NotFound
            if beside is not None:
                beside(connection)
            entry_id = self._log.append(connection, trail, Entry(Event.DELETE, Outcome.DONE, VAULT_ERASED))
            last = self._leaf_hash(connection, vault_id, entry_id)
            kept = count_entries(connection, vault_id)
            told = Told(erase_vault(connection, vault_id), kept, last)
            row = {"address_digest": _digest(address), "erased_at": now, "told": write_told(told)}
            connection.execute(insert(_ERASURE).values(row))
            self._note(connection, VAULT, vault_digest(vault_id), now)
        return address

    def count(self, vault_id: VaultId) -> Mapping[str, int]:
        """What there is to lose: ``records`` and ``files``, in numbers."""
        records = select(func.count(_RECORD.c.record_id.distinct())).where(_RECORD.c.vault_id == vault_id)
        kept = (_RUN.c.vault_id == vault_id, _RUN.c.state == "published", _RUN.c.blob_id.is_not(None))
        files = select(func.count()).select_from(_RUN).where(*kept)
        with self._database.read() as connection:
            return {
                "records": connection.execute(records).scalar_one(),
                "files": connection.execute(files).scalar_one(),
            }

    def public_key(self) -> bytes:
        """The 32 bytes that verify certificates."""
        return self._provider.public_key(Purpose.CERTIFICATES)

    def note_record(self, connection: Connection, vault_id: VaultId, record_id: RecordId) -> None:
        """A record is erased in this transaction: the ledger will say so."""
        self._note(connection, RECORD, record_digest(vault_id, record_id), self._clock.now())

    def find(self, address: str) -> Standing:
        """NotFound for an address that never was or is over."""
        row = self._row(address)
        certificate = read_certificate(row.certificate) if row.certificate else None
        return Standing(row.erased_at, certificate, row.taken_at)

    def take(self, address: str) -> bytes:
        """The certificate's file. It can be fetched for another hour, then it is kept nowhere. NotFound before that."""
        row, now = self._row(address), self._clock.now()
        if row.certificate is None:
            raise NotFound
        mine = (_ERASURE.c.address_digest == row.address_digest, _ERASURE.c.taken_at.is_(None))
        with self._database.write() as connection:
            values = {"taken_at": now, "kept_until": now + KEPT_AFTER_DOWNLOAD}
            connection.execute(update(_ERASURE).where(*mine).values(values))
        return bytes(row.certificate)

    def finish(self) -> int:
        """A job: write the ledger, scrub, and certify what is gone; the number of certificates. Idempotent."""
        with self._database.read() as connection:
            due = connection.execute(select(_DUE)).all()
            query = select(_ERASURE.c.address_digest, _ERASURE.c.erased_at, _ERASURE.c.told)
            waiting = connection.execute(query.where(_ERASURE.c.certificate.is_(None))).all()
        self._forget_old()
        if due:
            self._write_ledger((row.kind, row.erased_digest, row.erased_at) for row in due)
            self._erase_latecomers(frozenset(row.erased_digest for row in due if row.kind == VAULT))
        if not (due or waiting) or not scrub(self._database):
            return 0
        with self._database.write() as connection:
            done = _DUE.c.erased_digest.in_([row.erased_digest for row in due])
            connection.execute(delete(_DUE).where(done))
            for row in waiting:
                self._certify(connection, row)
        return len(waiting)

    def _erase_latecomers(self, erased: frozenset[bytes]) -> None:
        """What another request wrote into a vault while it was being erased."""
        with self._database.read() as connection:
            late = vaults_where(connection, lambda vault_id: vault_digest(vault_id) in erased) if erased else ()
        for vault_id in late:
            with self._database.write() as connection:
                erase_vault(connection, vault_id)

    def _certify(self, connection: Connection, row: Any) -> None:
        now, terms = self._clock.now(), self._terms
        store = "sqlite" if self._database.is_sqlite else "postgresql"
        told = read_told(row.told)
        certificate = make_certificate(
            self._provider, told, store, terms.service, row.erased_at, now, terms.key_backups_kept
        )
        mine = (_ERASURE.c.address_digest == row.address_digest, _ERASURE.c.certificate.is_(None))
        values = {"certificate": certificate, "kept_until": now + KEPT_FOR}
        connection.execute(update(_ERASURE).where(*mine).values(values))

    def _write_ledger(self, erased: Iterable[tuple[str, bytes, datetime]]) -> None:
        lines = self._ledger.append(erased)
        with self._database.write() as connection:
            remember(connection, len(lines), lines[-1].head if lines else NO_LINE)

    def _note(self, connection: Connection, kind: str, erased: bytes, now: datetime) -> None:
        row = {"erased_digest": erased, "kind": kind, "erased_at": now}
        connection.execute(insert(_DUE).values(row))

    def _forget_old(self) -> None:
        with self._database.write() as connection:
            connection.execute(delete(_ERASURE).where(_ERASURE.c.kept_until <= self._clock.now()))

    def _leaf_hash(self, connection: Connection, vault_id: VaultId, entry_id: EntryId) -> bytes:
        query = select(_ENTRY.c.leaf).where(_ENTRY.c.vault_id == vault_id, _ENTRY.c.entry_id == entry_id)
        return derive_leaf_hash(connection.execute(query).scalar_one())

    def _row(self, address: str) -> Any:
        if len(address) != _ADDRESS_CHARACTERS or not address.isascii():
            raise NotFound
        with self._database.read() as connection:
            query = select(_ERASURE).where(_ERASURE.c.address_digest == _digest(address))
            row = connection.execute(query).one_or_none()
        if row is None or (row.kept_until is not None and row.kept_until <= self._clock.now()):
            raise NotFound
        return row


def remember(connection: Connection, entries: int, head: bytes) -> None:
    """This database knows so many lines of the ledger."""
    make = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    values = {"entries": entries, "head": head}
    statement = make(_KNOWN).values(number=_ONE, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=values))


def _digest(address: str) -> bytes:
    return digest("erasure-address/1", address.encode())

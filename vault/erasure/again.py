"""After an older copy of the database was restored: what the ledger names is erased again.

Whole vaults go at once. A record's siblings lie under its keys, and to seal them again takes the citizen's own key: so
it is marked, and goes when its vault is next unlocked, before anything of it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from vault.database import Database, table_of
from vault.erasure.erasures import remember
from vault.erasure.everything import erase_vault, vaults_where
from vault.erasure.ledger import RECORD, VAULT, Ledger, record_digest, vault_digest
from vault.erasure.tables import ErasureAgainRow, ErasureLedgerRow
from vault.ids import RecordId, VaultId
from vault.records.tables import RecordTable

_KNOWN = table_of(ErasureLedgerRow)
_AGAIN = table_of(ErasureAgainRow)
_RECORD = table_of(RecordTable)
_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Applied:
    """``missing``: lines that this database knew and the ledger has no more; then the ledger is the older one."""

    vaults: int
    records: int
    missing: int


def apply_ledger(database: Database, ledger: Ledger, *, whole: bool = False) -> Applied:
    """Erase again what the ledger names, as far as this database doesn't know it; ``whole``: all of it. LedgerBroken.

    Quick where nothing was restored. It may run any number of times.
    """
    lines = ledger.read()
    with database.read() as connection:
        known = connection.execute(select(_KNOWN.c.entries)).scalar_one_or_none() or 0
        fresh = {(line.kind, line.digest) for line in (lines if whole else lines[known:])}
        vaults = vaults_where(connection, lambda each: (VAULT, vault_digest(each)) in fresh) if fresh else ()
        records = _records(connection, fresh) if fresh else []
    for vault_id in vaults:
        with database.write() as connection:
            erase_vault(connection, vault_id)
    left = [(vault_id, record_id) for vault_id, record_id in records if vault_id not in set(vaults)]
    with database.write() as connection:
        marked = {tuple(row) for row in connection.execute(select(_AGAIN.c.vault_id, _AGAIN.c.record_id))}
        rows = [{"vault_id": vault, "record_id": record} for vault, record in left if (vault, record) not in marked]
        if rows:
            connection.execute(insert(_AGAIN), rows)
        if lines and len(lines) >= known:
            remember(connection, len(lines), lines[-1].head)
    return Applied(len(vaults), len(left), max(0, known - len(lines)))


def erased_again(connection: Connection, vault_id: VaultId) -> tuple[RecordId, ...]:
    """The records of an unlocked vault that must go before it shows anything."""
    return tuple(connection.execute(select(_AGAIN.c.record_id).where(_AGAIN.c.vault_id == vault_id)).scalars())


def settle_again(connection: Connection, vault_id: VaultId, record_id: RecordId) -> None:
    """It is gone, now or before."""
    connection.execute(delete(_AGAIN).where(_AGAIN.c.vault_id == vault_id, _AGAIN.c.record_id == record_id))


def _records(connection: Connection, erased: set[tuple[str, bytes]]) -> list[tuple[VaultId, RecordId]]:
    query = select(_RECORD.c.vault_id, _RECORD.c.record_id).where(_RECORD.c.version == 1)
    rows = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    return [
        (VaultId(row.vault_id), RecordId(row.record_id))
        for row in rows
        if (RECORD, record_digest(row.vault_id, row.record_id)) in erased
    ]

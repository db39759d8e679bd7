"""Everything of one vault is deleted but its log entries, which only grow. What they sealed can't be opened again.

The keys go with the rest: what an older copy of the data holds opens with none that are left. Works while the vault is
locked, so it is whoever calls that knows who may ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Column, Connection, LargeBinary, Table, delete, func, or_, select
from sqlmodel import SQLModel

from vault.audit.tables import AuditEntry, AuditOrder
from vault.database import table_of
from vault.ids import VaultId

_ENTRY = table_of(AuditEntry)
_STAYS = {table_of(each).name for each in (AuditEntry, AuditOrder)}
_COUNTED_AS = {
    "record": "record_versions",
    "blob": "files",
    "grant": "shares",
    "audit_subject": "private_log_parts",
    "audit_account": "private_log_parts",
}


def erase_vault(connection: Connection, vault_id: VaultId) -> Mapping[str, int]:
    """Delete the vault's rows in every table of every room, in the caller's transaction; how many went, by kind.

    Rows of others that name it go too: of whoever cared for it, sessions there and the rest of what tied them to it.
    """
    gone: Counter[str] = Counter()
    for table in reversed(SQLModel.metadata.sorted_tables):
        naming = [column == vault_id for column in _naming(table)]
        if naming and table.name not in _STAYS and table.info.get("distribution") != "reference":
            word = "keys" if table.name.startswith("key_") else _COUNTED_AS.get(table.name, "other_rows")
            gone[word] += connection.execute(delete(table).where(or_(*naming))).rowcount
    return gone


def vaults_where(connection: Connection, wanted: Callable[[VaultId], bool]) -> tuple[VaultId, ...]:
    """Vaults of which anything but the log is there."""
    found: set[VaultId] = set()
    for table in SQLModel.metadata.sorted_tables:
        if "vault_id" in table.c and table.name not in _STAYS and table.info.get("distribution") != "reference":
            found |= {VaultId(each) for each in connection.execute(select(table.c.vault_id).distinct()).scalars()}
    return tuple(sorted(filter(wanted, found)))


def count_entries(connection: Connection, vault_id: VaultId) -> int:
    """How many log entries of this vault stay."""
    query = select(func.count()).select_from(_ENTRY).where(_ENTRY.c.vault_id == vault_id)
    return connection.execute(query).scalar_one()


def _naming(table: Table) -> Iterator[Column[bytes]]:
    """The columns that hold the id of a vault: ``vault_id``, and others that end in ``_vault`` or ``_vault_id``."""
    for column in table.columns:
        if isinstance(column.type, LargeBinary) and (
            column.name == "vault_id" or column.name.endswith(("_vault", "_vault_id"))
        ):
            yield column

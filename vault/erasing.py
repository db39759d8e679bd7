"""Everything of one vault is deleted but its log entries, which only grow. What they sealed can't be opened again.

The key of the accountability parts stays, so that later looks at these entries can still be logged where they belong.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete
from sqlmodel import SQLModel

from vault.audit.tables import AuditEntry, AuditOrder
from vault.database import table_of
from vault.ids import VaultId
from vault.keys.tables import KeyLog

_STAYS = {table_of(each).name for each in (AuditEntry, AuditOrder, KeyLog)}


def erase_vault(connection: Connection, vault_id: VaultId) -> int:
    """Delete the vault's rows in every table of every room, in the caller's transaction; how many went."""
    return sum(
        connection.execute(delete(table).where(table.c.vault_id == vault_id)).rowcount
        for table in reversed(SQLModel.metadata.sorted_tables)
        if _goes(table)
    )


def _goes(table: Table) -> bool:
    return "vault_id" in table.c and table.info.get("distribution") != "reference" and table.name not in _STAYS

"""What of a vault is kept from carers, for leaving it out where ids stand in the clear: history, shares, notices.

What a record holds is shut to a carer by its keys; that something is said of it is left out by this server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, select

from vault.database import table_of
from vault.ids import VaultId, text_of
from vault.keys.keyring import PRIVATE_ROOT
from vault.keys.tables import KeyRoot
from vault.records.bulk import batches
from vault.records.directory import FIRST_PRIVATE_PAGE
from vault.records.tables import RecordTable
from vault.tables import DirectoryTable, PaperRow

KEPT: Final = "kept"
FROM_CARERS: Final = "from carers"
"""``kept`` in an entry's subject part: it is about a private record, among others perhaps."""
_IDS_PER_QUERY: Final = 400
_ROOT, _RECORD, _PAPER = table_of(KeyRoot), table_of(RecordTable), table_of(PaperRow)
_DIRECTORY = table_of(DirectoryTable)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Wire ids of private records and imports, and of shares that hold such a record."""

    names: frozenset[str]

    def hides(self, subject: Mapping[str, Any] | None) -> bool:
        """Whether the subject part of an entry speaks of any of them."""
        if subject is None:
            return False
        listed = subject.get("records")
        named = [subject.get("record"), subject.get("import"), *(listed if isinstance(listed, list) else ())]
        return KEPT in subject or any(isinstance(each, str) and each in self.names for each in named)


def read_hidden(connection: Connection, vault_id: VaultId) -> Hidden:
    """Everything private of a vault, by its ids."""
    if not has_private(connection, vault_id):
        return Hidden(frozenset())
    records = select(_RECORD.c.record_id).join(_ROOT, _under(_RECORD)).where(_RECORD.c.vault_id == vault_id)
    ids = [*connection.execute(records.distinct()).scalars(), *connection.execute(private_papers(vault_id)).scalars()]
    return Hidden(frozenset(text_of(each) for each in ids))


def has_private(connection: Connection, vault_id: VaultId) -> bool:
    """Whether anything ever was private in this vault."""
    mine = (_DIRECTORY.c.vault_id == vault_id, _DIRECTORY.c.page >= FIRST_PRIVATE_PAGE)
    return connection.execute(select(_DIRECTORY.c.page).where(*mine).limit(1)).first() is not None


def private_of(connection: Connection, vault_id: VaultId, record_ids: Sequence[bytes]) -> frozenset[bytes]:
    """Those of these records that are private."""
    if not record_ids or not has_private(connection, vault_id):
        return frozenset()
    query = select(_RECORD.c.record_id).join(_ROOT, _under(_RECORD)).where(_RECORD.c.vault_id == vault_id)
    return frozenset(
        record_id
        for some in batches(record_ids, _IDS_PER_QUERY)
        for record_id in connection.execute(query.where(_RECORD.c.record_id.in_(some))).scalars()
    )


def private_papers(vault_id: VaultId) -> Select[tuple[bytes]]:
    """Ids of papers whose roots hang under VK-private."""
    return select(_PAPER.c.paper_id).join(_ROOT, _under(_PAPER)).where(_PAPER.c.vault_id == vault_id).distinct()


def _under(table: Any) -> Any:
    same = and_(_ROOT.c.vault_id == table.c.vault_id, _ROOT.c.root_id == table.c.root_id)
    return and_(same, _ROOT.c.purpose == PRIVATE_ROOT)

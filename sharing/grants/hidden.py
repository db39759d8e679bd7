"""Shares that hold a record which is kept from carers: for a carer they aren't there."""

from __future__ import annotations

from sqlalchemy import Select, select

from sharing.tables import StoredGrant
from vault.database import table_of
from vault.ids import VaultId
from vault.records.hidden import private_papers

_GRANT = table_of(StoredGrant)


def hidden_grants(vault_id: VaultId) -> Select[tuple[bytes]]:
    """The ids of those whose terms hang under VK-private."""
    mine = _GRANT.c.vault_id == vault_id
    return select(_GRANT.c.grant_id).where(mine, _GRANT.c.terms_id.in_(private_papers(vault_id)))

"""Roots of a vault's sealed rows: made with a write, stored in its transaction, opened together by a reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from vault.crypto.secret import Root
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import VaultId
from vault.keys.keyring import Keyring
from vault.keys.tables import KeyRoot

OBJECTS_PER_ROOT = 1024
_IDS_PER_QUERY = 500

_ROOT = table_of(KeyRoot)


def store_roots(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep the wrapped roots that a write made."""
    found = [dict(row) for row in rows]
    if found:
        connection.execute(insert(_ROOT), found)


def open_roots(connection: Connection, keyring: Keyring, root_ids: Collection[bytes]) -> dict[bytes, Root]:
    """The named roots of this vault, unwrapped. Tampered if one is missing or not this vault's."""
    wanted = sorted(set(root_ids))
    opened: dict[bytes, Root] = {}
    for start in range(0, len(wanted), _IDS_PER_QUERY):
        query = select(_ROOT.c.root_id, _ROOT.c.wrapped, _ROOT.c.generation).where(
            _ROOT.c.vault_id == keyring.vault_id, _ROOT.c.root_id.in_(wanted[start : start + _IDS_PER_QUERY])
        )
        for root_id, wrapped, generation in connection.execute(query):
            opened[root_id] = keyring.open_root(root_id, wrapped, generation)
    if len(opened) != len(wanted):
        raise Tampered
    return opened


def drop_roots(connection: Connection, vault_id: VaultId, root_ids: Collection[bytes]) -> None:
    """Destroy roots that nothing stored names any more."""
    if root_ids:
        connection.execute(delete(_ROOT).where(_ROOT.c.vault_id == vault_id, _ROOT.c.root_id.in_(sorted(root_ids))))

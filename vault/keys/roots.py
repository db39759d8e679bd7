"""Roots of a vault's sealed rows: made with a write, stored in its transaction, opened together by a reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from vault.crypto.secret import Root
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import RootId, VaultId
from vault.keys.keyring import PRIVATE_ROOT, Keyring
from vault.keys.tables import KeyRoot

OBJECTS_PER_ROOT = 1024
_IDS_PER_QUERY = 500

_ROOT = table_of(KeyRoot)


class KeptPrivate(NotFound):
    """It hangs under VK-private, which a carer's keyring has not: for a carer it isn't there."""


def store_roots(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep the wrapped roots that a write made."""
    found = [dict(row) for row in rows]
    if found:
        connection.execute(insert(_ROOT), found)


def open_roots(connection: Connection, keyring: Keyring, root_ids: Collection[bytes]) -> dict[bytes, Root]:
    """The named roots of this vault, unwrapped. Tampered if one is missing or not this vault's; KeptPrivate."""
    wanted = sorted(set(root_ids))
    opened: dict[bytes, Root] = {}
    for start in range(0, len(wanted), _IDS_PER_QUERY):
        query = select(_ROOT.c.root_id, _ROOT.c.wrapped, _ROOT.c.generation, _ROOT.c.purpose).where(
            _ROOT.c.vault_id == keyring.vault_id, _ROOT.c.root_id.in_(wanted[start : start + _IDS_PER_QUERY])
        )
        for root_id, wrapped, generation, purpose in connection.execute(query):
            is_private = purpose == PRIVATE_ROOT
            if is_private and not keyring.opens_private:
                raise KeptPrivate
            opened[root_id] = keyring.open_root(root_id, wrapped, generation, is_private=is_private)
    if len(opened) != len(wanted):
        raise Tampered
    return opened


def private_among(connection: Connection, vault_id: VaultId, root_ids: Collection[bytes]) -> frozenset[bytes]:
    """Those of these roots that hang under VK-private."""
    wanted, found = sorted(set(root_ids)), set[bytes]()
    for start in range(0, len(wanted), _IDS_PER_QUERY):
        named = _ROOT.c.root_id.in_(wanted[start : start + _IDS_PER_QUERY])
        query = select(_ROOT.c.root_id).where(_ROOT.c.vault_id == vault_id, named, _ROOT.c.purpose == PRIVATE_ROOT)
        found |= set(connection.execute(query).scalars())
    return frozenset(found)


def keep_private(connection: Connection, keyring: Keyring, root_ids: Collection[bytes], *, is_private: bool) -> None:
    """Hang these roots, which cover nothing else, under VK-private, or back under VK. Tampered."""
    for root_id, root in open_roots(connection, keyring, root_ids).items():
        wrapped = keyring.wrap_root(RootId(root_id), root, is_private=is_private)
        changed = {"wrapped": wrapped, "generation": keyring.generation}
        changed["purpose"] = PRIVATE_ROOT if is_private else "write"
        mine = (_ROOT.c.vault_id == keyring.vault_id, _ROOT.c.root_id == root_id)
        connection.execute(update(_ROOT).where(*mine).values(changed))


def drop_roots(connection: Connection, vault_id: VaultId, root_ids: Collection[bytes]) -> None:
    """Destroy roots that nothing stored names any more."""
    if root_ids:
        connection.execute(delete(_ROOT).where(_ROOT.c.vault_id == vault_id, _ROOT.c.root_id.in_(sorted(root_ids))))

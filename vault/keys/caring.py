"""Carers: another person's own key pair in a slot of this vault. docs/specs/caring.md.

The seed lies wrapped in the carer's vault alone. A carer's keyring has no VK-private, so what the citizen keeps from
carers stays shut, whatever any page would show.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import SlotId, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.opening import open_with_seed
from vault.keys.provider import KeyProvider
from vault.keys.slots import NewSlot, seal_slot
from vault.keys.stored import hold_generation, read_keys
from vault.keys.tables import KeyRing

_PURPOSE: Final = "carer"
_NUMBER: Final = 1
_RING = table_of(KeyRing)


def prepare_carer_key(keyring: Keyring) -> dict[str, Any]:
    """The ``key_ring`` row of a new key pair for caring, in the carer's own vault."""
    seed = Seed.make()
    return {
        "vault_id": keyring.vault_id,
        "purpose": _PURPOSE,
        "number": _NUMBER,
        "generation": keyring.generation,
        "public_key": public_key_of(seed),
        "wrapped": keyring.wrap("carer/1", _NUMBER.to_bytes(8, "big"), seed.raw),
    }


def store_carer_key(connection: Connection, row: dict[str, Any]) -> None:
    """Insert what ``prepare_carer_key`` made; KeysChanged if the vault has other keys by now."""
    hold_generation(connection, row["vault_id"], row["generation"])
    connection.execute(insert(_RING), row)


def find_carer_key(connection: Connection, keyring: Keyring) -> bytes | None:
    """This person's public key for caring, made from its seed; None before there is one. Tampered."""
    try:
        return public_key_of(open_carer_seed(connection, keyring))
    except NotFound:
        return None


def open_carer_seed(connection: Connection, keyring: Keyring) -> Seed:
    """The seed of this person's key pair for caring. NotFound before there is one; Tampered if the row was changed."""
    mine = (_RING.c.vault_id == keyring.vault_id, _RING.c.purpose == _PURPOSE, _RING.c.number == _NUMBER)
    row = connection.execute(select(_RING.c.public_key, _RING.c.wrapped).where(*mine)).one_or_none()
    if row is None:
        raise NotFound
    seed = Seed(keyring.unwrap("carer/1", _NUMBER.to_bytes(8, "big"), row.wrapped))
    if not hmac.compare_digest(public_key_of(seed), row.public_key):
        raise Tampered
    return seed


def seal_carer_slot(keyring: Keyring, public_key: bytes, created_at: datetime) -> NewSlot:
    """A slot for a carer's proven public key, without VK-private. Tampered if it is no key."""
    return seal_slot(keyring, SlotId(make_id()), SlotKind.CARER, public_key, created_at, private=False)


def open_as_carer(connection: Connection, provider: KeyProvider, carer: Keyring, vault_id: VaultId) -> Keyring:
    """Somebody else's vault, by the slot of this carer. NotFound if it has none for them; Tampered."""
    stored = read_keys(connection, vault_id)
    if stored is None:
        raise NotFound
    manifest = stored.open_manifest(provider)
    seed = open_carer_seed(connection, carer)
    public_key = public_key_of(seed)
    for slot in stored.slots_of(manifest, SlotKind.CARER):
        if hmac.compare_digest(slot.public_key, public_key):
            return open_with_seed(stored, manifest, slot, seed)
    raise NotFound

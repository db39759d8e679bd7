"""A vault's keys as they are stored, read in one go, and held to the signed manifest before any use."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import SlotId, VaultId
from vault.keys.generations import KeysChanged, PreviousKeys
from vault.keys.manifest import FreshHeader, ListedSlot, Manifest, header_of, open_signed
from vault.keys.provider import KeyProvider
from vault.keys.slots import list_slot
from vault.keys.tables import KeyManifest, KeyPrevious, KeyRing, KeySlot

_MANIFEST = table_of(KeyManifest)
_SLOT = table_of(KeySlot)
_RING = table_of(KeyRing)
_PREVIOUS = table_of(KeyPrevious)
PREVIOUS_ID = b"previous-keys\0\0\0"


@dataclass(frozen=True, slots=True)
class StoredSlot:
    """Columns of a ``key_slot`` row."""

    slot_id: SlotId
    kind: int
    parameters: bytes
    public_key: bytes
    wrapped_seed: bytes
    sealed_vault_key: bytes
    sealed_private_key: bytes


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """Manifest, slots and delivery public keys by epoch, nothing verified yet. ``previous`` while a rotation lasts."""

    vault_id: VaultId
    body: bytes
    signature: bytes
    mac: bytes
    slots: tuple[StoredSlot, ...]
    delivery_keys: dict[int, bytes]
    previous: PreviousKeys | None = None

    def open_manifest(self, provider: KeyProvider) -> Manifest:
        """The manifest, signature checked; Tampered otherwise."""
        return open_signed(provider, self.vault_id, self.body, self.signature)

    def slots_of(self, manifest: Manifest, kind: SlotKind) -> tuple[StoredSlot, ...]:
        """The slots of this kind that the manifest lists; a row it doesn't list is never looked at.

        Tampered if a row is missing or differs from its line.
        """
        rows = {slot.slot_id: slot for slot in self.slots}
        return tuple(_as_listed(rows.get(listed.slot_id), listed) for listed in manifest.listed(kind))

    def delivery_key(self, manifest: Manifest) -> bytes:
        """The public key to which a delivery is sealed; Tampered unless the manifest names it."""
        key = self.delivery_keys.get(manifest.delivery_epoch, b"")
        if not hmac.compare_digest(hashlib.sha256(key).digest(), manifest.delivery_key_digest):
            raise Tampered
        return key


def read_keys(connection: Connection, vault_id: VaultId) -> StoredKeys | None:
    """What is stored of this vault's keys, or None if there is no such vault."""
    # Manifest and slots in one statement: between two, a change of passphrase would look like tampering.
    rows = connection.execute(
        select(
            _MANIFEST.c.body,
            _MANIFEST.c.signature,
            _MANIFEST.c.mac,
            *previous_columns(),
            *(_SLOT.c[name] for name in StoredSlot.__slots__),
        )
        .outerjoin(_SLOT, _SLOT.c.vault_id == _MANIFEST.c.vault_id)
        .outerjoin(_PREVIOUS, _PREVIOUS.c.vault_id == _MANIFEST.c.vault_id)
        .where(_MANIFEST.c.vault_id == vault_id)
    ).all()
    delivery = connection.execute(
        select(_RING.c.number, _RING.c.public_key).where(_RING.c.vault_id == vault_id, _RING.c.purpose == "delivery")
    ).all()
    if not rows:
        return None
    slots = tuple(StoredSlot(*row[6:]) for row in rows if row.slot_id is not None)
    first = rows[0]
    delivery_keys = {row.number: row.public_key for row in delivery}
    return StoredKeys(vault_id, first.body, first.signature, first.mac, slots, delivery_keys, previous_of(first))


def previous_columns() -> tuple[Any, ...]:
    """The columns of ``key_previous`` under names of their own, for a query that joins it."""
    return tuple(_PREVIOUS.c[name].label(f"previous_{name}") for name in ("generation", "wrapped", "wrapped_private"))


def previous_of(row: Row[Any]) -> PreviousKeys | None:
    """What a row with ``previous_columns`` says."""
    if row.previous_generation is None:
        return None
    return PreviousKeys(row.previous_generation, row.previous_wrapped, row.previous_wrapped_private)


def _as_listed(slot: StoredSlot | None, listed: ListedSlot) -> StoredSlot:
    if slot is None or slot.kind != listed.kind:
        raise Tampered
    columns = slot.public_key, slot.sealed_vault_key, slot.sealed_private_key
    if list_slot(slot.slot_id, listed.kind, *columns) != listed:
        raise Tampered
    return slot


def read_manifest_header(connection: Connection, vault_id: VaultId) -> FreshHeader | None:
    """The manifest's header for the freshness sum, computed from the stored bytes; None if there is no such vault."""
    columns = (_MANIFEST.c.serial, _MANIFEST.c.body)
    row = connection.execute(select(*columns).where(_MANIFEST.c.vault_id == vault_id)).one_or_none()
    return None if row is None else header_of(vault_id, row.serial, row.body)


def read_previous_header(connection: Connection, vault_id: VaultId) -> FreshHeader | None:
    """The ``key_previous`` row for the freshness sum; None unless a rotation is under way."""
    row = connection.execute(select(*previous_columns()).where(_PREVIOUS.c.vault_id == vault_id)).one_or_none()
    kept = None if row is None else previous_of(row)
    return None if kept is None else previous_header(kept)


def previous_header(kept: PreviousKeys) -> FreshHeader:
    """As ``read_previous_header``, of a row not stored yet."""
    return PREVIOUS_ID, kept.generation, kept.nonce()


def hold_generation(connection: Connection, vault_id: VaultId, generation: int) -> None:
    """Return if these are the vault's present keys, and until this transaction ends; KeysChanged otherwise.

    For whoever stores a wrap and doesn't move freshness: after a rotation nobody could open it.
    """
    query = select(_MANIFEST.c.generation).where(_MANIFEST.c.vault_id == vault_id).with_for_update(read=True)
    if connection.execute(query).scalar_one_or_none() != generation:
        raise KeysChanged

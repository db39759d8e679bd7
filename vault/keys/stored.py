"""A vault's keys as they are stored, read in one go, and held to the signed manifest before any use."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, select

from vault.crypto.slots import SlotKind, WrongSecret
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import SlotId, VaultId
from vault.keys.manifest import FreshHeader, Manifest, header_of, open_signed
from vault.keys.provider import KeyProvider
from vault.keys.slots import list_slot
from vault.keys.tables import KeyManifest, KeyRing, KeySlot

_MANIFEST = table_of(KeyManifest)
_SLOT = table_of(KeySlot)
_RING = table_of(KeyRing)


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
    """Manifest, slots and delivery public keys by epoch, nothing verified yet."""

    vault_id: VaultId
    body: bytes
    signature: bytes
    mac: bytes
    slots: tuple[StoredSlot, ...]
    delivery_keys: dict[int, bytes]

    def open_manifest(self, provider: KeyProvider) -> Manifest:
        """The manifest, signature checked; Tampered otherwise."""
        return open_signed(provider, self.vault_id, self.body, self.signature)

    def slot_for(self, manifest: Manifest, kind: SlotKind) -> StoredSlot:
        """The one slot of this kind that the manifest lists; a row it doesn't list is never looked at.

        WrongSecret if it lists none; Tampered if the row is missing or differs from its line.
        """
        listed = manifest.listed(kind)
        if listed is None:
            raise WrongSecret
        slot = next((slot for slot in self.slots if slot.slot_id == listed.slot_id), None)
        if slot is None or slot.kind != kind:
            raise Tampered
        if list_slot(slot.slot_id, kind, slot.public_key, slot.sealed_vault_key, slot.sealed_private_key) != listed:
            raise Tampered
        return slot

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
            _MANIFEST.c.body, _MANIFEST.c.signature, _MANIFEST.c.mac, *(_SLOT.c[name] for name in StoredSlot.__slots__)
        )
        .outerjoin(_SLOT, _SLOT.c.vault_id == _MANIFEST.c.vault_id)
        .where(_MANIFEST.c.vault_id == vault_id)
    ).all()
    delivery = connection.execute(
        select(_RING.c.number, _RING.c.public_key).where(_RING.c.vault_id == vault_id, _RING.c.purpose == "delivery")
    ).all()
    if not rows:
        return None
    slots = tuple(StoredSlot(*row[3:]) for row in rows if row.slot_id is not None)
    first = rows[0]
    delivery_keys = {row.number: row.public_key for row in delivery}
    return StoredKeys(vault_id, first.body, first.signature, first.mac, slots, delivery_keys)


def read_manifest_header(connection: Connection, vault_id: VaultId) -> FreshHeader | None:
    """The manifest's header for the freshness sum, computed from the stored bytes; None if there is no such vault."""
    columns = (_MANIFEST.c.serial, _MANIFEST.c.body)
    row = connection.execute(select(*columns).where(_MANIFEST.c.vault_id == vault_id)).one_or_none()
    return None if row is None else header_of(vault_id, row.serial, row.body)

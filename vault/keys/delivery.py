"""Delivering to a locked vault: one root sealed to its delivery key, under which the objects are then sealed.

The key is taken from the database only after the manifest's signature names it: a swapped one would send a lab's
results to whoever swapped it. Sealing proves no sender; that takes the sender's own signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from vault.crypto.context import ctx
from vault.crypto.sealing import open_sealed, seal_to
from vault.crypto.secret import Root, Seed
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import RootId, VaultId
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.stored import read_keys
from vault.keys.tables import KeyRing

_RING = table_of(KeyRing)


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """Where to seal a root for this vault. ``epoch`` counts delivery key pairs."""

    vault_id: VaultId
    epoch: int
    public_key: bytes


def read_address(connection: Connection, provider: KeyProvider, vault_id: VaultId) -> DeliveryAddress:
    """The vault's address; NotFound if there is no such vault, Tampered unless the signed manifest names it."""
    stored = read_keys(connection, vault_id)
    if stored is None:
        raise NotFound
    manifest = stored.open_manifest(provider)
    return DeliveryAddress(vault_id, manifest.delivery_epoch, stored.delivery_key(manifest))


def seal_root(address: DeliveryAddress, root_id: RootId, root: Root) -> bytes:
    """A delivery's root sealed to the vault; 1,169 bytes. The sender then forgets it."""
    return seal_to(address.public_key, _info(address.vault_id, root_id, address.epoch), root.raw)


def open_delivered_root(connection: Connection, keyring: Keyring, epoch: int, root_id: RootId, sealed: bytes) -> Root:
    """The root of a delivery of this epoch; Tampered if it was sealed for another vault, root or epoch."""
    where = (_RING.c.vault_id == keyring.vault_id, _RING.c.purpose == "delivery", _RING.c.number == epoch)
    wrapped = connection.execute(select(_RING.c.wrapped).where(*where)).scalar_one_or_none()
    if wrapped is None:
        raise Tampered
    seed = Seed(keyring.unwrap("delivery/1", epoch.to_bytes(8, "big"), wrapped))
    return Root(open_sealed(seed, _info(keyring.vault_id, root_id, epoch), sealed))


def _info(vault_id: VaultId, root_id: RootId, epoch: int) -> bytes:
    return ctx("root/1", vault_id, root_id, epoch)

"""Delivering to a locked vault: one root sealed to its delivery key, under which the objects are then sealed.

The key is taken from the database only after the manifest's signature names it: a swapped one would send a lab's
results to whoever swapped it. Sealing proves no sender; that takes the sender's own signature. docs/specs/root.md.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from vault.crypto.context import ctx
from vault.crypto.sealing import open_sealed, seal_to
from vault.crypto.secret import Root, Seed
from vault.crypto.signatures import verify
from vault.database import table_of
from vault.errors import Conflict, NotFound, Tampered
from vault.ids import RootId, VaultId
from vault.keys.keyring import Keyring
from vault.keys.manifest import decode
from vault.keys.provider import KeyProvider, Purpose, verify_any
from vault.keys.stored import read_keys
from vault.keys.tables import KeyManifest, KeyRing

_RING = table_of(KeyRing)
_MANIFEST = table_of(KeyManifest)


class DeliveryKeyChanged(Conflict):
    """The vault has another delivery key by now; whoever seals takes the present one."""

    code = "delivery-key-changed"
    advice = "The vault has a newer key. Please fetch it and seal again."


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """Where to seal a root for this vault. ``epoch`` counts delivery key pairs."""

    vault_id: VaultId
    epoch: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """What a sender who seals itself is given: the address, and the signed manifest that names its key."""

    address: DeliveryAddress
    manifest: bytes
    signature: bytes
    server_key: bytes


def read_address(connection: Connection, provider: KeyProvider, vault_id: VaultId) -> DeliveryAddress:
    """The vault's address; NotFound if there is no such vault, Tampered unless the signed manifest names it."""
    return publish_key(connection, provider, vault_id).address


def publish_key(connection: Connection, provider: KeyProvider, vault_id: VaultId) -> PublishedKey:
    """The address with its proof; NotFound if there is no such vault, Tampered unless the signed manifest names it."""
    stored = read_keys(connection, vault_id)
    if stored is None:
        raise NotFound
    manifest = stored.open_manifest(provider)
    address = DeliveryAddress(vault_id, manifest.delivery_epoch, stored.delivery_key(manifest))
    server_key = verify_any(provider, Purpose.VAULT_KEYS, stored.signature, stored.body)
    return PublishedKey(address, stored.body, stored.signature, server_key)


def check_published(published: PublishedKey, vault_id: VaultId, server_key: bytes | None) -> None:
    """The sender's side: return if the signed manifest of this vault names the key; Tampered otherwise.

    ``server_key``: the one that the sender knew before. Without it the answer is only consistent with itself.
    """
    if server_key is not None and not hmac.compare_digest(server_key, published.server_key):
        raise Tampered
    verify(published.server_key, published.signature, published.manifest)
    manifest, address = decode(published.manifest), published.address
    said = address.vault_id, address.epoch, hashlib.sha256(address.public_key).digest()
    if (manifest.vault_id, manifest.delivery_epoch, manifest.delivery_key_digest) != said or vault_id != said[0]:
        raise Tampered


def hold_epoch(connection: Connection, vault_id: VaultId, epoch: int) -> None:
    """Return if this is the vault's present epoch, and until this transaction ends; DeliveryKeyChanged otherwise.

    So no change of keys forgets the seed of a delivery that is being stored.
    """
    query = select(_MANIFEST.c.body).where(_MANIFEST.c.vault_id == vault_id).with_for_update(read=True)
    body = connection.execute(query).scalar_one_or_none()
    if body is None or decode(body).delivery_epoch != epoch:
        raise DeliveryKeyChanged


def seal_root(address: DeliveryAddress, root_id: RootId, root: Root) -> bytes:
    """A delivery's root sealed to the vault; 1,169 bytes. The sender then forgets it."""
    return seal_to(address.public_key, _info(address.vault_id, root_id, address.epoch), root.raw)


def open_delivered_root(connection: Connection, keyring: Keyring, epoch: int, root_id: RootId, sealed: bytes) -> Root:
    """The root of a delivery of this epoch; Tampered if it was sealed for another vault, root or epoch."""
    return open_with_seeds(keyring.vault_id, open_seeds(connection, keyring, (epoch,)), epoch, root_id, sealed)


def open_seeds(connection: Connection, keyring: Keyring, epochs: Iterable[int]) -> dict[int, Seed]:
    """The seeds of these epochs that are there and open, to open many deliveries at once."""
    where = (_RING.c.vault_id == keyring.vault_id, _RING.c.purpose == "delivery", _RING.c.number.in_(set(epochs)))
    seeds: dict[int, Seed] = {}
    for number, wrapped in connection.execute(select(_RING.c.number, _RING.c.wrapped).where(*where)).all():
        try:
            seeds[number] = Seed(keyring.unwrap("delivery/1", number.to_bytes(8, "big"), wrapped))
        except (Tampered, ValueError):
            continue
    return seeds


def open_with_seeds(vault_id: VaultId, seeds: dict[int, Seed], epoch: int, root_id: RootId, sealed: bytes) -> Root:
    """As ``open_delivered_root``; Tampered also if the epoch's seed is not among them."""
    seed = seeds.get(epoch)
    if seed is None:
        raise Tampered
    raw = open_sealed(seed, _info(vault_id, root_id, epoch), sealed)
    if len(raw) != 32:
        raise Tampered
    return Root(raw)


def _info(vault_id: VaultId, root_id: RootId, epoch: int) -> bytes:
    return ctx("root/1", vault_id, root_id, epoch)

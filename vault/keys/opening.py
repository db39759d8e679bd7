"""Opening a slot: its secret gives a seed, the seed the vault keys, the manifest's MAC says whether they are right."""

from __future__ import annotations

import hmac

from vault.crypto.sealing import open_sealed, public_key_of
from vault.crypto.secret import PrivateKeyVK, Seed, VaultKey
from vault.crypto.slots import SlotKind, unwrap_seed
from vault.errors import Tampered
from vault.ids import Pseudonym, SlotId
from vault.keys.generations import PreviousKeys
from vault.keys.keyring import Keyring, slot_info
from vault.keys.manifest import Manifest
from vault.keys.slots import bind_slot
from vault.keys.stored import StoredKeys, StoredSlot


def open_slot(stored: StoredKeys, manifest: Manifest, slot: StoredSlot, secret: bytes) -> Keyring:
    """The vault that ``secret`` opens through this slot; WrongSecret, Tampered."""
    binding = bind_slot(SlotKind(slot.kind), manifest.vault_id, slot.slot_id, slot.parameters)
    return open_with_seed(stored, manifest, slot, unwrap_seed(secret, binding, slot.wrapped_seed))


def open_with_seed(stored: StoredKeys, manifest: Manifest, slot: StoredSlot, seed: Seed) -> Keyring:
    """The same for who holds the slot's own seed, as a carer does. Without VK-private where the slot has none."""
    if not hmac.compare_digest(public_key_of(seed), slot.public_key):
        raise Tampered

    def opened(label: str, sealed: bytes) -> bytes:
        return open_sealed(seed, slot_info(label, manifest.vault_id, slot.slot_id, manifest.generation), sealed)

    vault_key = opened("vk/1", slot.sealed_vault_key)
    private_key = opened("vk-private/1", slot.sealed_private_key) if slot.sealed_private_key else b""
    return checked_keyring(
        manifest, stored.body, stored.mac, vault_key, private_key, opened_by=slot.slot_id, previous=stored.previous
    )


def checked_keyring(
    manifest: Manifest,
    body: bytes,
    mac: bytes,
    vault_key: bytes,
    private_key: bytes,
    *,
    opened_by: SlotId | None = None,
    previous: PreviousKeys | None = None,
) -> Keyring:
    """These keys (VK-private may be empty), if the manifest was MACed under them; Tampered otherwise.

    ``previous``: what the keyring holds besides while a rotation is under way.
    """
    if len(vault_key) != 32 or len(private_key) not in (0, 32):
        raise Tampered
    private = PrivateKeyVK(private_key) if private_key else None
    pseudonym = Pseudonym(manifest.pseudonym)
    keyring = Keyring(
        manifest.vault_id, manifest.generation, pseudonym, VaultKey(vault_key), private, opened_by=opened_by
    )
    keyring.check_manifest(body, mac)
    if previous is not None:
        keyring.open_previous(previous)
    return keyring

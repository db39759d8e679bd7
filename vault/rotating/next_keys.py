"""The first transaction of a rotation: new vault keys for the ways in that stay, and the old ones under the new.

Nobody's secret is needed: the new keys are sealed to public keys that the signed manifest names. A way in that doesn't
stay is no longer listed, and its row is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from vault import freshness
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import LogKey, PrivateKeyVK, Seed, VaultKey
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.freshness import Remade, State
from vault.ids import SlotId
from vault.keys.enrolment import check_ways_in, manifest_row, open_own_manifest
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.manifest import ListedSlot, Manifest, ManifestChange, header_of
from vault.keys.provider import KeyProvider
from vault.keys.slots import NewSlot, list_slot
from vault.keys.stored import StoredKeys, StoredSlot, previous_header, read_keys
from vault.keys.tables import KeyLog, KeyManifest, KeyPrevious, KeyRing, KeySlot

_MANIFEST = table_of(KeyManifest)
_SLOT = table_of(KeySlot)
_RING = table_of(KeyRing)
_LOG = table_of(KeyLog)
_PREVIOUS = table_of(KeyPrevious)


@dataclass(frozen=True, slots=True, repr=False)
class NextKeys:
    """Ready for one short transaction. ``keyring`` is the vault under its new keys, holding the old ones too."""

    keyring: Keyring
    removed: tuple[SlotId, ...]
    removed_kinds: tuple[SlotKind, ...]
    old_signature: bytes
    manifest: dict[str, Any]
    slots: tuple[dict[str, Any], ...]
    added: tuple[dict[str, Any], ...]
    delivery: dict[str, Any]
    log_key: bytes
    previous: dict[str, Any]
    fresh: Remade


@dataclass(frozen=True, slots=True)
class Wanted:
    """Slots that go, and slots that come: ``add`` makes them from the vault under its new keys.

    ``hands_over``: a carer gives the vault to the person it is of. A carer's keyring has no VK-private, so a fresh one
    is made, and what anybody kept under the old one is lost.
    """

    remove: Collection[SlotId] = ()
    add: Callable[[Keyring], Collection[NewSlot]] | None = None
    hands_over: bool = False


def prepare_next_keys(connection: Connection, provider: KeyProvider, keyring: Keyring, wanted: Wanted) -> NextKeys:
    """Everything sealed and summed, nothing stored. Needs ``Database.read()``.

    NotFound for an unknown slot, TooFewSlots, KeysChanged; Tampered, also from a carer's keyring unless it hands over.
    """
    if not keyring.opens_private and not wanted.hands_over:
        raise Tampered
    vault_id = keyring.vault_id
    stored = read_keys(connection, vault_id)
    if stored is None:
        raise NotFound
    manifest = open_own_manifest(provider, keyring, stored)
    if not set(wanted.remove) <= {slot.slot_id for slot in manifest.slots}:
        raise NotFound
    new = Keyring(
        vault_id, keyring.generation + 1, keyring.pseudonym, VaultKey.make(), PrivateKeyVK.make(), opened_by=None
    )
    previous = new.follow(keyring)
    slots = [_resealed(new, slot) for slot in _staying(stored, manifest, wanted.remove)]
    added = tuple(wanted.add(new)) if wanted.add else ()
    listed = [line for _, line in slots] + [slot.listed for slot in added]
    check_ways_in(manifest.slots, listed)
    seed = Seed.make()
    following = replace(
        manifest,
        serial=manifest.serial + 1,
        generation=new.generation,
        delivery_epoch=manifest.delivery_epoch + 1,
        delivery_key_digest=hashlib.sha256(public_key_of(seed)).digest(),
        slots=tuple(listed),
    )
    row = manifest_row(provider, new, following)
    change = ManifestChange(
        removed=(header_of(vault_id, manifest.serial, stored.body),),
        added=(header_of(vault_id, following.serial, row["body"]), previous_header(previous)),
    )
    return NextKeys(
        keyring=new,
        removed=tuple(wanted.remove),
        removed_kinds=tuple(sorted(slot.kind for slot in manifest.slots if slot.slot_id in wanted.remove)),
        old_signature=stored.signature,
        manifest=row,
        slots=tuple(columns for columns, _ in slots),
        added=tuple(slot.row for slot in added),
        delivery=_delivery_row(new, following.delivery_epoch, seed),
        log_key=new.wrap_log_key(LogKey.make(), new.pseudonym),
        previous={
            "vault_id": vault_id,
            "generation": previous.generation,
            "wrapped": previous.wrapped,
            "wrapped_private": previous.wrapped_private,
        },
        fresh=freshness.remake(connection, keyring, new, change),
    )


def store_next_keys(connection: Connection, keys: NextKeys) -> State:
    """Write it all. KeysChanged if the ways in changed meanwhile, StaleState if anything else was written."""
    vault_id = keys.keyring.vault_id
    seen = (_MANIFEST.c.vault_id == vault_id) & (_MANIFEST.c.signature == keys.old_signature)
    if connection.execute(update(_MANIFEST).where(seen).values(keys.manifest)).rowcount != 1:
        raise KeysChanged
    state = freshness.replace(connection, keys.keyring, keys.fresh)
    connection.execute(delete(_SLOT).where(_SLOT.c.vault_id == vault_id, _SLOT.c.slot_id.in_(keys.removed)))
    to_slot = (_SLOT.c.vault_id == vault_id, _SLOT.c.slot_id == bindparam("to_slot"))
    sealed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("sealed_vault_key", "sealed_private_key")}
    if keys.slots:
        connection.execute(update(_SLOT).where(*to_slot).values(sealed), list(keys.slots))
    if keys.added:
        connection.execute(insert(_SLOT), list(keys.added))
    connection.execute(insert(_RING), keys.delivery)
    connection.execute(insert(_PREVIOUS), keys.previous)
    _store_log_key(connection, keys)
    return state


def _store_log_key(connection: Connection, keys: NextKeys) -> None:
    """Another log key; the account key hangs under the provider and stays, as the newest row has it."""
    whose = {"vault_id": keys.keyring.vault_id, "pseudonym": keys.keyring.pseudonym}
    mine = (_LOG.c.vault_id == whose["vault_id"], _LOG.c.pseudonym == whose["pseudonym"])
    newest = select(_LOG.c.account_key).where(*mine).order_by(_LOG.c.generation.desc()).limit(1)
    account_key = connection.execute(newest).scalar_one()
    row = {"generation": keys.keyring.generation, "log_key": keys.log_key, "account_key": account_key}
    connection.execute(insert(_LOG), whose | row)


def _staying(stored: StoredKeys, manifest: Manifest, remove: Collection[SlotId]) -> list[StoredSlot]:
    """The slots that stay, each held to its line of the manifest. Tampered."""
    return [slot for kind in SlotKind for slot in stored.slots_of(manifest, kind) if slot.slot_id not in remove]


def _resealed(new: Keyring, slot: StoredSlot) -> tuple[dict[str, Any], ListedSlot]:
    """The new keys for a slot: VK-private only where it had it, so a carer's gets none."""
    has_private = bool(slot.sealed_private_key)
    vault_key, private_key = new.seal_to_slot(slot.slot_id, slot.public_key, private=has_private)
    listed = list_slot(slot.slot_id, SlotKind(slot.kind), slot.public_key, vault_key, private_key)
    return {"to_slot": slot.slot_id, "to_sealed_vault_key": vault_key, "to_sealed_private_key": private_key}, listed


def _delivery_row(new: Keyring, epoch: int, seed: Seed) -> dict[str, Any]:
    return {
        "vault_id": new.vault_id,
        "purpose": "delivery",
        "number": epoch,
        "generation": new.generation,
        "public_key": public_key_of(seed),
        "wrapped": new.wrap("delivery/1", epoch.to_bytes(8, "big"), seed.raw),
    }

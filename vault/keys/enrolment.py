"""Making a vault's keys, and changing who can open it: slots that come and go under the same vault key.

``prepare_…`` is slow (Argon2id) and runs outside every transaction; ``store…`` only writes rows. A new passphrase
is a new slot with a new key pair; the vault key stays. Two changes at once: one wins, the other is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import Cost, check_length
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import AccountKey, LogKey, PrivateKeyVK, Seed, VaultKey
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound
from vault.ids import Pseudonym, SlotId, VaultId, make_id
from vault.keys.caring import seal_carer_slot
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.log_keys import wrap_account_key
from vault.keys.manifest import (
    OWN_KINDS,
    FreshHeader,
    ListedSlot,
    Manifest,
    ManifestChange,
    TooFewSlots,
    encode,
    header_of,
    sign,
    with_slots,
)
from vault.keys.provider import KeyProvider
from vault.keys.recovery_code import make_recovery_code
from vault.keys.slots import NewSlot, PassphraseParameters, make_passphrase_slot, make_slot
from vault.keys.stored import StoredKeys, read_keys
from vault.keys.tables import KeyLog, KeyManifest, KeyRing, KeySlot

_MANIFEST = table_of(KeyManifest)
_SLOT = table_of(KeySlot)
_RING = table_of(KeyRing)
_LOG = table_of(KeyLog)


@dataclass(frozen=True, slots=True, repr=False)
class NewKeys:
    """A vault that isn't stored yet, unlocked. ``header`` is the manifest's first entry in the freshness sum."""

    vault_id: VaultId
    keyring: Keyring
    recovery_code: str
    header: FreshHeader
    rows: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, repr=False)
class SlotChange:
    """Other slots under the same vault key. ``recovery_code`` is the new one, or None if it stays."""

    vault_id: VaultId
    recovery_code: str | None
    change: ManifestChange
    old_signature: bytes
    manifest_row: dict[str, Any]
    removed: tuple[SlotId, ...]
    added_rows: tuple[dict[str, Any], ...]

    @property
    def added(self) -> tuple[SlotId, ...]:
        return tuple(SlotId(row["slot_id"]) for row in self.added_rows)


class Enrolment:
    """``cost`` is what a new passphrase slot will cost to open."""

    def __init__(self, provider: KeyProvider, cost: Cost = Cost.STANDARD, clock: Clock | None = None) -> None:
        self._provider = provider
        self._cost = cost
        self._clock = clock or SystemClock()

    def prepare(self, passphrase: str) -> NewKeys:
        """All keys of a new vault; slow. The caller has judged the passphrase; here only PassphraseLength."""
        check_length(passphrase)
        now = self._clock.now()
        return self.prepare_with(
            lambda keyring: make_passphrase_slot(self._provider, self._cost, keyring, passphrase, now)
        )

    def prepare_with(self, make_first: Callable[[Keyring], NewSlot]) -> NewKeys:
        """All keys of a new vault: the slot that ``make_first`` makes, and a recovery code."""
        vault_id, pseudonym = VaultId(make_id()), Pseudonym(make_id())
        keyring = Keyring(vault_id, 1, pseudonym, VaultKey.make(), PrivateKeyVK.make())
        first = make_first(keyring)
        code, slot = self.make_code_slot(keyring)
        return make_vault(self._provider, keyring, code, (first, slot))

    def prepare_looked_after(self, public_key: bytes) -> NewKeys:
        """All keys of a vault for somebody without an account: a carer's slot and a recovery code."""
        now = self._clock.now()
        return self.prepare_with(lambda keyring: seal_carer_slot(keyring, public_key, now))

    def store(self, connection: Connection, new_keys: NewKeys) -> None:
        """Insert the rows of a new vault."""
        for table in (_SLOT, _RING, _LOG, _MANIFEST):
            connection.execute(insert(table), new_keys.rows[table.name])

    def read_state(self, connection: Connection, vault_id: VaultId) -> StoredKeys:
        """What a change starts from; NotFound if there is no such vault."""
        stored = read_keys(connection, vault_id)
        if stored is None:
            raise NotFound
        return stored

    def prepare_passphrase_change(self, keyring: Keyring, stored: StoredKeys, new_passphrase: str) -> SlotChange:
        """A new passphrase slot in place of the one that opened ``keyring``; slow. PassphraseLength, Tampered.

        A keyring that another way in opened gets its new passphrase in place of all.
        """
        manifest = open_own_manifest(self._provider, keyring, stored)
        old = {slot.slot_id for slot in manifest.listed(SlotKind.PASSPHRASE)}
        going = old & {keyring.opened_by} if keyring.opened_by in old else old
        slot = self.make_passphrase_slot(keyring, stored, new_passphrase, going)
        return self.prepare_change(keyring, stored, add=(slot,), remove=going)

    def prepare_recovery(self, keyring: Keyring, stored: StoredKeys, new_passphrase: str) -> SlotChange:
        """A new recovery code for the one that opened ``keyring`` (else for all), a new passphrase for all. Slow.

        Whoever comes back by a code may have lost every passphrase, to somebody else too; other codes and passkeys
        stay. A trusted person's slot that opened it goes. PassphraseLength, Tampered.
        """
        manifest = open_own_manifest(self._provider, keyring, stored)
        trusted = {slot.slot_id for slot in manifest.listed(SlotKind.TRUSTED)}
        codes = {slot.slot_id for slot in manifest.listed(SlotKind.RECOVERY_CODE)}
        old = {slot.slot_id for slot in manifest.listed(SlotKind.PASSPHRASE)}
        old |= (codes & {keyring.opened_by} or codes) | (trusted & {keyring.opened_by})
        code, slot = self.make_code_slot(keyring)
        slots = (slot, self.make_passphrase_slot(keyring, stored, new_passphrase, old))
        return self.prepare_change(keyring, stored, add=slots, remove=old, recovery_code=code)

    def make_code_slot(self, keyring: Keyring) -> tuple[str, NewSlot]:
        """A recovery code, and the slot that it opens."""
        code, secret = make_recovery_code()
        return code, make_slot(keyring, SlotKind.RECOVERY_CODE, secret, self._clock.now())

    def make_passphrase_slot(
        self, keyring: Keyring, stored: StoredKeys, passphrase: str, going: Collection[SlotId] = ()
    ) -> NewSlot:
        """A slot for one more passphrase, which shares the stretching of those that stay; slow. PassphraseLength."""
        check_length(passphrase)
        manifest = open_own_manifest(self._provider, keyring, stored)
        stays = (slot for slot in stored.slots_of(manifest, SlotKind.PASSPHRASE) if slot.slot_id not in going)
        beside = next((PassphraseParameters.decode(slot.parameters) for slot in stays), None)
        return make_passphrase_slot(self._provider, self._cost, keyring, passphrase, self._clock.now(), beside=beside)

    def prepare_change(
        self,
        keyring: Keyring,
        stored: StoredKeys,
        *,
        add: Collection[NewSlot] = (),
        remove: Collection[SlotId] = (),
        recovery_code: str | None = None,
    ) -> SlotChange:
        """Slots that come and go under the same vault key. NotFound for an unknown one, TooFewSlots, Tampered."""
        manifest = open_own_manifest(self._provider, keyring, stored)
        if not set(remove) <= {slot.slot_id for slot in manifest.slots}:
            raise NotFound
        slots = [slot for slot in manifest.slots if slot.slot_id not in remove] + [slot.listed for slot in add]
        check_ways_in(manifest.slots, slots)
        following = with_slots(manifest, slots)
        row = manifest_row(self._provider, keyring, following)
        return SlotChange(
            vault_id=keyring.vault_id,
            recovery_code=recovery_code,
            change=ManifestChange(
                removed=(header_of(keyring.vault_id, manifest.serial, stored.body),),
                added=(header_of(keyring.vault_id, following.serial, row["body"]),),
            ),
            old_signature=stored.signature,
            manifest_row=row,
            removed=tuple(remove),
            added_rows=tuple(slot.row for slot in add),
        )

    def store_change(self, connection: Connection, change: SlotChange) -> ManifestChange:
        """Write the new slots; KeysChanged if the manifest is no longer the one the change started from.

        The answer must go into the vault's freshness in the same transaction.
        """
        seen = (_MANIFEST.c.vault_id == change.vault_id) & (_MANIFEST.c.signature == change.old_signature)
        changed = connection.execute(update(_MANIFEST).where(seen).values(change.manifest_row))
        if changed.rowcount != 1:
            raise KeysChanged
        gone = (_SLOT.c.vault_id == change.vault_id) & _SLOT.c.slot_id.in_(change.removed)
        connection.execute(delete(_SLOT).where(gone))
        if change.added_rows:
            connection.execute(insert(_SLOT), list(change.added_rows))
        return change.change


def open_own_manifest(provider: KeyProvider, keyring: Keyring, stored: StoredKeys) -> Manifest:
    """The manifest with signature and MAC checked against an unlocked vault; Tampered or KeysChanged otherwise."""
    manifest = stored.open_manifest(provider)
    keyring.check_manifest(stored.body, stored.mac)
    if manifest.vault_id != keyring.vault_id or manifest.generation != keyring.generation:
        raise KeysChanged
    return manifest


def make_vault(provider: KeyProvider, keyring: Keyring, recovery_code: str, slots: Iterable[NewSlot]) -> NewKeys:
    """All rows of a new vault around its slots: delivery key pair, log keys, first manifest."""
    slots, seed = tuple(slots), Seed.make()
    delivery_key = public_key_of(seed)
    manifest = Manifest(
        vault_id=keyring.vault_id,
        serial=1,
        generation=keyring.generation,
        delivery_epoch=1,
        delivery_key_digest=hashlib.sha256(delivery_key).digest(),
        pseudonym=keyring.pseudonym,
        slots=tuple(slot.listed for slot in slots),
    )
    row = manifest_row(provider, keyring, manifest)
    rows = {
        "key_manifest": [row],
        "key_slot": [slot.row for slot in slots],
        "key_ring": [_delivery_row(keyring, seed, delivery_key)],
        "key_log": [_log_row(provider, keyring)],
    }
    header = header_of(keyring.vault_id, 1, row["body"])
    return NewKeys(keyring.vault_id, keyring, recovery_code, header, rows)


def check_ways_in(before: Collection[ListedSlot], after: Collection[ListedSlot]) -> None:
    """TooFewSlots if a citizen would keep fewer than two ways in of their own, or no recovery code."""
    has_own = any(slot.kind in (SlotKind.PASSPHRASE, SlotKind.PASSKEY) for slot in before)
    if has_own and sum(slot.kind in OWN_KINDS for slot in after) < 2:
        raise TooFewSlots


def manifest_row(provider: KeyProvider, keyring: Keyring, manifest: Manifest) -> dict[str, Any]:
    """The ``key_manifest`` row: body, signature, MAC. TooFewSlots."""
    body = encode(manifest)
    return {
        "vault_id": manifest.vault_id,
        "serial": manifest.serial,
        "generation": manifest.generation,
        "body": body,
        "signature": sign(provider, body),
        "mac": keyring.manifest_mac(body),
    }


def _delivery_row(keyring: Keyring, seed: Seed, public_key: bytes) -> dict[str, Any]:
    return {
        "vault_id": keyring.vault_id,
        "purpose": "delivery",
        "number": 1,
        "generation": keyring.generation,
        "public_key": public_key,
        "wrapped": keyring.wrap("delivery/1", (1).to_bytes(8, "big"), seed.raw),
    }


def _log_row(provider: KeyProvider, keyring: Keyring) -> dict[str, Any]:
    return {
        "vault_id": keyring.vault_id,
        "pseudonym": keyring.pseudonym,
        "generation": keyring.generation,
        "log_key": keyring.wrap_log_key(LogKey.make(), keyring.pseudonym),
        "account_key": wrap_account_key(provider, keyring.vault_id, keyring.pseudonym, AccountKey.make()),
    }

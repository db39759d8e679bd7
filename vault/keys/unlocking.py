"""Opening a vault by one of its own ways in: passphrase, recovery code, passkey.

The signed manifest says which slots there are; a row that it doesn't list is never looked at. An unknown account opens
a dummy slot: same work, same answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import MAX_CHARACTERS, Cost
from vault.crypto.secret import PrivateKeyVK, VaultKey
from vault.crypto.slots import SlotKind, WrongSecret
from vault.database import Database
from vault.errors import NotFound
from vault.ids import Pseudonym, SlotId, VaultId, make_id
from vault.keys.enrolment import make_vault
from vault.keys.keyring import Keyring
from vault.keys.opening import open_slot
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.recovery_code import parse_recovery_code
from vault.keys.sessions import KeySessions, SessionRow
from vault.keys.slots import PassphraseParameters, derive_passphrase_secret, make_slot
from vault.keys.stored import StoredKeys, StoredSlot, read_keys

__all__ = ["SessionRow", "Unlocking", "WrongSecret"]


class Unlocking:
    """``cost`` is that of new slots: the dummy slot of unknown accounts costs as much. ``sessions``: bearer tokens."""

    def __init__(
        self, database: Database, provider: KeyProvider, cost: Cost = Cost.STANDARD, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._provider = provider
        clock = clock or SystemClock()
        self.sessions = KeySessions(clock)
        self._dummy = _make_dummy(provider, cost, clock.now())

    def by_passphrase(self, vault_id: VaultId | None, passphrase: str) -> Keyring:
        """The unlocked vault; slow. WrongSecret for a wrong passphrase or None, Tampered, KeysUnavailable."""
        too_long = len(passphrase) > 4 * MAX_CHARACTERS
        # Nobody has so long a one, and its length must not cost us: a part of it is as wrong, on the dummy slot.
        typed, vault_id = (passphrase[:MAX_CHARACTERS], None) if too_long else (passphrase, vault_id)
        stretched: dict[bytes, bytes] = {}

        def secret_of(slot: StoredSlot) -> bytes:
            # A vault's passphrases share their stretching, so several cost, and tell, no more than one.
            if slot.parameters not in stretched:
                parameters = PassphraseParameters.decode(slot.parameters)
                stretched[slot.parameters] = derive_passphrase_secret(self._provider, parameters, typed)
            return stretched[slot.parameters]

        return self._unlock(vault_id, SlotKind.PASSPHRASE, secret_of)

    def by_recovery_code(self, vault_id: VaultId | None, code: str) -> Keyring:
        """The unlocked vault. WrongSecret for a wrong or malformed code or None, Tampered."""
        try:
            secret = parse_recovery_code(code)
        except WrongSecret:
            secret = os.urandom(20)
        return self._unlock(vault_id, SlotKind.RECOVERY_CODE, lambda _slot: secret)

    def by_passkey(self, vault_id: VaultId, slot_id: SlotId, output: bytes) -> Keyring:
        """The vault that the PRF output (32 bytes) of a passkey opens through its own slot. WrongSecret, Tampered."""
        return self._unlock(vault_id, SlotKind.PASSKEY, lambda _slot: output, slot_id)

    def by_trusted_person(self, vault_id: VaultId, slot_id: SlotId, secret: bytes) -> Keyring:
        """The vault that two joined halves open (``join_halves``). WrongSecret, Tampered."""
        return self._unlock(vault_id, SlotKind.TRUSTED, lambda _slot: secret, slot_id)

    def kinds(self, vault_id: VaultId) -> frozenset[SlotKind]:
        """The kinds of the slots that open this vault, as its signed manifest lists them. Tampered, NotFound."""
        with self._database.read() as connection:
            stored = read_keys(connection, vault_id)
        if stored is None:
            raise NotFound
        return frozenset(slot.kind for slot in stored.open_manifest(self._provider).slots)

    def lists(self, vault_id: VaultId, slot_id: SlotId) -> bool:
        """Whether the vault's signed manifest lists this slot. Tampered."""
        with self._database.read() as connection:
            stored = read_keys(connection, vault_id)
        slots = stored.open_manifest(self._provider).slots if stored else ()
        return any(slot.slot_id == slot_id for slot in slots)

    def _unlock(
        self,
        vault_id: VaultId | None,
        kind: SlotKind,
        secret_of: Callable[[StoredSlot], bytes],
        slot_id: SlotId | None = None,
    ) -> Keyring:
        with self._database.read() as connection:
            # The unknown account asks the database too: an answer must not be quicker for it.
            stored = read_keys(connection, vault_id or VaultId(make_id()))
        stored = stored or self._dummy
        manifest = stored.open_manifest(self._provider)
        slots = tuple(slot for slot in stored.slots_of(manifest, kind) if slot_id in (None, slot.slot_id))
        if not slots and kind is SlotKind.PASSPHRASE:  # An account without one isn't told from a wrong guess by time.
            stored, manifest = self._dummy, self._dummy.open_manifest(self._provider)
            slots = stored.slots_of(manifest, kind)
        for slot in slots:
            try:
                keyring = open_slot(stored, manifest, slot, secret_of(slot))
            except WrongSecret:
                continue
            if stored is not self._dummy:
                return keyring
        raise WrongSecret


def _make_dummy(provider: KeyProvider, cost: Cost, now: datetime) -> StoredKeys:
    """A vault in memory whose slots nobody has the secrets of; made without the slow stretching."""
    keyring = Keyring(VaultId(make_id()), 1, Pseudonym(make_id()), VaultKey.make(), PrivateKeyVK.make())
    pepper_id = bytes.fromhex(provider.key_ids()[Purpose.PEPPER])
    parameters = PassphraseParameters(cost, os.urandom(16), pepper_id)
    slots = (
        make_slot(keyring, SlotKind.PASSPHRASE, os.urandom(32), now, parameters.encode()),
        make_slot(keyring, SlotKind.RECOVERY_CODE, os.urandom(20), now),
    )
    rows = make_vault(provider, keyring, "", slots).rows
    manifest = rows["key_manifest"][0]
    stored = tuple(StoredSlot(**{name: row[name] for name in StoredSlot.__slots__}) for row in rows["key_slot"])
    delivery = {row["number"]: row["public_key"] for row in rows["key_ring"]}
    return StoredKeys(keyring.vault_id, manifest["body"], manifest["signature"], manifest["mac"], stored, delivery)

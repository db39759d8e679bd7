"""Making slots, and turning what a person knows into a slot's secret. docs/specs/slot.md.

A passphrase is stretched, then MACed by the operator's pepper: a stolen database alone allows no guess.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Any, Final

from vault.crypto.passphrases import Cost, stretch
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotBinding, SlotKind, wrap_seed
from vault.errors import Tampered
from vault.ids import SlotId, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.manifest import ListedSlot
from vault.keys.provider import KeyProvider, KeysUnavailable, Purpose

_VERSION: Final = 0x01
_LAYOUT = Struct(">BIII16s8s")
# A writer in the database must not make a sign-in cost gigabytes.
_DEAREST: Final = Cost(memory_kib=1_048_576, passes=16, lanes=16)


@dataclass(frozen=True, slots=True)
class PassphraseParameters:
    """How a passphrase is stretched: ``01 | memory KiB u32 | passes u32 | lanes u32 | salt16 | pepper id 8``."""

    cost: Cost
    salt: bytes
    pepper_id: bytes

    def encode(self) -> bytes:
        cost = self.cost
        return _LAYOUT.pack(_VERSION, cost.memory_kib, cost.passes, cost.lanes, self.salt, self.pepper_id)

    @classmethod
    def decode(cls, parameters: bytes) -> PassphraseParameters:
        """Tampered for another layout or a cost that nobody would set."""
        if len(parameters) != _LAYOUT.size:
            raise Tampered
        version, memory_kib, passes, lanes, salt, pepper_id = _LAYOUT.unpack(parameters)
        in_bounds = (
            0 < lanes <= _DEAREST.lanes
            and 0 < passes <= _DEAREST.passes
            and 8 * lanes <= memory_kib <= _DEAREST.memory_kib
        )
        if version != _VERSION or not in_bounds:
            raise Tampered
        return cls(Cost(memory_kib, passes, lanes), salt, pepper_id)


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A ``key_slot`` row and its line in the manifest."""

    row: dict[str, Any]
    listed: ListedSlot


def derive_passphrase_secret(provider: KeyProvider, parameters: PassphraseParameters, passphrase: str) -> bytes:
    """provider.mac("pepper", Argon2id(…)), 32 bytes; slow. KeysUnavailable if its pepper is gone."""
    pepper_id = parameters.pepper_id.hex()
    if pepper_id not in provider.public_keys(Purpose.PEPPER):
        raise KeysUnavailable
    return provider.mac(Purpose.PEPPER, stretch(passphrase, parameters.salt, parameters.cost), pepper_id)


def fresh_parameters(provider: KeyProvider, cost: Cost) -> PassphraseParameters:
    """A salt of its own, and the pepper as it is now."""
    return PassphraseParameters(cost, os.urandom(16), bytes.fromhex(provider.key_ids()[Purpose.PEPPER]))


def make_passphrase_slot(
    provider: KeyProvider,
    cost: Cost,
    keyring: Keyring,
    passphrase: str,
    created_at: datetime,
    *,
    beside: PassphraseParameters | None = None,
) -> NewSlot:
    """A slot with a key pair of its own; slow. ``beside``: the stretching of a passphrase that stays, to share."""
    fresh = fresh_parameters(provider, cost)
    shares = beside is not None and (beside.cost, beside.pepper_id) == (cost, fresh.pepper_id)
    parameters = beside if beside and shares else fresh
    secret = derive_passphrase_secret(provider, parameters, passphrase)
    return make_slot(keyring, SlotKind.PASSPHRASE, secret, created_at, parameters.encode())


def make_slot(
    keyring: Keyring,
    kind: SlotKind,
    secret: bytes,
    created_at: datetime,
    parameters: bytes = b"",
    *,
    slot_id: SlotId | None = None,
) -> NewSlot:
    """A fresh key pair, its seed wrapped under ``secret``, and the vault keys sealed to it."""
    slot_id, seed = slot_id or SlotId(make_id()), Seed.make()
    wrapped = wrap_seed(secret, bind_slot(kind, keyring.vault_id, slot_id, parameters), seed)
    return seal_slot(keyring, slot_id, kind, public_key_of(seed), created_at, parameters=parameters, wrapped=wrapped)


def seal_slot(
    keyring: Keyring,
    slot_id: SlotId,
    kind: SlotKind,
    public_key: bytes,
    created_at: datetime,
    *,
    parameters: bytes = b"",
    wrapped: bytes = b"",
    private: bool = True,
) -> NewSlot:
    """A slot for a key pair; ``wrapped`` is empty if its holder keeps the seed. ``private``: with VK-private."""
    sealed_vault_key, sealed_private_key = keyring.seal_to_slot(slot_id, public_key, private=private)
    row = {
        "vault_id": keyring.vault_id,
        "slot_id": slot_id,
        "kind": int(kind),
        "parameters": parameters,
        "public_key": public_key,
        "wrapped_seed": wrapped,
        "sealed_vault_key": sealed_vault_key,
        "sealed_private_key": sealed_private_key,
        "created_at": created_at,
    }
    return NewSlot(row, list_slot(slot_id, kind, public_key, sealed_vault_key, sealed_private_key))


def bind_slot(kind: SlotKind, vault_id: VaultId, slot_id: SlotId, parameters: bytes) -> SlotBinding:
    """The context of a slot; the pepper id is taken from a passphrase slot's parameters."""
    pepper_id = PassphraseParameters.decode(parameters).pepper_id if kind is SlotKind.PASSPHRASE else b""
    return SlotBinding(kind, vault_id, slot_id, parameters, pepper_id)


def list_slot(slot_id: SlotId, kind: SlotKind, public_key: bytes, vault_key: bytes, private_key: bytes) -> ListedSlot:
    """The manifest line of these stored columns."""
    digests = (hashlib.sha256(column).digest() for column in (public_key, vault_key, private_key))
    return ListedSlot(slot_id, kind, *digests)

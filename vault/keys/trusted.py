"""A way back in two halves: one sealed to a trusted person, one under the server's keys. docs/specs/trusted-person.md.

Neither half opens anything. When the server adds its own is decided elsewhere, after days in which the citizen can
say no.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac, derive_pair
from vault.crypto.sealing import open_sealed, public_key_of, seal_to
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind, WrongSecret
from vault.errors import Tampered
from vault.ids import SlotId, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.recovery_code import format_recovery_code, parse_recovery_code
from vault.keys.slots import NewSlot, make_slot

HALF_BYTES: Final = 32
_VERSION: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class TrustedSlot:
    """A new slot and the row of its two halves, ``key_trusted``, without what the caller adds."""

    slot: NewSlot
    halves: dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """Who asks keeps ``code``; the server keeps ``public_key``."""

    code: str
    public_key: bytes


def make_trusted_slot(
    provider: KeyProvider, keyring: Keyring, public_key: bytes, wait_days: int, created_at: datetime
) -> TrustedSlot:
    """A slot whose secret is two halves, the one sealed to a trusted person's proven key. Tampered if it is no key."""
    slot_id, person, server = SlotId(make_id()), os.urandom(HALF_BYTES), os.urandom(HALF_BYTES)
    info = _half_info(keyring.vault_id, slot_id)
    context = server_half_context(keyring.vault_id, slot_id, wait_days)
    parameters = _VERSION + hashlib.sha256(public_key).digest()
    secret = _secret(keyring.vault_id, slot_id, person, server)
    slot = make_slot(keyring, SlotKind.TRUSTED, secret, created_at, parameters, slot_id=slot_id)
    halves = {
        "vault_id": keyring.vault_id,
        "slot_id": slot_id,
        "sealed_half": seal_to(public_key, info, person),
        "wrapped_half": provider.wrap(Purpose.VAULT_KEYS, server, context),
        "wait_days": wait_days,
    }
    return TrustedSlot(slot, halves)


def make_ask(vault_id: VaultId, slot_id: SlotId) -> Ask:
    """For who lost every way in."""
    code = os.urandom(20)
    return Ask(format_recovery_code(code), public_key_of(_ask_seed(vault_id, slot_id, code)))


def check_digits(vault_id: VaultId, slot_id: SlotId, public_key: bytes) -> str:
    """Six digits that two people compare: another key shows others."""
    said = hashlib.sha256(ctx("ask-digits/1", vault_id, slot_id, public_key)).digest()
    return f"{int.from_bytes(said[:8], 'big') % 1_000_000:06d}"


def hand_half(seed: Seed, vault_id: VaultId, slot_id: SlotId, sealed_half: bytes, ask_key: bytes) -> bytes:
    """The trusted person's half, from their own key to that of who asks. Tampered if it was sealed for another."""
    half = open_sealed(seed, _half_info(vault_id, slot_id), sealed_half)
    return seal_to(ask_key, ctx("handed-half/1", vault_id, slot_id), half)


def join_halves(
    provider: KeyProvider,
    vault_id: VaultId,
    slot_id: SlotId,
    code: str,
    *,
    handed: bytes,
    wrapped_half: bytes,
    wait_days: int,
) -> bytes:
    """The slot's secret, 32 bytes. WrongSecret for a malformed code, Tampered for another ask's, or another half."""
    seed = _ask_seed(vault_id, slot_id, parse_recovery_code(code))
    person = open_sealed(seed, ctx("handed-half/1", vault_id, slot_id), handed)
    server = provider.unwrap(Purpose.VAULT_KEYS, wrapped_half, server_half_context(vault_id, slot_id, wait_days))
    if len(person) != HALF_BYTES or len(server) != HALF_BYTES:
        raise Tampered
    return _secret(vault_id, slot_id, person, server)


def is_own_ask(vault_id: VaultId, slot_id: SlotId, code: str, public_key: bytes) -> bool:
    """Whether this code belongs to this ask; False for a malformed one."""
    try:
        return hmac.compare_digest(public_key_of(_ask_seed(vault_id, slot_id, parse_recovery_code(code))), public_key)
    except WrongSecret:
        return False


def is_for(parameters: bytes, public_key: bytes) -> bool:
    """Whether a slot's parameters name this trusted person's key."""
    return hmac.compare_digest(parameters, _VERSION + hashlib.sha256(public_key).digest())


def _secret(vault_id: VaultId, slot_id: SlotId, person: bytes, server: bytes) -> bytes:
    return derive_mac(server, ctx("trusted-secret/1", vault_id, slot_id, person))


def _ask_seed(vault_id: VaultId, slot_id: SlotId, code: bytes) -> Seed:
    return Seed(derive_pair(code, b"", ctx("ask/1", vault_id, slot_id))[0])


def server_half_context(vault_id: VaultId, slot_id: SlotId, wait_days: int) -> bytes:
    """What the server's half is bound to under its own keys."""
    return ctx("server-half/1", vault_id, slot_id, wait_days)


def _half_info(vault_id: VaultId, slot_id: SlotId) -> bytes:
    return ctx("trusted-half/1", vault_id, slot_id)

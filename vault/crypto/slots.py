"""Slots: a small secret wrapped under a high-entropy one, committing to its key. docs/specs/slot.md.

``salt32 | commitment32 | AES-256-GCM``: HKDF of the secret over a fresh salt gives a single-use key and a
commitment, which is compared before anything is decrypted. So no ciphertext opens under two secrets, and
one slot never answers for another: suite, type, vault, slot, parameters and pepper are in the context.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_pair
from vault.crypto.secret import Seed
from vault.errors import Tampered, VaultError

SUITE = 0x01
_SALT_AND_COMMITMENT = 64
_TAG_BYTES = 16
# The salt makes each key single-use, so the nonce may stand still.
_SINGLE_USE_NONCE = bytes(12)


class SlotKind(IntEnum):
    """The type byte of a slot."""

    PASSPHRASE = 1
    RECOVERY_CODE = 2
    PASSKEY = 3
    CARER = 4
    TRUSTED = 5


class WrongSecret(VaultError):
    """This secret doesn't open this slot; nor does an account exist for an unknown one: the same answer."""

    code = "wrong-credentials"
    advice = "The e-mail address, the passphrase or the code is not right."


@dataclass(frozen=True, slots=True)
class SlotBinding:
    """What a slot belongs to. ``parameters`` and ``pepper_id`` are empty where a kind has none."""

    kind: SlotKind
    vault_id: bytes
    slot_id: bytes
    parameters: bytes = b""
    pepper_id: bytes = b""

    def context(self) -> bytes:
        """HKDF info and AAD of the slot's wrap."""
        head = bytes((SUITE,)), bytes((self.kind,))
        return ctx("slot/1", *head, self.vault_id, self.slot_id, self.parameters, self.pepper_id)


def wrap_seed(secret: bytes, binding: SlotBinding, seed: Seed) -> bytes:
    """``suite | type | salt32 | commitment32 | ciphertext48``, 114 bytes."""
    return bytes((SUITE, binding.kind)) + wrap_committed(secret, binding.context(), seed.raw)


def unwrap_seed(secret: bytes, binding: SlotBinding, wrapped: bytes) -> Seed:
    """The seed; WrongSecret for another secret or slot, Tampered if this is no slot of this kind."""
    if len(wrapped) != 2 + _SALT_AND_COMMITMENT + 32 + _TAG_BYTES or wrapped[:2] != bytes((SUITE, binding.kind)):
        raise Tampered
    return Seed(unwrap_committed(secret, binding.context(), wrapped[2:]))


def wrap_committed(secret: bytes, context: bytes, data: bytes) -> bytes:
    """``salt32 | commitment32 | ciphertext``; ``secret`` has at least 128 bits that nobody can guess."""
    salt = os.urandom(32)
    key, commitment = derive_pair(secret, salt, context)
    return salt + commitment + AESGCM(key).encrypt(_SINGLE_USE_NONCE, data, context)


def unwrap_committed(secret: bytes, context: bytes, wrapped: bytes) -> bytes:
    """The data; WrongSecret if the commitment is to another key, Tampered if only the rest was changed."""
    if len(wrapped) < _SALT_AND_COMMITMENT + _TAG_BYTES:
        raise Tampered
    key, commitment = derive_pair(secret, wrapped[:32], context)
    if not hmac.compare_digest(commitment, wrapped[32:64]):
        raise WrongSecret
    try:
        return AESGCM(key).decrypt(_SINGLE_USE_NONCE, wrapped[64:], context)
    except InvalidTag:
        raise Tampered from None

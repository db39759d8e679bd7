"""Slots commit to their key and to what they belong to."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vault.crypto.salamander import NONCE, make_salamander
from vault.crypto.derivation import derive_pair
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotBinding, SlotKind, WrongSecret, unwrap_committed, unwrap_seed, wrap_seed
from vault.errors import Tampered

BINDING = SlotBinding(SlotKind.RECOVERY_CODE, b"v" * 16, b"s" * 16)


def test_a_slot_opens_under_its_secret_only() -> None:
    seed, secret = Seed.make(), os.urandom(20)
    wrapped = wrap_seed(secret, BINDING, seed)
    assert len(wrapped) == 114
    assert unwrap_seed(secret, BINDING, wrapped) == seed
    with pytest.raises(WrongSecret):
        unwrap_seed(os.urandom(20), BINDING, wrapped)


@pytest.mark.parametrize(
    "other",
    [
        replace(BINDING, vault_id=b"w" * 16),
        replace(BINDING, slot_id=b"t" * 16),
        replace(BINDING, parameters=b"x"),
        replace(BINDING, pepper_id=b"x"),
    ],
)
def test_a_slot_answers_for_no_other(other: SlotBinding) -> None:
    secret = os.urandom(20)
    with pytest.raises(WrongSecret):
        unwrap_seed(secret, other, wrap_seed(secret, BINDING, Seed.make()))


@pytest.mark.parametrize("kind", [kind for kind in SlotKind if kind is not BINDING.kind])
def test_a_slot_of_one_type_replayed_as_another_is_refused(kind: SlotKind) -> None:
    secret, other = os.urandom(20), replace(BINDING, kind=kind)
    wrapped = wrap_seed(secret, BINDING, Seed.make())
    with pytest.raises(Tampered):
        unwrap_seed(secret, other, wrapped)
    with pytest.raises(WrongSecret):
        unwrap_seed(secret, other, wrapped[:1] + bytes([kind]) + wrapped[2:])


def test_two_wraps_under_one_secret_share_no_key() -> None:
    secret, seed = os.urandom(20), Seed.make()
    first, second = wrap_seed(secret, BINDING, seed), wrap_seed(secret, BINDING, seed)
    assert first[2:34] != second[2:34]
    assert first[34:66] != second[34:66]
    assert first[66:] != second[66:]


def test_a_ciphertext_that_opens_under_two_keys_is_refused_by_the_commitment() -> None:
    salt, context = os.urandom(32), b"context"
    secrets = os.urandom(32), os.urandom(32)
    pairs = [derive_pair(secret, salt, context) for secret in secrets]
    salamander = make_salamander(pairs[0][0], pairs[1][0])
    opened = [AESGCM(key).decrypt(NONCE, salamander, None) for key, _ in pairs]
    assert opened[0] != opened[1]  # The attack is real: AES-GCM alone accepts both.
    with pytest.raises(WrongSecret):
        unwrap_committed(secrets[1], context, salt + pairs[0][1] + salamander)

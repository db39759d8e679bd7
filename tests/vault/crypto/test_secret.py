"""Secrets don't leak through the usual holes."""

from __future__ import annotations

import copy
import pickle

import pytest

from vault.crypto.secret import Root, Secret, Seed, VaultKey


def test_a_secret_shows_its_kind_and_nothing_else() -> None:
    assert repr(VaultKey.make()) == "<VaultKey>"
    assert f"{[VaultKey.make()]}" == "[<VaultKey>]"


@pytest.mark.parametrize("use", [str, bytes, pickle.dumps, copy.copy, copy.deepcopy, format, hash, "{}".format])
def test_a_secret_is_not_text_pickled_copied_or_hashed(use: object) -> None:
    with pytest.raises(TypeError):
        use(VaultKey.make())  # type: ignore[operator]


def test_secrets_are_equal_only_within_their_kind() -> None:
    assert VaultKey(b"k" * 32) == VaultKey(b"k" * 32)
    assert VaultKey(b"k" * 32) != VaultKey(b"l" * 32)
    assert VaultKey(b"k" * 32) != Seed(b"k" * 32)


def test_a_secret_has_32_bytes_and_does_not_change() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Secret(b"short")
    key = Root.make()
    with pytest.raises(AttributeError):
        key._raw = bytes(32)
    assert not hasattr(key, "__dict__")

"""Commitments hide and bind; private parts belong to one entry."""

from __future__ import annotations

import pytest

from vault.crypto.commitments import commit, open_part, seal_part
from vault.crypto.context import ctx
from vault.crypto.secret import AccountKey, LogKey
from vault.errors import Tampered

VAULT, ENTRY = b"v" * 16, b"e" * 16


def test_a_commitment_depends_on_tag_nonce_and_bytes() -> None:
    found = {commit("a/1", b"n" * 32, b"x"), commit("b/1", b"n" * 32, b"x"), commit("a/1", b"m" * 32, b"x")}
    assert len(found | {commit("a/1", b"n" * 32, b"y")}) == 4


def test_a_commitment_takes_no_short_nonce() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit("a/1", b"n" * 31, b"nx")


def test_a_part_opens_as_its_own_entry_only_and_hides_its_length() -> None:
    key = LogKey.make()
    sealed = seal_part(key, "leaf-subject/1", VAULT, ENTRY, b"titles")
    assert open_part(key, "leaf-subject/1", VAULT, ENTRY, sealed) == b"titles"
    assert len(sealed) == 256 + 28
    for other, label, vault_id, entry_id in (
        (AccountKey.make(), "leaf-subject/1", VAULT, ENTRY),
        (key, "leaf-account/1", VAULT, ENTRY),
        (key, "leaf-subject/1", b"w" * 16, ENTRY),
        (key, "leaf-subject/1", VAULT, b"f" * 16),
    ):
        with pytest.raises(Tampered):
            open_part(other, label, vault_id, entry_id, sealed)


def test_contexts_refuse_what_they_cannot_say() -> None:
    for part in (-1, 2**64, b"x" * 65_536):
        with pytest.raises(ValueError, match="context"):
            ctx("a/1", part)

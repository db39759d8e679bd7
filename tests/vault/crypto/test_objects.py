"""Sealed objects: what is bound, what is hidden, what is refused."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key
from vault.crypto.objects import (
    RecordHeader,
    derive_object_key,
    nonce_of,
    open_record,
    open_segment,
    seal_record,
    seal_segment,
)
from vault.crypto.padding import pad, unpad
from vault.crypto.secret import Root
from vault.errors import Tampered

VAULT, OBJECT, ROOT_ID = b"v" * 16, b"o" * 16, b"r" * 16
HEADER = RecordHeader(VAULT, OBJECT, 1, ROOT_ID, "observation", b"typed")


def test_object_key_is_hkdf_expand_over_the_stated_context() -> None:
    root = Root.make()
    key = derive_object_key(root, VAULT, OBJECT, 7)
    assert key == derive_key(root.raw, ctx("obj/1", VAULT, OBJECT, 7))
    assert key == hmac.digest(root.raw, ctx("obj/1", VAULT, OBJECT, 7) + b"\1", hashlib.sha256)


def test_the_context_of_a_record_is_the_stated_one() -> None:
    assert HEADER.context() == ctx("record/1", b"\1", VAULT, OBJECT, 1, ROOT_ID, "observation", b"typed")


@given(st.binary(max_size=3000))
def test_a_record_opens_to_the_bytes_that_were_sealed(data: bytes) -> None:
    root = Root.make()
    sealed = seal_record(root, HEADER, data)
    assert open_record(root, HEADER, sealed) == data
    assert (len(sealed) - 28) % 1024 == 0


def test_two_sealings_of_one_version_have_different_nonces() -> None:
    root = Root.make()
    assert nonce_of(seal_record(root, HEADER, b"x")) != nonce_of(seal_record(root, HEADER, b"x"))


@pytest.mark.parametrize(
    "other",
    [
        replace(HEADER, vault_id=b"w" * 16),
        replace(HEADER, object_id=b"p" * 16),
        replace(HEADER, version=2),
        replace(HEADER, root_id=b"s" * 16),
        replace(HEADER, kind="document"),
        replace(HEADER, source=b"lab"),
        replace(HEADER, kind="observationt", source=b"yped"),
    ],
)
def test_a_record_opens_under_no_other_header(other: RecordHeader) -> None:
    root = Root.make()
    with pytest.raises(Tampered):
        open_record(root, other, seal_record(root, HEADER, b"0.80 mmol/L"))


def test_a_record_opens_under_no_other_root() -> None:
    with pytest.raises(Tampered):
        open_record(Root.make(), HEADER, seal_record(Root.make(), HEADER, b"x"))


def test_every_changed_or_missing_byte_is_refused() -> None:
    root = Root.make()
    sealed = seal_record(root, HEADER, b"x", step=16)
    for at in range(len(sealed)):
        broken = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        for wrong in (broken, sealed[:at]):
            with pytest.raises(Tampered):
                open_record(root, HEADER, wrong)


def test_a_segment_never_opens_as_a_record_or_another_version() -> None:
    root = Root.make()
    sealed = seal_segment(root, VAULT, OBJECT, 3, ROOT_ID, b"[]")
    assert open_segment(root, VAULT, OBJECT, 3, ROOT_ID, sealed) == b"[]"
    assert len(sealed) == 16_384 + 28
    with pytest.raises(Tampered):
        open_segment(root, VAULT, OBJECT, 4, ROOT_ID, sealed)
    with pytest.raises(Tampered):
        open_record(root, replace(HEADER, version=3), sealed)


@given(st.binary(max_size=600), st.integers(1, 300))
def test_padding_comes_off_exactly(data: bytes, step: int) -> None:
    padded = pad(data, step)
    assert len(padded) % step == 0
    assert 0 < len(padded) - len(data) <= step
    assert unpad(padded) == data


@pytest.mark.parametrize("wrong", [b"", b"\0", b"\0" * 32, b"abc", b"abc\x81\0", b"abc\x80\0\1"])
def test_padding_of_any_other_shape_is_refused(wrong: bytes) -> None:
    with pytest.raises(Tampered):
        unpad(wrong)

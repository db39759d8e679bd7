"""A run is nothing but many single records."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.objects import RecordHeader, open_record, seal_record
from vault.crypto.runs import RecordRun
from vault.crypto.secret import Root
from vault.errors import Tampered

ids = st.binary(min_size=16, max_size=16)


@given(
    ids,
    ids,
    ids,
    st.integers(0, 2**64 - 1),
    st.sampled_from(["observation", "other"]),
    st.binary(max_size=40),
    st.binary(),
)
def test_a_run_opens_what_a_single_call_sealed_and_the_other_way_round(  # noqa: PLR0917
    vault_id: bytes, object_id: bytes, root_id: bytes, version: int, kind: str, source: bytes, data: bytes
) -> None:
    root = Root.make()
    header = RecordHeader(vault_id, object_id, version, root_id, kind, source)
    run = RecordRun(root, vault_id, root_id, kind, source)
    assert run.open(object_id, version, seal_record(root, header, data)) == data
    assert open_record(root, header, run.seal(object_id, version, data)) == data


@pytest.mark.parametrize("part", ["root", "vault", "object", "version", "kind", "source", "byte"])
def test_a_run_refuses_what_belongs_elsewhere(part: str) -> None:
    root, vault_id, object_id, root_id = Root.make(), os.urandom(16), os.urandom(16), os.urandom(16)
    sealed = RecordRun(root, vault_id, root_id, "observation", b"typed").seal(object_id, 1, b"0.80")
    if part == "byte":
        sealed = sealed[:-1] + bytes((sealed[-1] ^ 1,))
    other = RecordRun(
        root,
        os.urandom(16) if part == "vault" else vault_id,
        os.urandom(16) if part == "root" else root_id,
        "document" if part == "kind" else "observation",
        b"other" if part == "source" else b"typed",
    )
    with pytest.raises(Tampered):
        other.open(os.urandom(16) if part == "object" else object_id, 2 if part == "version" else 1, sealed)


def test_a_run_refuses_a_truncated_record_and_an_id_of_another_length() -> None:
    run = RecordRun(Root.make(), bytes(16), bytes(16), "observation", b"")
    with pytest.raises(Tampered):
        run.open(bytes(16), 1, b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        run.open(bytes(15), 1, bytes(100))

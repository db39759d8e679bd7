"""Leaves are for ever: exact bytes, strict reading, and commitments that hide. docs/specs/leaf.md."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.audit.events import Event, Outcome, Role
from vault.audit.leaf import (
    ACCOUNT_TAG,
    SUBJECT_TAG,
    Leaf,
    MalformedLeaf,
    decode_leaf,
    derive_grant_digest,
    derive_leaf_hash,
    derive_set_digest,
    encode_leaf,
)
from vault.crypto.commitments import commit, open_part
from vault.crypto.secret import AccountKey, LogKey
from vault.ids import EntryId, GrantId, Pseudonym

VECTORS = Path(__file__).parents[2] / "vectors"
GOOD = json.loads((VECTORS / "leaf.json").read_text("utf-8"))
FAULTS = json.loads((VECTORS / "leaf-faults.json").read_text("utf-8"))["faults"]
SAMPLE = Leaf(EntryId(b"e" * 16), 1, Pseudonym(b"s" * 16), Pseudonym(b"a" * 16), "citizen", "view", "done")


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def leaf_of(fields: dict[str, Any]) -> Leaf:
    texts = ("role", "event", "outcome", "reason")
    return Leaf(**{k: bytes.fromhex(v) if isinstance(v, str) and k not in texts else v for k, v in fields.items()})


@pytest.mark.parametrize("vector", GOOD["leaves"], ids=named)
def test_a_leaf_has_exactly_the_published_bytes_and_hash(vector: dict[str, Any]) -> None:
    stored = bytes.fromhex(vector["leaf"])
    assert encode_leaf(leaf_of(vector["fields"])) == stored
    assert decode_leaf(stored) == leaf_of(vector["fields"])
    assert derive_leaf_hash(stored).hex() == vector["leaf_hash"]


@pytest.mark.parametrize("vector", FAULTS, ids=named)
def test_a_leaf_with_one_fault_is_refused_by_its_name(vector: dict[str, Any]) -> None:
    with pytest.raises(MalformedLeaf) as refused:
        decode_leaf(bytes.fromhex(vector["leaf"]))
    assert refused.value.fault == vector["fault"]


@pytest.mark.parametrize("vector", GOOD["parts"], ids=lambda vector: str(vector["tag"]))
def test_a_private_part_opens_and_matches_its_commitment(vector: dict[str, Any]) -> None:
    raw = {k: bytes.fromhex(v) for k, v in vector.items() if k not in ("tag", "canonical")}
    key = (LogKey if vector["tag"] == SUBJECT_TAG else AccountKey)(raw["key"])
    canonical = vector["canonical"].encode()
    assert vector["tag"] in (SUBJECT_TAG, ACCOUNT_TAG)
    assert commit(vector["tag"], raw["nonce"], canonical) == raw["commitment"]
    assert open_part(key, vector["tag"], raw["vault_id"], raw["entry_id"], raw["sealed"]) == raw["nonce"] + canonical


@pytest.mark.parametrize("vector", GOOD["sets"])
def test_a_set_has_the_published_digest_in_any_order(vector: dict[str, Any]) -> None:
    members = [(bytes.fromhex(item_id), version) for item_id, version in vector["members"]]
    assert derive_set_digest(members).hex() == vector["digest"]
    assert derive_set_digest([*reversed(members), *members]).hex() == vector["digest"]


@pytest.mark.parametrize("vector", GOOD["grants"])
def test_a_grant_version_has_the_published_digest(vector: dict[str, Any]) -> None:
    grant = {k: bytes.fromhex(v) if k in ("grant_id", "set_digest") else v for k, v in vector.items() if k != "digest"}
    assert derive_grant_digest(**grant).hex() == vector["digest"]


CODES = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,7}){0,3}", fullmatch=True)
IDS = st.binary(min_size=16, max_size=16).filter(any)
DIGESTS = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, (1 << 63) - 1)
LEAVES = st.builds(
    Leaf,
    entry_id=IDS.map(EntryId),
    at=NUMBERS,
    subject=IDS.map(Pseudonym),
    actor=st.binary(min_size=16, max_size=16).map(Pseudonym),
    role=CODES,
    event=st.sampled_from(Event),
    outcome=st.sampled_from(Outcome),
    reason=st.one_of(st.just(""), CODES),
    grant_id=IDS.map(GrantId),
    grant_version=NUMBERS,
    count=NUMBERS,
    digest=DIGESTS,
    subject_commitment=DIGESTS,
    account_commitment=DIGESTS,
)


@given(LEAVES)
def test_every_leaf_comes_back_as_it_was(leaf: Leaf) -> None:
    assert decode_leaf(encode_leaf(leaf)) == leaf


@given(LEAVES, st.data())
def test_bytes_that_are_read_are_the_only_bytes_for_what_they_say(leaf: Leaf, data: st.DataObject) -> None:
    stored = bytearray(encode_leaf(leaf))
    position = data.draw(st.integers(0, len(stored) * 8 - 1))
    stored[position // 8] ^= 1 << position % 8
    try:
        changed = decode_leaf(bytes(stored))
    except MalformedLeaf:
        return
    assert changed != leaf
    assert encode_leaf(changed) == bytes(stored)


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "Magnesium 0.8"},
        {"reason": "Äther"},
        {"role": ""},
        {"event": "x" * 33},
        {"count": -1},
        {"count": 1 << 63},
        {"grant_version": 1},
        {"actor": b"short"},
        {"digest": b"short"},
        {"entry_id": bytes(16)},
        {"subject": bytes(16)},
    ],
)
def test_text_and_impossible_values_never_become_a_leaf(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^leaf: "):
        encode_leaf(replace(SAMPLE, **change))


def test_a_leaf_has_neither_index_nor_sequence() -> None:
    assert set(asdict(SAMPLE)).isdisjoint({"index", "position", "sequence", "previous"})


def test_every_event_outcome_and_role_is_in_the_specification() -> None:
    spec = (Path(__file__).parents[3] / "docs/specs/leaf.md").read_text("utf-8")
    for word in (*Event, *Outcome, *Role):
        assert f"`{word}`" in spec
        assert encode_leaf(replace(SAMPLE, event=word))

"""Known answers: every byte format of the specifications, pinned; every faulty vector has one fault and one answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac
from vault.crypto.objects import RecordHeader, derive_object_key, open_record
from vault.crypto.passphrases import Cost, stretch
from vault.crypto.sealing import open_sealed, public_key_of
from vault.crypto.secret import PrivateKeyVK, Root, Seed, SessionSecret, VaultKey
from vault.crypto.signatures import verify
from vault.crypto.slots import SlotBinding, SlotKind, unwrap_committed, unwrap_seed
from vault.crypto.tokens import make_token, parse_token
from vault.errors import Tampered, VaultError
from vault.ids import Pseudonym, SessionId, VaultId
from vault.keys.keyring import Keyring, session_context
from vault.keys.manifest import decode, encode, header_of
from vault.keys.recovery_code import format_recovery_code, parse_recovery_code
from vault.keys.slots import PassphraseParameters

VECTORS = Path(__file__).parents[2] / "vectors"
raw = bytes.fromhex


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


ENVELOPE, SLOT, ROOT, MANIFEST = load("envelope"), load("slot"), load("root"), load("key-manifest")


def names(faults: list[dict[str, str]]) -> list[str]:
    return [fault["name"] for fault in faults]


def keyring_of(vector: dict[str, Any]) -> Keyring:
    vault_id = VaultId(raw(vector["vault_id"]))
    return Keyring(vault_id, 1, Pseudonym(b"p" * 16), VaultKey(raw(vector["vault_key"])), PrivateKeyVK.make())


@pytest.mark.parametrize("vector", ENVELOPE["contexts"], ids=lambda vector: vector["encoded"][-24:])
def test_contexts_encode_as_pinned(vector: dict[str, Any]) -> None:
    parts = [raw(part["bytes"]) if isinstance(part, dict) else part for part in vector["parts"]]
    assert ctx(vector["label"], *parts) == raw(vector["encoded"])


def test_the_object_key_derives_as_pinned() -> None:
    vector = ENVELOPE["object_key"]
    key = derive_object_key(
        Root(raw(vector["root"])), raw(vector["vault_id"]), raw(vector["object_id"]), vector["version"]
    )
    assert key == raw(vector["key"])


def record_header(vector: dict[str, Any]) -> RecordHeader:
    ids = (raw(vector[name]) for name in ("vault_id", "object_id"))
    return RecordHeader(*ids, vector["version"], raw(vector["root_id"]), vector["kind"], raw(vector["source"]))


def test_the_pinned_record_opens() -> None:
    vector = ENVELOPE["record"]
    header = record_header(vector)
    assert header.context() == raw(vector["aad"])
    assert open_record(Root(raw(vector["root"])), header, raw(vector["sealed"])) == raw(vector["data"])


@pytest.mark.parametrize("fault", ENVELOPE["record"]["tampered"], ids=names(ENVELOPE["record"]["tampered"]))
def test_a_faulty_record_is_refused(fault: dict[str, str]) -> None:
    vector = ENVELOPE["record"]
    with pytest.raises(Tampered):
        open_record(Root(raw(vector["root"])), record_header(vector), raw(fault["sealed"]))


def test_the_segments_context_is_as_pinned() -> None:
    vector = ENVELOPE["segment"]
    ids = raw(vector["vault_id"]), raw(vector["segment_id"])
    assert ctx("segment/1", b"\1", *ids, vector["version"], raw(vector["root_id"])) == raw(vector["aad"])


def test_the_pinned_wrap_opens() -> None:
    vector = ENVELOPE["wrap"]
    unwrapped = keyring_of(vector).unwrap(vector["label"], raw(vector["object_id"]), raw(vector["wrapped"]))
    assert unwrapped == raw(vector["secret"])


@pytest.mark.parametrize("fault", ENVELOPE["wrap"]["tampered"], ids=names(ENVELOPE["wrap"]["tampered"]))
def test_a_faulty_wrap_is_refused(fault: dict[str, str]) -> None:
    vector = ENVELOPE["wrap"]
    with pytest.raises(Tampered):
        keyring_of(vector).unwrap(vector["label"], raw(vector["object_id"]), raw(fault["sealed"]))


def test_keyed_tags_are_as_pinned() -> None:
    vector = ENVELOPE["tags"]
    keyring = keyring_of(vector)
    assert keyring.duplicate_tag(raw(vector["canonical"])) == raw(vector["duplicate_tag"])
    term = keyring.fresh_term(raw(vector["fresh_object"]), vector["fresh_version"], raw(vector["fresh_nonce"]))
    assert term == int(vector["fresh_term"], 16)


def test_a_passphrase_becomes_the_pinned_secret() -> None:
    vector = SLOT["passphrase"]
    cost = Cost(vector["memory_kib"], vector["passes"], vector["lanes"])
    stretched = stretch(vector["typed"], raw(vector["salt"]), cost)
    assert stretched == raw(vector["stretched"])
    assert derive_mac(raw(vector["pepper"]), stretched) == raw(vector["secret"])
    assert PassphraseParameters(cost, raw(vector["salt"]), b"pepperid").encode() == raw(vector["parameters"])


def binding_of(vector: dict[str, Any]) -> SlotBinding:
    ids = raw(vector["vault_id"]), raw(vector["slot_id"])
    return SlotBinding(SlotKind(vector["type"]), *ids, raw(vector["parameters"]), raw(vector["pepper_id"]))


@pytest.mark.parametrize("vector", SLOT["slots"], ids=names(SLOT["slots"]))
def test_a_pinned_slot_opens_to_its_seed(vector: dict[str, Any]) -> None:
    binding = binding_of(vector)
    assert binding.context() == raw(vector["info"])
    assert unwrap_seed(raw(vector["secret"]), binding, raw(vector["wrapped"])) == Seed(raw(vector["seed"]))


@pytest.mark.parametrize(
    ("vector", "fault"),
    [
        pytest.param(slot, fault, id=f"{slot['name']}: {fault['name']}")
        for slot in SLOT["slots"]
        for fault in slot["faults"]
    ],
)
def test_a_faulty_slot_is_refused(vector: dict[str, Any], fault: dict[str, str]) -> None:
    with pytest.raises(VaultError) as refused:
        unwrap_seed(raw(vector["secret"]), binding_of(vector), raw(fault["wrapped"]))
    assert refused.value.code == fault["code"]


def test_the_recovery_code_is_spelt_as_pinned() -> None:
    vector = SLOT["recovery_code"]
    assert format_recovery_code(raw(vector["secret"])) == vector["code"]
    assert parse_recovery_code(vector["code"]) == raw(vector["secret"])


def test_the_pinned_session_opens() -> None:
    vector = SLOT["session"]
    parts = VaultId(raw(vector["vault_id"])), SessionId(raw(vector["session_id"])), SessionSecret(raw(vector["secret"]))
    assert make_token(*parts) == vector["token"]
    assert parse_token(vector["token"]) == parts
    wrapped = raw(vector["wrapped"])
    assert wrapped[0] == 1
    opened = unwrap_committed(
        raw(vector["secret"]), session_context(parts[0], parts[1], vector["generation"]), wrapped[1:]
    )
    assert opened == raw(vector["vault_key"]) + raw(vector["private_key"])


def test_the_published_x_wing_seed_gives_the_published_public_key() -> None:
    vector = ROOT["x_wing"]
    public_key = public_key_of(Seed(raw(vector["seed"])))
    assert public_key.startswith(raw(vector["public_key_start"]))
    assert hashlib.sha256(public_key).digest() == raw(vector["public_key_sha256"])


def test_the_pinned_delivery_opens() -> None:
    vector = ROOT["delivery"]
    seed, info = (
        Seed(raw(vector["seed"])),
        ctx("root/1", raw(vector["vault_id"]), raw(vector["root_id"]), vector["epoch"]),
    )
    assert public_key_of(seed) == raw(vector["public_key"])
    assert info == raw(vector["info"])
    assert open_sealed(seed, info, raw(vector["sealed"])) == raw(vector["root"])


@pytest.mark.parametrize("fault", ROOT["delivery"]["tampered"], ids=names(ROOT["delivery"]["tampered"]))
def test_a_faulty_delivery_is_refused(fault: dict[str, str]) -> None:
    vector = ROOT["delivery"]
    with pytest.raises(Tampered):
        open_sealed(Seed(raw(vector["seed"])), raw(vector["info"]), raw(fault["sealed"]))


def test_the_pinned_manifest_reads_signs_and_macs() -> None:
    vector = MANIFEST["manifest"]
    body = raw(vector["body"])
    manifest = decode(body)
    assert encode(manifest) == body
    for name in ("serial", "generation", "delivery_epoch"):
        assert getattr(manifest, name) == vector[name]
    for name in ("vault_id", "delivery_key_digest", "pseudonym"):
        assert getattr(manifest, name) == raw(vector[name])
    for slot, listed in zip(manifest.slots, vector["slots"], strict=True):
        assert (slot.slot_id, slot.kind) == (raw(listed["slot_id"]), listed["type"])
        for name in ("public_key_digest", "vault_key_digest", "private_key_digest"):
            assert getattr(slot, name) == raw(listed[name])
    verify(raw(vector["public_key"]), raw(vector["signature"]), body)
    keyring_of(vector).check_manifest(body, raw(vector["mac"]))
    assert header_of(manifest.vault_id, 5, body) == (manifest.vault_id, 5, raw(vector["nonce"]))


@pytest.mark.parametrize("fault", MANIFEST["tampered"], ids=names(MANIFEST["tampered"]))
def test_a_faulty_manifest_is_refused(fault: dict[str, str]) -> None:
    with pytest.raises(Tampered):
        decode(raw(fault["body"]))

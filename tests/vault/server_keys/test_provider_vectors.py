"""The server's own keys derive, wrap and sign as docs/specs/key-provider.md says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.key_stores import pinned_provider
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.keys.provider import Purpose
from vault.server_keys.files import FileKeyProvider

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors/key-provider.json").read_text("utf-8"))
WRAPPED = VECTORS["wrapped"]


@pytest.fixture
def pinned(tmp_path: Path) -> FileKeyProvider:
    return pinned_provider(tmp_path / "keys")


def test_every_purpose_has_the_pinned_key_of_its_own(pinned: FileKeyProvider) -> None:
    assert pinned.key_ids() == VECTORS["key_ids"]
    assert len(set(VECTORS["key_ids"].values())) == len(Purpose)


def test_macs_and_signatures_are_the_pinned_ones(pinned: FileKeyProvider) -> None:
    mac, signed = VECTORS["mac"], VECTORS["signature"]
    data = bytes.fromhex(signed["data"])
    assert pinned.mac(mac["purpose"], bytes.fromhex(mac["data"])).hex() == mac["mac"]
    assert pinned.public_key(signed["purpose"]).hex() == signed["public_key"]
    assert pinned.sign(signed["purpose"], data).hex() == signed["signature"]
    verify(bytes.fromhex(signed["public_key"]), bytes.fromhex(signed["signature"]), data)


def test_the_pinned_wrap_opens_in_its_context_only(pinned: FileKeyProvider) -> None:
    wrapped, context = bytes.fromhex(WRAPPED["wrapped"]), bytes.fromhex(WRAPPED["context"])
    assert pinned.unwrap(WRAPPED["purpose"], wrapped, context).hex() == WRAPPED["data"]
    for purpose, other in ((Purpose.PEPPER, context), (WRAPPED["purpose"], context + b"\0")):
        with pytest.raises(Tampered):
            pinned.unwrap(purpose, wrapped, other)


@pytest.mark.parametrize("fault", WRAPPED["tampered"], ids=[fault["name"] for fault in WRAPPED["tampered"]])
def test_a_faulty_wrap_is_refused(pinned: FileKeyProvider, fault: dict[str, str]) -> None:
    with pytest.raises(Tampered):
        pinned.unwrap(WRAPPED["purpose"], bytes.fromhex(fault["wrapped"]), bytes.fromhex(WRAPPED["context"]))

"""The bytes of docs/specs/erasure-certificate.md and erasure-ledger.md, pinned, and one fault each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vault.clock import to_microseconds
from vault.crypto.signatures import sign, signing_public_key
from vault.erasure.certificate import NotACertificate, check_certificate, signed_bytes
from vault.erasure.ledger import Ledger, LedgerBroken, record_digest, vault_digest
from vault.errors import Tampered, VaultError

VECTORS = Path(__file__).parents[2] / "vectors"
CERTIFICATES: Any = json.loads((VECTORS / "erasure-certificate.json").read_text())
LEDGER: Any = json.loads((VECTORS / "erasure-ledger.json").read_text())
CLASSES: dict[str, type[VaultError]] = {"tampered": Tampered, "not-a-certificate": NotACertificate}


@dataclass
class PinnedKey:
    """The one purpose that signs erasures, and the keys it had before."""

    seed: bytes = bytes(range(32))
    key_id: str = LEDGER["key_id"]
    earlier: dict[str, bytes] = field(default_factory=dict)

    def key_ids(self) -> dict[str, str]:
        return {"certificates": self.key_id}

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        return {**self.earlier, self.key_id: self.public_key(purpose)}

    def sign(self, _purpose: str, data: bytes) -> bytes:
        return sign(self.seed, data)

    def public_key(self, _purpose: str) -> bytes:
        return signing_public_key(self.seed)


def ledger_of(text: str, folder: Path) -> Ledger:
    path = folder / "ledger"
    path.write_bytes(text.encode())
    return Ledger(path, PinnedKey())  # type: ignore[arg-type]


def test_pinned_certificates_check() -> None:
    for each in CERTIFICATES["certificates"]:
        told = check_certificate(each["file"].encode(), bytes.fromhex(CERTIFICATES["public_key"]))
        assert signed_bytes(told).hex() == each["signed_bytes"]


@pytest.mark.parametrize("fault", CERTIFICATES["faults"], ids=lambda fault: fault["what"])
def test_a_faulty_certificate_is_refused_as_what_it_is(fault: dict[str, Any]) -> None:
    data = fault["file"].encode().ljust(fault.get("pad_to", 0))
    with pytest.raises(CLASSES[fault["class"]]):
        check_certificate(data, bytes.fromhex(CERTIFICATES["public_key"]))


def test_the_pinned_ledger_reads_and_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    lines = ledger_of(LEDGER["ledger"], tmp_path).read()
    told = [{"kind": line.kind, "digest": line.digest.hex(), "at": to_microseconds(line.at)} for line in lines]
    assert told == LEDGER["entries"]
    again = Ledger(tmp_path / "again", PinnedKey())  # type: ignore[arg-type]
    again.append((line.kind, line.digest, line.at) for line in lines)
    assert (tmp_path / "again").read_text() == LEDGER["ledger"]


def test_digests_name_vaults_and_records_as_pinned() -> None:
    for each in LEDGER["vaults"]:
        assert vault_digest(bytes.fromhex(each["vault_id"])).hex() == each["digest"]
    for each in LEDGER["records"]:
        ids = (bytes.fromhex(each["vault_id"]), bytes.fromhex(each["record_id"]))
        assert record_digest(*ids).hex() == each["digest"]


@pytest.mark.parametrize("fault", LEDGER["faults"], ids=lambda fault: fault["what"])
def test_a_faulty_ledger_is_refused_whole(fault: dict[str, Any], tmp_path: Path) -> None:
    assert fault["class"] == LedgerBroken.code
    with pytest.raises(LedgerBroken):
        ledger_of(fault["ledger"], tmp_path).read()


def test_lines_of_an_earlier_key_are_held_by_those_after_them(tmp_path: Path) -> None:
    """After the server's keys rotated the ledger goes on in the same file."""
    ledger = ledger_of(LEDGER["ledger"], tmp_path)
    later = PinnedKey(bytes(range(1, 33)), "8899aabbccddeeff", PinnedKey().public_keys("certificates"))
    after = Ledger(tmp_path / "ledger", later)  # type: ignore[arg-type]
    assert len(after.append([("vault", bytes(32), ledger.read()[0].at)])) == 4
    changed = (tmp_path / "ledger").read_text().replace(LEDGER["entries"][1]["digest"], "0" * 64)
    (tmp_path / "ledger").write_text(changed)
    with pytest.raises(LedgerBroken):
        after.read()

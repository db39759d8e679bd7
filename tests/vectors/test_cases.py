"""The vectors: made again byte for byte, read by the product and by a second reader; one flipped byte is found."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import fixed, product
from tests.vectors.make import FOLDER, make_all, text_of

READER = Path(__file__).parents[2] / "docs" / "specs" / "read_vectors.py"
GROUPS = [(path.name, group) for path in sorted(FOLDER.glob("*.json")) for group in json.loads(path.read_text())]
NAMES = [f"{name}: {group['name']}" for name, group in GROUPS]


def read(folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", READER, folder], capture_output=True, text=True, check=False)


def test_the_generator_makes_the_same_vectors_again() -> None:
    made = {f"{name}.json": text_of(groups) for name, groups in make_all().items()}
    assert made == {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}


@pytest.mark.parametrize("group", [group for _, group in GROUPS], ids=NAMES)
def test_the_product_opens_each_vector_and_refuses_each_fault(group: dict[str, Any]) -> None:
    assert product.outcome(group["kind"], group["opens"]) == ("opens", group["gives"])
    for fault in group["faults"]:
        found, _ = product.outcome(group["kind"], group["opens"] | fault["differs"])
        assert found == fault["class"], fault["name"]


def test_the_independent_reader_agrees_with_every_vector() -> None:
    done = read()
    assert done.returncode == 0, done.stderr
    count = sum(1 + len(group["faults"]) for _, group in GROUPS)
    assert done.stdout.splitlines()[-1].endswith(f" {count}")
    assert count >= 80


def test_the_independent_reader_is_short_and_uses_cryptography_alone() -> None:
    text = READER.read_text("utf-8")
    assert len(text.splitlines()) <= 200
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").split(".")[0])
    assert found - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.json")))
def test_a_flipped_byte_of_any_file_is_found(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path)
    path = tmp_path / name
    raw = path.read_text()
    at = raw.rindex('"gives": "') + len('"gives": "')
    path.write_text(raw[:at] + ("0" if raw[at] != "0" else "1") + raw[at + 1 :])
    assert read(tmp_path).returncode == 1


@pytest.mark.parametrize("failure", ["unheard-of", "opens", "length"])
def test_an_unknown_or_another_class_is_found(failure: str, tmp_path: Path) -> None:
    groups = json.loads((FOLDER / "slot.json").read_text())
    groups[0]["faults"][0]["class"] = failure
    (tmp_path / "slot.json").write_text(json.dumps(groups))
    assert read(tmp_path).returncode == 1


def test_an_empty_folder_is_found(tmp_path: Path) -> None:
    assert read(tmp_path).returncode == 1


def test_each_fault_differs_and_has_a_name_of_its_own() -> None:
    for name, group in GROUPS:
        assert len({fault["name"] for fault in group["faults"]}) == len(group["faults"]), name
        for fault in group["faults"]:
            assert any(group["opens"][key] != value for key, value in fault["differs"].items()), fault["name"]


def test_hpke_by_hand_agrees_with_rfc_9180() -> None:
    """Appendix A.1.1: the key schedule of the base mode, from its shared secret."""
    shared = bytes.fromhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
    info = b"Ode on a Grecian Urn"
    key, nonce = fixed.key_schedule(shared, info, b"HPKE" + bytes.fromhex("002000010001"), 16)
    assert key.hex() == "4531685d41d65f03dc48f6b8302c05b0"
    assert nonce.hex() == "56d890e5accaaf011cff4b7d"


def test_the_recipient_is_the_one_that_the_age_specification_publishes() -> None:
    """C2SP age.md, MLKEM768-X25519: identity and recipient, in Bech32, checksum and all."""
    group = next(group for name, group in GROUPS if group["kind"] == "x_wing")
    identity = bech32("AGE-SECRET-KEY-PQ-".lower(), bytes.fromhex(group["opens"]["seed"])).upper()
    assert identity == "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR"
    recipient = bech32("age1pq", bytes.fromhex(group["gives"]))
    assert recipient.startswith("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y235jzxshfg87pzf5zrqtzdxz95paef6caq5")
    assert recipient.endswith("qdkmhh6gjtqmwze9pyyzk3tlhl53k2ykx3qheyty7saeq0d3fzv49zc0k")
    assert hashlib.sha256(recipient.encode()).hexdigest() == AGE_RECIPIENT_SHA256


AGE_RECIPIENT_SHA256 = "a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea"


def bech32(prefix: str, raw: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    spread = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = 1
    for value in [*spread, *values, *[0] * 6]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= term if top >> place & 1 else 0
    check ^= 1
    letters = [*values, *(check >> 5 * (5 - place) & 31 for place in range(6))]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[letter] for letter in letters)

"""Known answers of docs/specs/handover.md; the browser's side is held to the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from sharing.handover.codes import ALPHABET, grouped, make_code, read_code
from sharing.handover.digits import code_hash, commitment_of, digits_of, seal_info, write_message
from tests.sharing.handover.screens import open_message
from vault.crypto.points import BadPoint, check_point, seal_to_point

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "handover.json").read_text())
raw = bytes.fromhex


def key_of(vector: dict[str, Any]) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(vector["private"], 16), ec.SECP256R1())


@pytest.mark.parametrize("vector", VECTORS["handovers"], ids=lambda vector: vector["digits"])
def test_commitment_code_hash_digits_and_seal_are_as_pinned(vector: dict[str, Any]) -> None:
    handover_id, point = raw(vector["handover_id"]), raw(vector["point"])
    screen_nonce, citizen_nonce = raw(vector["screen_nonce"]), raw(vector["citizen_nonce"])
    assert commitment_of(point, screen_nonce).hex() == vector["commitment"]
    hashed = code_hash(handover_id, vector["code"])
    assert hashed.hex() == vector["code_hash"]
    assert digits_of(handover_id, hashed, point, screen_nonce, citizen_nonce) == vector["digits"]
    message = write_message(vector["message"])
    parts = raw(vector["ephemeral_private"]), raw(vector["nonce"])
    sealed = seal_to_point(point, citizen_nonce, seal_info(handover_id, hashed), message, parts=parts)
    assert sealed.hex() == vector["sealed"]
    opened = open_message(key_of(vector), sealed, citizen_nonce, seal_info(handover_id, hashed))
    assert opened == vector["message"]


def test_another_hand_over_s_seal_stays_shut() -> None:
    first, second = VECTORS["handovers"][:2]
    info = seal_info(raw(second["handover_id"]), raw(second["code_hash"]))
    with pytest.raises(InvalidTag):
        open_message(key_of(first), raw(first["sealed"]), raw(first["citizen_nonce"]), info)


@pytest.mark.parametrize("fault", VECTORS["bad_points"], ids=lambda fault: fault["name"])
def test_points_that_are_none_are_refused(fault: dict[str, str]) -> None:
    with pytest.raises(BadPoint):
        check_point(raw(fault["point"]))


@pytest.mark.parametrize("case", VECTORS["typed"], ids=lambda case: case["typed"] or "nothing")
def test_codes_are_read_as_people_type_them(case: dict[str, str | None]) -> None:
    assert read_code(str(case["typed"])) == case["code"]


def test_codes_are_random_and_of_the_alphabet() -> None:
    made = {make_code() for _ in range(200)}
    assert len(made) == 200
    assert set("".join(made)) == set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 24
    assert all(read_code(grouped(code)) == code for code in made)

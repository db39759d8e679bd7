"""Sealing to public keys."""

from __future__ import annotations

import pytest

from vault.crypto.sealing import PUBLIC_KEY_BYTES, check_sealing, open_sealed, public_key_of, seal_to
from vault.crypto.secret import Seed
from vault.errors import Tampered


def test_this_machine_has_post_quantum_sealing() -> None:
    check_sealing()


def test_what_is_sealed_opens_with_the_seed_and_the_same_info_only() -> None:
    seed = Seed.make()
    sealed = seal_to(public_key_of(seed), b"info", b"k" * 32)
    assert len(sealed) == 1169
    assert open_sealed(seed, b"info", sealed) == b"k" * 32
    for other, info in ((Seed.make(), b"info"), (seed, b"other"), (seed, b"")):
        with pytest.raises(Tampered):
            open_sealed(other, info, sealed)


def test_a_public_key_follows_from_its_seed() -> None:
    seed = Seed.make()
    assert public_key_of(seed) == public_key_of(Seed(seed.raw))
    assert len(public_key_of(seed)) == PUBLIC_KEY_BYTES


@pytest.mark.parametrize("key", [b"", b"\0" * 1215, b"\xff" * PUBLIC_KEY_BYTES, b"\0" * 1217])
def test_what_is_no_public_key_is_refused(key: bytes) -> None:
    with pytest.raises(Tampered):
        seal_to(key, b"info", b"x")


def test_a_public_key_whose_curve_part_is_of_low_order_is_refused() -> None:
    key = public_key_of(Seed.make())[:1184] + bytes(32)
    with pytest.raises(Tampered):
        seal_to(key, b"info", b"x")


def test_short_and_truncated_seals_are_refused() -> None:
    seed = Seed.make()
    sealed = seal_to(public_key_of(seed), b"info", b"k" * 32)
    for end in (0, 1, 33, 1120, 1121, 1136, 1137, len(sealed) - 1):
        with pytest.raises(Tampered):
            open_sealed(seed, b"info", sealed[:end])

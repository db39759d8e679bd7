"""Sealing without chance, for vectors alone: X-Wing encapsulation and HPKE by hand, random bytes from a counter.

The wheel encapsulates with its own randomness, so ML-KEM-768's encapsulation (FIPS 203) is written out here. What it
makes must open with the wheel's own HPKE: a second maker of the same bytes. Not constant time; never for real data.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto import sealing

Q, N, K = 3329, 256, 3
_REVERSED = [int(f"{i:07b}"[::-1], 2) for i in range(128)]
_ZETAS = [pow(17, i, Q) for i in _REVERSED]
_GAMMAS = [pow(17, 2 * i + 1, Q) for i in _REVERSED]
_SUITE = b"HPKE" + bytes.fromhex("647a00010002")

Polynomial = list[int]


class Chance:
    """Bytes of SHAKE-256 over a seed and a counter, instead of chance."""

    def __init__(self, seed: str) -> None:
        self._seed, self._drawn = seed.encode(), 0

    def draw(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._seed + self._drawn.to_bytes(8, "big")).digest(count)


@contextmanager
def fixed_chance(seed: str) -> Iterator[Chance]:
    """Within, whatever the product draws or seals comes out the same each time."""
    chance = Chance(seed)
    with (
        patch.object(os, "urandom", chance.draw),
        patch("vault.ids.uuid4", lambda: uuid.UUID(bytes=chance.draw(16), version=4)),
        patch.object(sealing, "_HPKE", FixedHpke(chance)),
        patch.object(sealing.hpke, "MLKEM768X25519PublicKey", _joined),
    ):
        yield chance


class FixedHpke:
    """Stands in for the wheel's suite: seals from fixed seeds, opens with the wheel."""

    def __init__(self, chance: Chance) -> None:
        self._chance, self._wheel = chance, sealing._HPKE

    def encrypt(self, data: bytes, key: Any, *, info: bytes) -> bytes:
        return seal(key, info, data, self._chance.draw(64))

    def decrypt(self, sealed: bytes, key: Any, *, info: bytes) -> bytes:
        return self._wheel.decrypt(sealed, key, info=info)


def _joined(lattice: Any, curve: Any) -> bytes:
    return bytes(lattice.public_bytes_raw() + curve.public_bytes_raw())


def seal(public_key: bytes, info: bytes, data: bytes, seed: bytes) -> bytes:
    """encapsulation 1120 ‖ ciphertext, by X-Wing and HPKE base mode; ``seed`` is X-Wing's 64-byte eseed."""
    shared, encapsulation = encapsulate(public_key, seed)
    key, nonce = key_schedule(shared, info)
    return encapsulation + AESGCM(key).encrypt(nonce, data, b"")


def encapsulate(public_key: bytes, seed: bytes) -> tuple[bytes, bytes]:
    """X-Wing: shared secret 32, ciphertext 1120."""
    lattice_secret, lattice = _encapsulate_lattice(public_key[:1184], seed[:32])
    ephemeral, static = X25519PrivateKey.from_private_bytes(seed[32:]), public_key[1184:]
    curve = ephemeral.public_key().public_bytes_raw()
    curve_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(static))
    label = rb"\./" + rb"/^" + b"\\"
    return hashlib.sha3_256(lattice_secret + curve_secret + curve + static + label).digest(), lattice + curve


def key_schedule(shared: bytes, info: bytes, suite: bytes = _SUITE, key_bytes: int = 32) -> tuple[bytes, bytes]:
    """RFC 9180, base mode: key and base nonce."""
    digests = _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    return tuple(  # type: ignore[return-value]
        _expand(suite, secret, label, b"\0" + digests, length)
        for label, length in ((b"key", key_bytes), (b"base_nonce", 12))
    )


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    told = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, told + b"\1", "sha256")[:length]


def _encapsulate_lattice(key: bytes, message: bytes) -> tuple[bytes, bytes]:
    both = hashlib.sha3_512(message + hashlib.sha3_256(key).digest()).digest()
    return both[:32], _encrypt(key, message, both[32:])


def _encrypt(key: bytes, message: bytes, coins: bytes) -> bytes:
    rho = key[1152:]
    target = [_unpack(key[384 * i : 384 * i + 384], 12) for i in range(K)]
    noise = [_small(hashlib.shake_256(coins + bytes((i,))).digest(128)) for i in range(7)]
    secret = [_transform(poly) for poly in noise[:3]]
    packed = b""
    for i in range(K):
        row = [_uniform(rho + bytes((i, j))) for j in range(K)]
        packed += _pack(_compress(_add(_back(_product(row, secret)), noise[3 + i]), 10), 10)
    bits = [bit * ((Q + 1) // 2) for bit in _unpack(message, 1)]
    return packed + _pack(_compress(_add(_add(_back(_product(target, secret)), noise[6]), bits), 4), 4)


def _uniform(seed: bytes) -> Polynomial:
    stream, found = hashlib.shake_128(seed).digest(1344), []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at : at + 3]
        found += [value for value in (a + 256 * (b % 16), b // 16 + 16 * c) if value < Q]
    return found[:N]


def _small(raw: bytes) -> Polynomial:
    bits = _unpack(raw, 1)
    return [(sum(bits[4 * i : 4 * i + 2]) - sum(bits[4 * i + 2 : 4 * i + 4])) % Q for i in range(N)]


def _transform(poly: Polynomial) -> Polynomial:
    f, i, length = list(poly), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                turned = _ZETAS[i] * f[j + length] % Q
                f[j], f[j + length] = (f[j] + turned) % Q, (f[j] - turned) % Q
            i += 1
        length //= 2
    return f


def _back(poly: Polynomial) -> Polynomial:
    f, i, length = list(poly), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                low, high = f[j], f[j + length]
                f[j], f[j + length] = (low + high) % Q, _ZETAS[i] * (high - low) % Q
            i -= 1
        length *= 2
    return [value * 3303 % Q for value in f]


def _product(left: list[Polynomial], right: list[Polynomial]) -> Polynomial:
    total = [0] * N
    for f, g in zip(left, right, strict=True):
        for i, gamma in enumerate(_GAMMAS):
            a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            total[2 * i] = (total[2 * i] + a * c + b * d * gamma) % Q
            total[2 * i + 1] = (total[2 * i + 1] + a * d + b * c) % Q
    return total


def _add(left: Polynomial, right: Polynomial) -> Polynomial:
    return [(a + b) % Q for a, b in zip(left, right, strict=True)]


def _compress(poly: Polynomial, bits: int) -> Polynomial:
    return [((value << bits) + Q // 2) // Q % (1 << bits) for value in poly]


def _pack(poly: Polynomial, bits: int) -> bytes:
    number = sum(value << bits * i for i, value in enumerate(poly))
    return number.to_bytes(len(poly) * bits // 8, "little")


def _unpack(raw: bytes, bits: int) -> Polynomial:
    number = int.from_bytes(raw, "little")
    return [number >> bits * i & (1 << bits) - 1 for i in range(len(raw) * 8 // bits)]

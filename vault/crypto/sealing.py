"""Sealing to a public key: HPKE base mode with X-Wing (ML-KEM-768 and X25519). docs/specs/root.md.

It authenticates nobody: whoever has the public key can seal. So the key manifest is checked before sealing and
before opening. The API of the wheel takes no AAD: everything is bound in ``info``. No silent fallback exists.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from vault.crypto.secret import Seed
from vault.errors import Tampered, VaultError

SUITE = 0x01
PUBLIC_KEY_BYTES = 1184 + 32
_ENCAPSULATION_BYTES = 1088 + 32
_TAG_BYTES = 16
_HPKE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class SealingUnavailable(VaultError):
    code = "sealing-unavailable"
    advice = "This machine's cryptography lacks post-quantum sealing, so the vault doesn't start."


def public_key_of(seed: Seed) -> bytes:
    """ML-KEM-768 key 1184 ‖ X25519 key 32."""
    lattice, curve = _private_parts(seed)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def seal_to(public_key: bytes, info: bytes, data: bytes) -> bytes:
    """``suite 01 | encapsulation 1120 | ciphertext``; Tampered if ``public_key`` is not one."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Tampered
    try:
        lattice = mlkem.MLKEM768PublicKey.from_public_bytes(public_key[:1184])
        curve = x25519.X25519PublicKey.from_public_bytes(public_key[1184:])
        recipient = hpke.MLKEM768X25519PublicKey(lattice, curve)
        return bytes((SUITE,)) + _HPKE.encrypt(data, recipient, info=info)
    except ValueError:
        raise Tampered from None


def open_sealed(seed: Seed, info: bytes, sealed: bytes) -> bytes:
    """What was sealed to this seed's public key with exactly this ``info``; Tampered otherwise."""
    if len(sealed) < 1 + _ENCAPSULATION_BYTES + _TAG_BYTES or sealed[0] != SUITE:
        raise Tampered
    private_key = hpke.MLKEM768X25519PrivateKey(*_private_parts(seed))
    try:
        return _HPKE.decrypt(sealed[1:], private_key, info=info)
    except (InvalidTag, ValueError):
        raise Tampered from None


def check_sealing() -> None:
    """Return if this machine seals and opens; SealingUnavailable otherwise. For the start of the server."""
    try:
        seed = Seed(bytes(32))
        if open_sealed(seed, b"check", seal_to(public_key_of(seed), b"check", b"works")) != b"works":
            raise SealingUnavailable
    except UnsupportedAlgorithm:
        raise SealingUnavailable from None


def _private_parts(seed: Seed) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    # X-Wing's expansion; the combined classes can't be generated from a seed or serialised.
    expanded = hashlib.shake_256(seed.raw).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    return lattice, x25519.X25519PrivateKey.from_private_bytes(expanded[64:])

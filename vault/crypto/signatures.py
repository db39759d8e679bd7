"""Ed25519 signatures over bytes that name their own purpose. Verification raises."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vault.errors import Tampered


def sign(seed: bytes, data: bytes) -> bytes:
    """64 bytes, by the key of a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(data)


def signing_public_key(seed: bytes) -> bytes:
    """The 32-byte public key of a 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def verify(public_key: bytes, signature: bytes, data: bytes) -> None:
    """Return if ``signature`` (64 bytes) over ``data`` is by ``public_key`` (32 bytes); Tampered otherwise."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise Tampered from None


def private_key_der(seed: bytes) -> bytes:
    """The private key of a 32-byte seed as PKCS#8, 48 bytes."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

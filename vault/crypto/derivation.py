"""HKDF-SHA256 and HMAC-SHA256 over context bytes: the one way by which a key follows from a key."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand


def derive_key(secret: bytes, info: bytes) -> bytes:
    """32 bytes by HKDF-Expand; ``secret`` must be a uniformly random key of 32 bytes already."""
    return HKDFExpand(SHA256(), 32, info).derive(secret)


def derive_pair(secret: bytes, salt: bytes, info: bytes) -> tuple[bytes, bytes]:
    """A key and a commitment to it, 32 bytes each, by full HKDF."""
    both = HKDF(SHA256(), 64, salt, info).derive(secret)
    return both[:32], both[32:]


def derive_mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256, 32 bytes."""
    return hmac.digest(key, data, "sha256")

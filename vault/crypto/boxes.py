"""A box: ``nonce12 | AES-256-GCM``, random nonce, bound to a context. At most 2^32 boxes under one key.

Not key-committing: only for keys that are uniformly random and that no outsider chooses.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import Tampered

OVERHEAD_BYTES = 28


def seal_box(key: bytes, context: bytes, data: bytes) -> bytes:
    """``data`` sealed under a 32-byte key; 28 bytes longer."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def open_box(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """What was sealed; Tampered under another key or context, or if a bit differs."""
    if len(sealed) < OVERHEAD_BYTES:
        raise Tampered
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], context)
    except InvalidTag:
        raise Tampered from None

"""A key on its way into a key service: wrapped as OpenBao's Transit engine takes it (bring your own key)."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vault.errors import Tampered


def wrap_for_import(service_key: bytes, secret: bytes) -> bytes:
    """RSA-OAEP-SHA256(fresh AES-256 key) ‖ AES-KWP(that key, ``secret``); ``service_key`` is RSA, as PEM. Tampered."""
    try:
        public_key = load_pem_public_key(service_key)
    except ValueError:
        raise Tampered from None
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise Tampered
    fresh = os.urandom(32)
    way = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return public_key.encrypt(fresh, way) + keywrap.aes_key_wrap_with_padding(fresh, secret)

"""Sealing to a P-256 point that a browser made: ECDH, HKDF-SHA256, AES-256-GCM. docs/specs/handover.md.

P-256, because every browser has it in WebCrypto. One key, one message; whoever sealed it can't open it again.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vault.crypto.context import ctx
from vault.errors import Invalid

POINT_BYTES: Final = 65
NONCE_BYTES: Final = 12


class BadPoint(Invalid):
    """Not an uncompressed point of P-256: wrong length, wrong form, not on the curve, or the point at infinity."""

    code = "bad-point"
    advice = "This is not a public key that can be used here. Please load the page again."


def check_point(raw: bytes) -> bytes:
    """The same 65 bytes, ``04 | x | y``; BadPoint for anything else."""
    _read(raw)
    return raw


def seal_to_point(
    point: bytes, salt: bytes, info: bytes, data: bytes, *, parts: tuple[bytes, bytes] | None = None
) -> bytes:
    """``ephemeral point 65 | nonce12 | AES-256-GCM``, bound to ``info`` and both points; 93 bytes longer. BadPoint.

    ``parts``: the ephemeral private number (32 bytes) and the nonce, for vectors only.
    """
    static = _read(point)
    private = ec.generate_private_key(ec.SECP256R1())
    nonce = os.urandom(NONCE_BYTES)
    if parts is not None:
        private, nonce = ec.derive_private_key(int.from_bytes(parts[0], "big"), ec.SECP256R1()), parts[1]
    ephemeral = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    context = info + ctx("handover-points/1", point, ephemeral)
    key = HKDF(SHA256(), 32, salt, context).derive(private.exchange(ec.ECDH(), static))
    return ephemeral + nonce + AESGCM(key).encrypt(nonce, data, context)


def _read(raw: bytes) -> ec.EllipticCurvePublicKey:
    if len(raw) != POINT_BYTES or raw[0] != 0x04:
        raise BadPoint
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        raise BadPoint from None

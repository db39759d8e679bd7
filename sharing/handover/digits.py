"""What both screens compare: four digits over all that a man in between must change. docs/specs/handover.md.

The waiting screen commits to its number before the other side's number exists, and shows it only afterwards: whoever
stands between them has fixed his own before he knows theirs, and is right once in ten thousand times.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final

from vault.crypto.context import ctx

NONCE_BYTES: Final = 32
_STEP = 512


def commitment_of(point: bytes, screen_nonce: bytes) -> bytes:
    """32 bytes by which a screen fixes its number without telling it."""
    return hashlib.sha256(ctx("handover-commit/1", point, screen_nonce)).digest()


def keeps_promise(commitment: bytes, point: bytes, screen_nonce: bytes) -> bool:
    """Whether this is the number that was committed to."""
    return hmac.compare_digest(commitment_of(point, screen_nonce), commitment)


def code_hash(handover_id: bytes, code: str) -> bytes:
    """What stands for the code once it is used up."""
    return hashlib.sha256(ctx("handover-code-hash/1", handover_id, code)).digest()


def digits_of(handover_id: bytes, hashed: bytes, point: bytes, screen_nonce: bytes, citizen_nonce: bytes) -> str:
    """Four decimal digits, zeros in front included."""
    seen = hashlib.sha256(ctx("handover-digits/1", handover_id, hashed, point, screen_nonce, citizen_nonce)).digest()
    return f"{int.from_bytes(seen[:8], 'big') % 10_000:04}"


def seal_info(handover_id: bytes, hashed: bytes) -> bytes:
    """What the sealed message is bound to, besides both points."""
    return ctx("handover-seal/1", handover_id, hashed)


def write_message(message: Mapping[str, str]) -> bytes:
    """JSON, padded with spaces to 512-byte steps, so that its length tells nothing."""
    data = json.dumps(message, separators=(",", ":")).encode()
    return data + b" " * (-len(data) % _STEP)

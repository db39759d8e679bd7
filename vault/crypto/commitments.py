"""Salted commitments, and the sealed parts of log entries that they commit to. docs/specs/leaf.md.

A commitment hides what it binds as long as its nonce is unknown, so destroying nonces erases, and every proof holds.
"""

from __future__ import annotations

import hashlib

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.padding import pad, unpad
from vault.crypto.secret import AccountKey, LogKey

PART_STEP = 256


def commit(tag: str, nonce: bytes, canonical: bytes) -> bytes:
    """SHA-256(ctx(tag) ‖ nonce32 ‖ canonical bytes), 32 bytes; ValueError unless the nonce is 32 bytes."""
    if len(nonce) != 32:
        raise ValueError("a commitment nonce is 32 bytes")
    return hashlib.sha256(b"".join((ctx(tag), nonce, canonical))).digest()


def seal_part(key: LogKey | AccountKey, label: str, vault_id: bytes, entry_id: bytes, data: bytes) -> bytes:
    """A private part of one entry, padded to 256-byte steps; ``label`` is leaf-subject/1 or leaf-account/1."""
    return seal_box(key.raw, ctx(label, vault_id, entry_id), pad(data, PART_STEP))


def open_part(key: LogKey | AccountKey, label: str, vault_id: bytes, entry_id: bytes, sealed: bytes) -> bytes:
    """The part again; Tampered if it belongs to another entry or was changed."""
    return unpad(open_box(key.raw, ctx(label, vault_id, entry_id), sealed))

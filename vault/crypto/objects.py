"""Sealed objects: one key per object version, padding, and a context that names everything. docs/specs/envelope.md.

``nonce12 | AES-256-GCM(object key, padded bytes, AAD)``. The key derives from a root by one HMAC block (which is
HKDF-Expand for 32 bytes); the nonce is random as well, so a version sealed twice still doesn't repeat a pair.
Written flat on purpose: it runs once per record of an import.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto.context import ctx
from vault.crypto.padding import pad, unpad
from vault.crypto.secret import Root
from vault.errors import Tampered

__all__ = [
    "RecordHeader",
    "derive_object_key",
    "nonce_of",
    "open_record",
    "open_segment",
    "pad",
    "seal_record",
    "seal_segment",
    "unpad",
]

SUITE = 0x01
RECORD_STEP = 1024
SEGMENT_STEP = 16_384
_MIN_SEALED_BYTES = 12 + 1 + 16

# ctx() for fixed shapes in one call each; the tests hold them equal to ctx().
_KEY_INFO = Struct(">11sH16sH16sHQB").pack
_KEY_LABEL = b"hv/1\0obj/1\0"
_RECORD_AAD = Struct(">14sHBH16sH16sHQH16sH").pack
_RECORD_LABEL = b"hv/1\0record/1\0"
_SEGMENT_AAD = Struct(">15sHBH16sH16sHQH16s").pack
_SEGMENT_LABEL = b"hv/1\0segment/1\0"
_U16 = Struct(">H").pack


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a sealed record is bound to. Ids are 16 bytes; ``kind`` is ASCII; ``source`` up to 65,535 bytes."""

    vault_id: bytes
    object_id: bytes
    version: int
    root_id: bytes
    kind: str
    source: bytes


def derive_object_key(root: Root, vault_id: bytes, object_id: bytes, version: int) -> bytes:
    """HKDF-Expand(root, ctx("obj/1", vault, object, version), 32)."""
    mac = root.keyed().copy()
    mac.update(_key_info(vault_id, object_id, version))
    return mac.digest()


def seal_record(root: Root, header: RecordHeader, data: bytes, step: int = RECORD_STEP) -> bytes:
    """``data`` padded to ``step`` and sealed under the key of this object version."""
    key = derive_object_key(root, header.vault_id, header.object_id, header.version)
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, pad(data, step), _record_aad(header))


def open_record(root: Root, header: RecordHeader, sealed: bytes) -> bytes:
    """The bytes sealed under exactly this header; Tampered otherwise."""
    key = derive_object_key(root, header.vault_id, header.object_id, header.version)
    return _open(key, _record_aad(header), sealed)


def seal_segment(root: Root, vault_id: bytes, segment_id: bytes, version: int, root_id: bytes, data: bytes) -> bytes:  # noqa: PLR0917
    """An index segment or directory page, padded to 16 KiB steps."""
    key = derive_object_key(root, vault_id, segment_id, version)
    nonce = os.urandom(12)
    aad = _segment_aad(vault_id, segment_id, version, root_id)
    return nonce + AESGCM(key).encrypt(nonce, pad(data, SEGMENT_STEP), aad)


def open_segment(root: Root, vault_id: bytes, segment_id: bytes, version: int, root_id: bytes, sealed: bytes) -> bytes:  # noqa: PLR0917
    """What was sealed as exactly this segment version under this root; Tampered otherwise."""
    key = derive_object_key(root, vault_id, segment_id, version)
    return _open(key, _segment_aad(vault_id, segment_id, version, root_id), sealed)


def nonce_of(sealed: bytes) -> bytes:
    """The 12 bytes that tell two sealings of one version apart; cards and freshness bind them."""
    return sealed[:12]


def _open(key: bytes, aad: bytes, sealed: bytes) -> bytes:
    if len(sealed) < _MIN_SEALED_BYTES:
        raise Tampered
    try:
        return unpad(AESGCM(key).decrypt(sealed[:12], sealed[12:], aad))
    except InvalidTag:
        raise Tampered from None


def _key_info(vault_id: bytes, object_id: bytes, version: int) -> bytes:
    _check_ids(vault_id, object_id)
    return _KEY_INFO(_KEY_LABEL, 16, vault_id, 16, object_id, 8, version, 1)  # The last byte is HKDF's counter.


def _record_aad(header: RecordHeader) -> bytes:
    kind, source = header.kind.encode(), header.source
    _check_ids(header.vault_id, header.object_id, header.root_id)
    fixed = _RECORD_AAD(
        _RECORD_LABEL,
        1,
        SUITE,
        16,
        header.vault_id,
        16,
        header.object_id,
        8,
        header.version,
        16,
        header.root_id,
        len(kind),
    )
    return b"".join((fixed, kind, _U16(len(source)), source))


def _segment_aad(vault_id: bytes, segment_id: bytes, version: int, root_id: bytes) -> bytes:
    _check_ids(vault_id, segment_id, root_id)
    return _SEGMENT_AAD(_SEGMENT_LABEL, 1, SUITE, 16, vault_id, 16, segment_id, 8, version, 16, root_id)


def _check_ids(*ids: bytes) -> None:
    # struct would cut or fill an id of another length without a word.
    for one in ids:
        if len(one) != 16:
            raise ValueError("an id is 16 bytes")


def record_context(header: RecordHeader) -> bytes:
    """The AAD of a record, spelt the slow and readable way; the specification's formula."""
    return ctx(
        "record/1",
        bytes((SUITE,)),
        header.vault_id,
        header.object_id,
        header.version,
        header.root_id,
        header.kind,
        header.source,
    )

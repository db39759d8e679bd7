"""Sealed objects: one key per object version, padding, and a context that names everything. docs/specs/envelope.md.

``nonce12 | AES-256-GCM(object key, padded bytes, AAD)``. The key derives from a root; the nonce is random as well, so
a version sealed twice still doesn't repeat a pair. ``runs`` makes the same bytes for many records at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key
from vault.crypto.padding import pad, unpad
from vault.crypto.secret import Root

SUITE: Final = 0x01
RECORD_STEP: Final = 1024
SEGMENT_STEP: Final = 16_384


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a sealed record is bound to. Ids are 16 bytes; ``source`` has up to 65,535 bytes."""

    vault_id: bytes
    object_id: bytes
    version: int
    root_id: bytes
    kind: str
    source: bytes

    def context(self) -> bytes:
        """The AAD."""
        ids = self.vault_id, self.object_id, self.version, self.root_id
        return ctx("record/1", bytes((SUITE,)), *ids, self.kind, self.source)


def derive_object_key(root: Root, vault_id: bytes, object_id: bytes, version: int) -> bytes:
    """HKDF-Expand(root, ctx("obj/1", vault, object, version), 32)."""
    return derive_key(root.raw, ctx("obj/1", vault_id, object_id, version))


def seal_record(root: Root, header: RecordHeader, data: bytes, step: int = RECORD_STEP) -> bytes:
    """``data`` padded to ``step`` and sealed under the key of this object version."""
    key = derive_object_key(root, header.vault_id, header.object_id, header.version)
    return seal_box(key, header.context(), pad(data, step))


def open_record(root: Root, header: RecordHeader, sealed: bytes) -> bytes:
    """The bytes sealed under exactly this header; Tampered otherwise."""
    key = derive_object_key(root, header.vault_id, header.object_id, header.version)
    return unpad(open_box(key, header.context(), sealed))


def seal_segment(root: Root, vault_id: bytes, segment_id: bytes, version: int, root_id: bytes, data: bytes) -> bytes:  # noqa: PLR0917
    """An index segment or directory page, padded to 16 KiB steps."""
    key = derive_object_key(root, vault_id, segment_id, version)
    return seal_box(key, _segment_context(vault_id, segment_id, version, root_id), pad(data, SEGMENT_STEP))


def open_segment(root: Root, vault_id: bytes, segment_id: bytes, version: int, root_id: bytes, sealed: bytes) -> bytes:  # noqa: PLR0917
    """What was sealed as exactly this segment version under this root; Tampered otherwise."""
    key = derive_object_key(root, vault_id, segment_id, version)
    return unpad(open_box(key, _segment_context(vault_id, segment_id, version, root_id), sealed))


def nonce_of(sealed: bytes) -> bytes:
    """The 12 bytes that tell two sealings of one version apart; cards and freshness bind them."""
    return sealed[:12]


def _segment_context(vault_id: bytes, segment_id: bytes, version: int, root_id: bytes) -> bytes:
    return ctx("segment/1", bytes((SUITE,)), vault_id, segment_id, version, root_id)

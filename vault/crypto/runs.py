"""Many records of one root, kind and source: the bytes of ``seal_record`` and ``open_record``, in half their time.

What is the same for all of them (hash states, the outer parts of the AAD) is made once. docs/specs/envelope.md.
"""

from __future__ import annotations

import hashlib
from struct import Struct
from typing import Final

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.objects import RECORD_STEP, SUITE
from vault.crypto.padding import pad, unpad
from vault.crypto.secret import Root

_OBJECT: Final = Struct(">H16sHQ").pack
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class RecordRun:
    """``root_id`` and ``vault_id`` are 16 bytes. Not for several threads at once."""

    __slots__ = ("_head", "_inner", "_outer", "_tail")

    def __init__(self, root: Root, vault_id: bytes, root_id: bytes, kind: str, source: bytes) -> None:
        block = root.raw.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER) + ctx("obj/1", vault_id))
        self._outer = hashlib.sha256(block.translate(_OUTER))
        self._head = ctx("record/1", bytes((SUITE,)), vault_id)
        self._tail = b"".join(len(part).to_bytes(2, "big") + part for part in (root_id, kind.encode(), source))

    def seal(self, object_id: bytes, version: int, data: bytes, step: int = RECORD_STEP) -> bytes:
        """As ``seal_record`` with this run's header."""
        key, place = self._key(object_id, version)
        return seal_box(key, self._head + place + self._tail, pad(data, step))

    def open(self, object_id: bytes, version: int, sealed: bytes) -> bytes:
        """As ``open_record`` with this run's header; Tampered."""
        key, place = self._key(object_id, version)
        return unpad(open_box(key, self._head + place + self._tail, sealed))

    def _key(self, object_id: bytes, version: int) -> tuple[bytes, bytes]:
        """The object's key, HMAC-SHA256 by its two hash states, and its place in every context."""
        if len(object_id) != 16:  # struct would cut or fill it without a word.
            raise ValueError("an id is 16 bytes")
        place = _OBJECT(16, object_id, 8, version)
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(place + b"\x01")  # The last byte is HKDF's counter.
        outer.update(inner.digest())
        return outer.digest(), place

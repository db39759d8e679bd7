"""Documents too large for one piece: salt, commitment, then 64 KiB chunks that can't be cut, swapped or added to.

docs/specs/document-stream.md. STREAM over AES-256-GCM. Sealing and opening work in two reused buffers, so memory stays
the same for any length. A range is read only after the last chunk was found to be the last.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_pair
from vault.errors import Tampered

CHUNK_BYTES: Final = 64 * 1024
HEAD_BYTES: Final = 64
TAG_BYTES: Final = 16
MOST_BYTES: Final = 1 << 40
_SEALED_CHUNK: Final = CHUNK_BYTES + TAG_BYTES


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What a stream is bound to besides its object key. ``source`` has up to 65,535 bytes."""

    kind: str
    source: bytes

    def context(self) -> bytes:
        """HKDF info."""
        return ctx("stream/1", self.kind, self.source)


def sealed_length(length: int) -> int:
    """Bytes of a stream that holds ``length`` bytes. ValueError for a length that no stream has."""
    if not 0 <= length <= MOST_BYTES:
        raise ValueError("a stream holds up to 1 TiB")
    return HEAD_BYTES + length + TAG_BYTES * _chunks_of(length)


def plain_length(sealed: int) -> int:
    """Bytes within a stream of ``sealed`` bytes; Tampered for a length that no stream has."""
    body = sealed - HEAD_BYTES
    whole, rest = divmod(body, _SEALED_CHUNK)
    length = whole * CHUNK_BYTES + max(rest - TAG_BYTES, 0)
    if body < TAG_BYTES or 0 < rest < TAG_BYTES or (rest == TAG_BYTES and whole) or length > MOST_BYTES:
        raise Tampered
    return length


def seal_stream(key: bytes, header: StreamHeader, source: BinaryIO, target: BinaryIO) -> int:
    """Everything that ``source`` still holds, sealed under a 32-byte object key; bytes written. Constant memory."""
    return _seal(key, header, source, target, os.urandom(32))


def open_stream(
    key: bytes, header: StreamHeader, source: BinaryIO, target: BinaryIO, *, size: int | None = None
) -> int:
    """Write what was sealed; bytes written. Tampered. ``size``: of the stream, if ``source`` goes on after it.

    Each chunk is verified before it is written, but only the return says that the stream is whole: whoever gets
    Tampered throws away what was written.
    """
    written = 0
    for chunk in _Opening(key, header, source, size).read(0, None):
        target.write(chunk)
        written += len(chunk)
    return written


def open_range(key: bytes, header: StreamHeader, source: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Bytes ``start`` to ``end`` (half-open, cut at the end) of a seekable stream. Tampered, before any byte is given
    if the stream was cut."""
    return _Opening(key, header, source, None).read(start, end)


def _chunks_of(length: int) -> int:
    return max(1, -(-length // CHUNK_BYTES))


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes((last,))


def _seal(key: bytes, header: StreamHeader, source: BinaryIO, target: BinaryIO, salt: bytes) -> int:
    stream_key, commitment = derive_pair(key, salt, header.context())
    cipher = AESGCM(stream_key)
    plain, ahead, sealed = bytearray(CHUNK_BYTES), bytearray(CHUNK_BYTES), bytearray(_SEALED_CHUNK)
    target.write(salt + commitment)
    written, counter = HEAD_BYTES, 0
    count = _fill(source, plain)
    while True:
        following = _fill(source, ahead) if count == CHUNK_BYTES else 0
        last = following == 0
        size = count + TAG_BYTES
        nonce = _nonce(counter, last=last)
        cipher.encrypt_into(nonce, memoryview(plain)[:count], None, memoryview(sealed)[:size])
        target.write(memoryview(sealed)[:size])
        written += size
        if last:
            return written
        plain, ahead, count, counter = ahead, plain, following, counter + 1


class _Opening:
    """One stream under one key: checked by length and commitment, and its last chunk verified, before it is read."""

    def __init__(self, key: bytes, header: StreamHeader, source: BinaryIO, size: int | None) -> None:
        self._source = source
        self._begin = source.tell()
        self._length = plain_length(source.seek(0, os.SEEK_END) - self._begin if size is None else size)
        self._sealed, self._plain = bytearray(_SEALED_CHUNK), bytearray(CHUNK_BYTES)
        source.seek(self._begin)
        head = source.read(HEAD_BYTES)
        if len(head) != HEAD_BYTES:
            raise Tampered
        stream_key, commitment = derive_pair(key, head[:32], header.context())
        if not hmac.compare_digest(commitment, head[32:]):
            raise Tampered
        self._cipher = AESGCM(stream_key)
        self._last = _chunks_of(self._length) - 1
        self._chunk(self._last)

    def read(self, start: int, end: int | None) -> Iterator[bytes]:
        """Pieces of the range, in order."""
        stop = self._length if end is None else min(end, self._length)
        if start < 0 or start >= stop:
            return
        for counter in range(start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES + 1):
            piece = self._chunk(counter)
            offset = counter * CHUNK_BYTES
            yield bytes(piece[max(start - offset, 0) : stop - offset])

    def _chunk(self, counter: int) -> memoryview:
        last = counter == self._last
        size = self._length - counter * CHUNK_BYTES if last else CHUNK_BYTES
        sealed, plain = memoryview(self._sealed)[: size + TAG_BYTES], memoryview(self._plain)[:size]
        self._source.seek(self._begin + HEAD_BYTES + counter * _SEALED_CHUNK)
        if _fill(self._source, sealed) != len(sealed):
            raise Tampered
        try:
            self._cipher.decrypt_into(_nonce(counter, last=last), sealed, None, plain)
        except InvalidTag:
            raise Tampered from None
        return plain


def _fill(source: BinaryIO, buffer: bytearray | memoryview) -> int:
    """Read until the buffer is full or the source ends; bytes read."""
    view, at = memoryview(buffer), 0
    while at < len(view):
        count = source.readinto(view[at:])  # type: ignore[attr-defined]
        if not count:
            break
        at += count
    return at

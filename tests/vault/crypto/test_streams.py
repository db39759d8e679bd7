"""Document streams: cut, reordered, foreign and doubled chunks are refused; memory stays the same for any length."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto.derivation import derive_pair
from vault.crypto.streams import (
    CHUNK_BYTES,
    HEAD_BYTES,
    StreamHeader,
    open_range,
    open_stream,
    plain_length,
    seal_stream,
    sealed_length,
)
from vault.errors import Tampered

KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
HEADER = StreamHeader("original", b"import")
SEALED_CHUNK = CHUNK_BYTES + 16
PLAIN = os.urandom(3 * CHUNK_BYTES + 1000)
LENGTHS = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, len(PLAIN)]


def sealed_of(plain: bytes, header: StreamHeader = HEADER, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    assert seal_stream(key, header, io.BytesIO(plain), target) == len(target.getvalue())
    return target.getvalue()


def opened(sealed: bytes, header: StreamHeader = HEADER, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    open_stream(key, header, io.BytesIO(sealed), target)
    return target.getvalue()


def chunks_of(sealed: bytes) -> list[bytes]:
    body = sealed[HEAD_BYTES:]
    return [body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK)]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_sealed_opens_and_has_the_stated_length(length: int) -> None:
    sealed = sealed_of(PLAIN[:length])
    assert opened(sealed) == PLAIN[:length]
    assert len(sealed) == sealed_length(length)
    assert plain_length(len(sealed)) == length


@pytest.mark.parametrize("length", [CHUNK_BYTES, 2 * CHUNK_BYTES, len(PLAIN)])
@pytest.mark.parametrize("missing", [1, 16, 17, SEALED_CHUNK])
def test_a_stream_that_was_cut_is_refused(length: int, missing: int) -> None:
    with pytest.raises(Tampered):
        opened(sealed_of(PLAIN[:length])[:-missing])


def test_reordered_doubled_removed_and_foreign_chunks_are_refused() -> None:
    sealed, other = sealed_of(PLAIN), sealed_of(PLAIN)
    head, (one, two, three, last) = sealed[:HEAD_BYTES], chunks_of(sealed)
    for wrong in (
        [two, one, three, last],
        [one, one, three, last],
        [one, three, last],
        [one, two, last, three],
        [one, two, three, three, last],
        [one, chunks_of(other)[1], three, last],
        [one, two, three],
    ):
        with pytest.raises(Tampered):
            opened(head + b"".join(wrong))


def test_a_stream_of_another_kind_source_or_key_is_refused() -> None:
    sealed = sealed_of(PLAIN)
    for header, key in (
        (StreamHeader("other", b"import"), KEY),
        (StreamHeader("original", b"other"), KEY),
        (HEADER, OTHER_KEY),
    ):
        with pytest.raises(Tampered):
            opened(sealed, header, key)


def test_one_stream_never_opens_under_two_keys() -> None:
    """A chunk can be made that two keys open, but the commitment is to one of them."""
    sealed = sealed_of(b"for one", key=KEY)
    salt = sealed[:32]
    other_key, _ = derive_pair(OTHER_KEY, salt, HEADER.context())
    planted = AESGCM(other_key).encrypt(bytes(11) + b"\1", b"another", None)
    with pytest.raises(Tampered):
        opened(sealed[:HEAD_BYTES] + planted, key=OTHER_KEY)


@pytest.mark.parametrize("flip", [0, 31, 32, 63, 64, HEAD_BYTES + SEALED_CHUNK, -1])
def test_one_bit_that_differs_is_found(flip: int) -> None:
    sealed = bytearray(sealed_of(PLAIN))
    sealed[flip] ^= 1
    with pytest.raises(Tampered):
        opened(bytes(sealed))


@pytest.mark.parametrize("length", [0, 63, 64, 79, HEAD_BYTES + SEALED_CHUNK + 1, HEAD_BYTES + SEALED_CHUNK + 16])
def test_lengths_that_no_stream_has_are_refused(length: int) -> None:
    with pytest.raises(Tampered):
        plain_length(length)
    with pytest.raises(Tampered):
        opened(bytes(length))


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (5, len(PLAIN) + 9), (len(PLAIN) - 1, len(PLAIN))]
)
def test_a_range_gives_its_bytes(start: int, end: int) -> None:
    given = b"".join(open_range(KEY, HEADER, io.BytesIO(sealed_of(PLAIN)), start, end))
    assert given == PLAIN[start:end]


@pytest.mark.parametrize(("start", "end"), [(len(PLAIN), len(PLAIN) + 1), (7, 7), (9, 3)])
def test_a_range_of_nothing_is_empty(start: int, end: int) -> None:
    assert not list(open_range(KEY, HEADER, io.BytesIO(sealed_of(PLAIN)), start, end))


def test_a_range_of_a_stream_that_was_cut_gives_no_byte() -> None:
    cut = sealed_of(PLAIN)[: HEAD_BYTES + 2 * SEALED_CHUNK]
    with pytest.raises(Tampered):
        open_range(KEY, HEADER, io.BytesIO(cut), 0, 1)


def test_two_sealings_of_one_thing_share_no_chunk() -> None:
    assert not set(chunks_of(sealed_of(PLAIN))) & set(chunks_of(sealed_of(PLAIN)))


_PROGRAM = """
import resource, sys, tempfile
from vault.crypto.streams import StreamHeader, open_range, open_stream, seal_stream

class Zeros:
    def __init__(self, left): self.left = left
    def readinto(self, view):
        count = min(len(view), self.left); self.left -= count; return count

class Count:
    def __init__(self): self.count = 0
    def write(self, data): self.count += len(data)

length = int(sys.argv[1])
header = StreamHeader("a", b"")
with tempfile.TemporaryFile(dir=sys.argv[2]) as file:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seal_stream(bytes(32), header, Zeros(length), file)
    file.seek(0)
    assert sum(map(len, open_range(bytes(32), header, file, length - 70_000, length))) == 70_000
    file.seek(0)
    count = Count()
    assert open_stream(bytes(32), header, file, count) == length == count.count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_long_document_takes_no_more_memory_than_a_short_one(tmp_path: object) -> None:
    """``STREAM_TEST_BYTES=1073741824`` tries a whole GiB."""
    length = os.environ.get("STREAM_TEST_BYTES", str(64 << 20))
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, length, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 8 * 1024  # KiB

"""Padding that hides a length up to a step: ``0x80``, then zeros to the next multiple. At least one byte."""

from __future__ import annotations

from vault.errors import Tampered


def pad(data: bytes, step: int) -> bytes:
    """``data`` and padding, a multiple of ``step`` bytes."""
    return b"".join((data, b"\x80", bytes(-(len(data) + 1) % step)))


def unpad(padded: bytes) -> bytes:
    """``data`` again; Tampered unless the padding is exactly ``80 00*``."""
    end = len(padded.rstrip(b"\0")) - 1
    if end < 0 or padded[end] != 0x80:
        raise Tampered
    return padded[:end]

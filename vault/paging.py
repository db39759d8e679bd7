"""Keyset pages: newest first, an opaque ``after``, ``next`` None at the end.

A cursor is base64url of the last row's position. It grants nothing: every query is bound to one vault besides.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

from vault.errors import Invalid

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_CURSOR_CHARACTERS = 400


class BadCursor(Invalid):
    code = "bad-cursor"
    advice = "This list position is not one we gave out. Start again at the first page."


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``next`` is the cursor of the following page, None at the end."""

    items: tuple[T, ...]
    next: str | None


def encode_cursor(*parts: str) -> str:
    """An opaque position made of text parts without NUL."""
    return base64.urlsafe_b64encode("\0".join(parts).encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, parts: int) -> tuple[str, ...]:
    """The parts of a position; BadCursor unless it has exactly so many."""
    if len(cursor) > MAX_CURSOR_CHARACTERS or not cursor.isascii():
        raise BadCursor(field="after")
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = tuple(raw.decode().split("\0"))
    except (binascii.Error, ValueError):
        raise BadCursor(field="after") from None
    if len(found) != parts:
        raise BadCursor(field="after")
    return found

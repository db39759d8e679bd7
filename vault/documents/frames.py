"""How the two halves talk: a request with the document behind it one way, frames the other way.

Request: u32 length, JSON, then the document to the end. Answer: frames of one type byte, u32 length, payload:
``T`` how many pages there are (decimal), ``P`` one page as JPEG, ``F`` a whole cleaned file, ``E`` a code of an error,
``Z`` the end. An answer without ``Z`` or ``E`` at its end broke off.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">cI")

TOTAL, PAGE, FILE, ERROR, END = b"T", b"P", b"F", b"E", b"Z"
_TYPES: Final = frozenset({TOTAL, PAGE, FILE, ERROR, END})


class Failed(Exception):
    """Why a document can't be drawn, as the code that the other half turns into an error."""


class BadFramesError(Exception):
    """What came isn't what was agreed."""


def write_request(wanted: dict[str, Any], data: bytes) -> bytes:
    head = json.dumps(wanted).encode()
    return _LENGTH.pack(len(head)) + head + data


def read_request(raw: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = _LENGTH.unpack_from(raw)
    return json.loads(raw[4 : 4 + length]), raw[4 + length :]


def write_frame(kind: bytes, payload: bytes = b"") -> bytes:
    return _HEAD.pack(kind, len(payload)) + payload


def read_frames(raw: bytes) -> list[tuple[bytes, bytes]]:
    """All frames, the last of which ends the answer. BadFramesError."""
    frames, place = [], 0
    while place < len(raw):
        if place + _HEAD.size > len(raw):
            raise BadFramesError
        kind, length = _HEAD.unpack_from(raw, place)
        place += _HEAD.size
        if kind not in _TYPES or place + length > len(raw):
            raise BadFramesError
        frames.append((kind, raw[place : place + length]))
        place += length
        if kind in (ERROR, END) and place != len(raw):
            raise BadFramesError
    if not frames or frames[-1][0] not in (ERROR, END):
        raise BadFramesError
    return frames

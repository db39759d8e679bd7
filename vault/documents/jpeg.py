"""A look at a JPEG's segments, without decoding: does it hold anything but the picture?"""

from __future__ import annotations

from typing import Final

_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_JFIF: Final = 0xE0
_PICTURE: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, _JFIF})
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_END: Final = 0xD9


def is_bare_jpeg(data: bytes) -> bool:
    """Whether these bytes are one JPEG of picture segments and a plain JFIF head: no EXIF, XMP, profile or comment."""
    if data[:2] != b"\xff\xd8":
        return False
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] in _PICTURE:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if length < 2 or (marker == _JFIF and (length != 16 or data[place + 4 : place + 9] != b"JFIF\0")):
            return False
        place += 2 + length
        if marker == 0xDA:
            place = _behind_scan(data, place)
    return data[place:] == bytes((0xFF, _END))


def _behind_scan(data: bytes, place: int) -> int:
    """Where the next marker stands behind entropy-coded bytes."""
    while (place := data.find(b"\xff", place)) != -1:
        following = data[place + 1 : place + 2]
        if following and following[0] != 0 and following[0] not in _ALONE:
            return place
        place += 2
    return len(data)


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a bare JPEG in dots; (0, 0) if its head doesn't say."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _FRAMES:
            return int.from_bytes(data[place + 7 : place + 9], "big"), int.from_bytes(
                data[place + 5 : place + 7], "big"
            )
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return 0, 0

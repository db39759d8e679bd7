"""Which files can be shown as pages: told by their bytes, never by their names."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_PDF_WITHIN: Final = 1024
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_BRANDS_READ: Final = 64


class Kind(StrEnum):
    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"


MEDIA_TYPES: Final = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.HEIC: "image/heic",
}
SUFFIXES: Final = {
    Kind.PDF: (".pdf",),
    Kind.JPEG: (".jpg", ".jpeg", ".jpe"),
    Kind.PNG: (".png",),
    Kind.HEIC: (".heic", ".heif", ".hif"),
}


def kind_of(data: bytes) -> Kind | None:
    """What a file is by its first bytes; None for anything that isn't shown as pages."""
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data[4:8] == b"ftyp":
        return Kind.HEIC if _heif_brands(data) & _HEIF_BRANDS else None
    return Kind.PDF if b"%PDF-" in data[:_PDF_WITHIN] else None


def may_tell_place(data: bytes, content_type: str) -> bool:
    """Whether a file of no kind of ours may be a photo or a film, which can tell where it was taken."""
    if content_type.startswith(("image/", "video/")) or data[4:8] == b"ftyp":
        return True
    return data.startswith((b"II*\0", b"MM\0*", b"GIF8")) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def name_for(kind: Kind, filename: str) -> str:
    """The file's name with an ending that fits what it is."""
    return filename if filename.lower().endswith(SUFFIXES[kind]) else f"{filename}{SUFFIXES[kind][0]}"


def _heif_brands(data: bytes) -> set[bytes]:
    size = min(int.from_bytes(data[:4], "big"), _BRANDS_READ)
    return {data[8:12]} | {data[place : place + 4] for place in range(16, size - 3, 4)}

"""Documents drawn as clean page images, in a process of their own that is confined and bounded.

Whatever a file does there, the answer here is pictures or an error with a code. What comes back is checked again: a
page that holds anything but a picture is refused. Nothing is written to disk; a password goes in once and is forgotten.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from vault.documents import confinement
from vault.documents.child import Child, ChildBrokeOff, ChildTooSlow
from vault.documents.errors import (
    BY_CODE,
    DocumentBusy,
    DocumentLocked,
    DocumentNotShown,
    DocumentTooSlow,
    DocumentUnreadable,
)
from vault.documents.frames import ERROR, FILE, PAGE, TOTAL, BadFramesError, read_frames, write_request
from vault.documents.jpeg import is_bare_jpeg
from vault.documents.kinds import Kind, kind_of

MOST_PAGES: Final = 30
LONGEST_SIDE: Final = 1600
QUALITY: Final = 80
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_CLEAN_BYTES: Final = 48 * 1024 * 1024
AT_ONCE: Final = 2
MOST_WAITING: Final = 12
WAIT_SECONDS: Final = 30.0
WALL_SECONDS: Final = 30.0

_PNG_PARTS: Final = frozenset({b"IHDR", b"IDAT", b"IEND"})
_turn = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)  # Who waits holds a thread that others need.


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the drawing process: bytes of memory, seconds of work, seconds until it is ended."""

    memory_bytes: int = confinement.MEMORY_BYTES
    cpu_seconds: int = confinement.CPU_SECONDS
    wall_seconds: float = WALL_SECONDS


@dataclass(frozen=True, slots=True, repr=False)
class Pages:
    """JPEG images of consecutive pages; ``total`` is how many the document has."""

    images: tuple[bytes, ...]
    total: int


STANDARD: Final = Limits()


def render(
    data: bytes, password: str | None = None, *, first: int = 0, count: int = MOST_PAGES, limits: Limits = STANDARD
) -> Pages:
    """Pages from ``first`` (0 is the first), ``count`` at most, fewer when they grow too many bytes.

    DocumentNotShown, DocumentLocked, DocumentPasswordWrong, DocumentUnreadable, DocumentTooManyPages,
    DocumentTooLarge, DocumentTooSlow, DocumentBusy.
    """
    kind = _kind(data)
    wanted = {"password": password, "first": first, "count": min(count, MOST_PAGES), "clean": False}
    frames = _draw(kind, wanted, data, MOST_BYTES, limits)
    images = tuple(payload for what, payload in frames if what == PAGE)
    totals = [payload for what, payload in frames if what == TOTAL]
    if len(totals) != 1 or not totals[0].isdigit() or not all(is_bare_jpeg(image) for image in images):
        raise DocumentUnreadable
    return Pages(images, int(totals[0]))


def without_location(data: bytes, limits: Limits = STANDARD) -> tuple[bytes, str]:
    """A photo in full size without anything beside the picture, and its media type. Raises as ``render``."""
    kind = _kind(data)
    if kind is Kind.PDF:
        raise DocumentNotShown
    wanted = {"password": None, "first": 0, "count": 1, "clean": True}
    files = [payload for what, payload in _draw(kind, wanted, data, MOST_CLEAN_BYTES, limits) if what == FILE]
    if len(files) != 1 or not (_is_bare_png(files[0]) if kind is Kind.PNG else is_bare_jpeg(files[0])):
        raise DocumentUnreadable
    return files[0], "image/png" if kind is Kind.PNG else "image/jpeg"


def _kind(data: bytes) -> Kind:
    kind = kind_of(data)
    if kind is None:
        raise DocumentNotShown
    return kind


def _draw(kind: Kind, wanted: dict[str, Any], data: bytes, most: int, limits: Limits) -> list[tuple[bytes, bytes]]:
    stated = {"kind": kind.value, "longest": LONGEST_SIDE, "quality": QUALITY, "most_bytes": most}
    stated |= {"memory": limits.memory_bytes, "cpu": limits.cpu_seconds}
    request = write_request(wanted | stated, data)
    with _turn_of_ours():
        try:
            frames = read_frames(Child(limits.wall_seconds, most + 64 * 1024).ask(request))
        except ChildTooSlow:
            raise DocumentTooSlow from None
        except (ChildBrokeOff, BadFramesError):
            raise DocumentUnreadable from None
    what, payload = frames[-1]
    if what == ERROR:
        raise BY_CODE.get(payload.decode("ascii", "replace"), DocumentUnreadable)(field=_field(payload))
    return frames


@contextmanager
def _turn_of_ours() -> Iterator[None]:
    """DocumentBusy at once where too many wait already, and after half a minute of waiting."""
    if not _places.acquire(blocking=False):
        raise DocumentBusy
    try:
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise DocumentBusy
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


def _field(code: bytes) -> str | None:
    return (
        "password"
        if issubclass(BY_CODE.get(code.decode("ascii", "replace"), DocumentUnreadable), DocumentLocked)
        else None
    )


def _is_bare_png(data: bytes) -> bool:
    """Signature and picture chunks alone."""
    place, seen = 8, []
    while place + 12 <= len(data):
        seen.append(data[place + 4 : place + 8])
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return place == len(data) and set(seen) == _PNG_PARTS and seen[-1] == b"IEND"

"""A document as it travels by a link: page images that anybody can look at, and the file itself where it may be saved.

Pages are drawn here, at the grant, without anything beside the picture. A photo's file leaves only drawn anew, so that
it doesn't tell where it was taken. What can't be shown says so in one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vault.documents import rendering
from vault.documents.errors import (
    DocumentBusy,
    DocumentLocked,
    DocumentNotShown,
    DocumentTooLarge,
    DocumentTooManyPages,
    DocumentTooSlow,
)
from vault.documents.kinds import Kind, kind_of, may_tell_place, name_for
from vault.errors import Invalid
from vault.health.composition import Enclosed, document_file
from vault.ids import RecordId
from vault.records.views import Original

MOST_TEXT_BYTES: Final = 256 * 1024

LOCKED: Final = "This PDF is locked with a password, so its pages can\u2019t be shown here."
NOT_SHOWN: Final = "This kind of file can\u2019t be shown here."
DAMAGED: Final = "This file could not be read, so its pages can\u2019t be shown here."
TOO_MUCH: Final = "This file is too large to be shown here."
NOT_CLEANED: Final = "The file itself stayed behind, because it may tell where a photo was taken."
MAY_SAVE: Final = "You can save the file itself."
MAY_NOT_SAVE: Final = "The patient did not allow saving it."


@dataclass(frozen=True, slots=True)
class _Drawn:
    images: tuple[bytes, ...] = ()
    total: int = 0
    why_not: str = ""


def enclose(record_id: RecordId, title: str, file: Original, *, may_save: bool, most_pages: int) -> tuple[bytes, int]:
    """The file of a link for one document, and how many page images it holds. DocumentBusy."""
    kind = kind_of(file.data)
    words = _is_text(file)
    drawn = _Drawn() if words else _draw(file.data, most_pages)
    original, content_type, filename = _original(file, kind) if may_save or words else (None, file.content_type, "")
    sentences = [drawn.why_not, _left_out(drawn)]
    if may_save and original is None:
        sentences.append(NOT_CLEANED)
    elif drawn.why_not:
        sentences.append(MAY_SAVE if may_save else MAY_NOT_SAVE)
    enclosed = Enclosed(
        record_id=record_id,
        title=title,
        content_type=content_type,
        filename=filename or file.filename,
        pages=drawn.images,
        total=drawn.total,
        original=original,
        note=" ".join(each for each in sentences if each),
    )
    return document_file(enclosed), len(drawn.images)


def _draw(data: bytes, most_pages: int) -> _Drawn:
    try:
        pages = rendering.render(data, count=most_pages)
    except DocumentBusy:
        raise
    except Invalid as error:
        return _Drawn(why_not=_why_not(error))
    return _Drawn(pages.images, pages.total)


def _why_not(error: Invalid) -> str:
    if isinstance(error, DocumentLocked):
        return LOCKED
    if isinstance(error, DocumentNotShown):
        return NOT_SHOWN
    return TOO_MUCH if isinstance(error, DocumentTooLarge | DocumentTooManyPages | DocumentTooSlow) else DAMAGED


def _left_out(drawn: _Drawn) -> str:
    if len(drawn.images) == drawn.total:
        return ""
    if not drawn.images:
        return TOO_MUCH
    return f"Only the first {len(drawn.images)} of {drawn.total} pages are shown here."


def _original(file: Original, kind: Kind | None) -> tuple[bytes | None, str, str]:
    """The bytes that may be saved, with their media type and name; None where they may tell a place."""
    if kind is Kind.PDF or (kind is None and not may_tell_place(file.data, file.content_type)):
        return file.data, file.content_type, file.filename
    if kind is None:
        return None, file.content_type, file.filename
    try:
        cleaned, media_type = rendering.without_location(file.data)
    except DocumentBusy:
        raise
    except Invalid:
        return None, file.content_type, file.filename
    return cleaned, media_type, name_for(Kind.PNG if media_type == "image/png" else Kind.JPEG, file.filename)


def _is_text(file: Original) -> bool:
    """Plain words are looked at as they are; there is nothing else in them."""
    if file.content_type != "text/plain" or len(file.data) > MOST_TEXT_BYTES or b"\0" in file.data:
        return False
    try:
        file.data.decode()
    except UnicodeDecodeError:
        return False
    return True

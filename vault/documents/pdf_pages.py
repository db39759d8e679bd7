"""Pages of a PDF drawn as pictures, in the drawing process alone. Its scripts don't run, its links lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pypdfium2

from vault.documents.drawing import page_of
from vault.documents.frames import PAGE, TOTAL, Failed, write_frame

MOST_PAGES: Final = 1_000
_PASSWORD_ERROR: Final = 4


def frames_of(wanted: dict[str, Any], data: bytes) -> Iterator[bytes]:
    """How many pages there are, then those that are wanted, while they fit."""
    document = _opened(data, wanted["password"])
    total = len(document)
    if total > MOST_PAGES:
        raise Failed("document-too-many-pages")
    if total == 0:
        raise Failed("document-unreadable")
    document.init_forms()
    yield write_frame(TOTAL, str(total).encode())
    left = wanted["most_bytes"]
    for number in range(wanted["first"], min(wanted["first"] + wanted["count"], total)):
        drawn = _drawn(document[number], wanted)
        left -= len(drawn)
        if left < 0:
            return
        yield write_frame(PAGE, drawn)


def _opened(data: bytes, password: str | None) -> Any:
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if error.err_code != _PASSWORD_ERROR:
            raise
    raise Failed("document-locked" if password is None else "document-password-wrong")


def _drawn(page: Any, wanted: dict[str, Any]) -> bytes:
    bitmap = page.render(scale=wanted["longest"] / max(*page.get_size(), 1))
    drawn = page_of(bitmap.to_pil(), wanted["quality"])
    bitmap.close()
    page.close()
    return drawn

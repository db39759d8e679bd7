"""A sealed archive on its way out: written to a file without a name, sent in pieces, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Final

from fastapi.responses import StreamingResponse

from vault.archive.making import Archiving

MEDIA_TYPE: Final = "application/vnd.health-data-vault.archive"
_PIECE_BYTES: Final = 1 << 18


def send_archive(archiving: Archiving, service: str, now: datetime) -> StreamingResponse:
    """The whole archive as an attachment. Only sealed bytes lie in the file; errors come before any is sent."""
    file = TemporaryFile()  # noqa: SIM115  It is closed when the last piece was sent.
    try:
        archiving.write(file, service)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="health-vault-{now:%Y-%m-%d}.hvarchive"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_pieces(file), media_type=MEDIA_TYPE, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece

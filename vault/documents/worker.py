"""The drawing process: a document comes in by standard input, cleaned page images go out by standard output.

Started as ``python -I -m vault.documents.worker`` by ``child``; it knows no key, no database and no other document.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from vault.documents.confinement import confine
from vault.documents.frames import END, ERROR, Failed, read_request, write_frame

_FORMATS: Final = {"jpeg": "JPEG", "png": "PNG", "heic": "HEIF"}


def main() -> None:
    wanted, data = read_request(sys.stdin.buffer.read())
    draw = _drawing_for(wanted["kind"])
    confine(wanted["memory"], wanted["cpu"])
    try:
        for frame in draw(wanted, data):
            _send(frame)
        _send(write_frame(END))
    except Failed as failed:
        _send(write_frame(ERROR, str(failed).encode()))
    except MemoryError:
        _send(write_frame(ERROR, b"document-too-large"))
    except Exception:  # Whatever a library makes of a damaged file.
        _send(write_frame(ERROR, b"document-unreadable"))
    os._exit(0)


def _drawing_for(kind: str) -> Callable[[dict[str, Any], bytes], Iterator[bytes]]:
    """Loads the libraries of this kind now: later no file opens."""
    if kind == "pdf":
        from vault.documents import pdf_pages  # noqa: PLC0415

        return pdf_pages.frames_of
    from vault.documents import drawing  # noqa: PLC0415

    if kind == "heic":
        import pillow_heif  # noqa: PLC0415

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.options.THUMBNAILS = False
        pillow_heif.register_heif_opener()
    return partial(drawing.frames_of, form=_FORMATS[kind])


def _send(frame: bytes) -> None:
    sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

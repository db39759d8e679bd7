"""Pictures drawn anew, in the drawing process alone: upright, on white, bare of everything that hung on them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any, Final

# TiffImagePlugin reads EXIF; it and the formats' plugins must be here before no file opens any more.
from PIL import Image, ImageOps, TiffImagePlugin  # noqa: F401

from vault.documents.frames import FILE, PAGE, TOTAL, Failed, write_frame

MOST_PIXELS: Final = 64_000_000
CLEAN_QUALITY: Final = 92

Image.preinit()
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("ignore")


def frames_of(wanted: dict[str, Any], data: bytes, form: str) -> Iterator[bytes]:
    """The photo as one page, or (``clean``) as a whole file in its own size."""
    try:
        image = Image.open(io.BytesIO(data), formats=(form,))
    except Image.DecompressionBombError:
        raise Failed("document-too-large") from None
    if image.width * image.height > MOST_PIXELS:
        raise Failed("document-too-large")
    if wanted["clean"]:
        flat = _flat(ImageOps.exif_transpose(image))
        yield write_frame(FILE, _png(flat) if form == "PNG" else _jpeg(flat, CLEAN_QUALITY))
        return
    yield write_frame(TOTAL, b"1")
    if wanted["first"] == 0:
        image.thumbnail((wanted["longest"], wanted["longest"]))
        yield write_frame(PAGE, page_of(ImageOps.exif_transpose(image), wanted["quality"]))


def page_of(image: Image.Image, quality: int) -> bytes:
    """A bare JPEG."""
    return _jpeg(_flat(image), quality)


def _flat(image: Image.Image) -> Image.Image:
    """Red, green and blue alone, on white; a new picture, so that nothing hangs on it."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        flat = Image.new("RGB", image.size, (255, 255, 255))
        flat.paste(image, mask=image.getchannel("A"))
        return flat
    if image.mode.startswith("I;16"):
        image = image.point(lambda level: level / 256).convert("L")
    flat = image.convert("RGB")
    flat.info = {}
    return flat


def _jpeg(flat: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=quality, optimize=False, progressive=False, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


def _png(flat: Image.Image) -> bytes:
    out = io.BytesIO()
    flat.save(out, "PNG", exif=None, icc_profile=None)
    return out.getvalue()

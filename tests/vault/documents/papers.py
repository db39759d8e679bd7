"""Documents that tests make for themselves: photos, scans and PDFs, good and hostile."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw, ImageFont

WORDS = "Magnesium 0.68 mmol/L (0.70–1.00)"  # noqa: RUF001
GPS_IFD, ORIENTATION = 0x8825, 0x0112
SECRET_PLACE = "Secret Street 5"


def photo(words: str = WORDS, size: tuple[int, int] = (1200, 900), form: str = "JPEG", **more: Any) -> bytes:
    """A photo of a paper with some words on it."""
    return saved(paper(words, size), form, **more)


def paper(words: str = WORDS, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.text((size[0] // 20, size[1] // 10), words, "black", _font(size[0] // 24))
    return image


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def saved(image: Image.Image, form: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def heic(image: Image.Image | None = None, **more: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image or paper()).save(out, quality=80, **more)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """Where and with what a photo was taken, and which way up."""
    data = Image.Exif()
    data[ORIENTATION] = orientation
    data[0x010E] = SECRET_PLACE
    data.get_ifd(GPS_IFD).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    return data.tobytes()


def pdf(*pages: str, width: int = 595, height: int = 842) -> bytes:
    """A PDF written by hand, one line of text a page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, words in enumerate(pages):
        drawn = f"BT /F1 24 Tf 60 {height - 100} Td ({words}) Tj ET"
        box = f"/MediaBox [0 0 {width} {height}] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {5 + 2 * number} 0 R >>")
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    return assembled(objects)


def assembled(objects: list[str], trailer: str = "") -> bytes:
    """Objects 1 to n with their table and trailer."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, written in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{written}\nendobj\n".encode("latin-1")
    table = len(out)
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer}>>\nstartxref\n{table}\n%%EOF\n"
    return bytes(out) + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}{end}".encode("latin-1")


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG of a huge picture, all black: its rows compress a thousandfold."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width // 8 + 1)) for _ in range(height)) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def dark_part(image: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything dark, in hundredths of width and height."""
    box = image.convert("L").point(lambda level: 255 if level < 128 else 0).getbbox()
    assert box is not None
    width, height = image.size
    return (box[0] * 100 // width, box[1] * 100 // height, box[2] * 100 // width, box[3] * 100 // height)

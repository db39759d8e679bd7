"""Documents become clean page images, or an error with a code; nothing that a file does reaches the server."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageOps

from tests.vault.documents.locked import locked_pdf
from tests.vault.documents.papers import (
    GPS_IFD,
    SECRET_PLACE,
    assembled,
    dark_part,
    exif,
    heic,
    opened,
    paper,
    pdf,
    photo,
    png_bomb,
    saved,
)
from vault.documents import rendering
from vault.documents.errors import (
    DocumentBusy,
    DocumentLocked,
    DocumentNotShown,
    DocumentPasswordWrong,
    DocumentTooLarge,
    DocumentTooManyPages,
    DocumentTooSlow,
    DocumentUnreadable,
)
from vault.documents.jpeg import is_bare_jpeg
from vault.documents.kinds import Kind, kind_of, name_for
from vault.documents.rendering import Limits, render, without_location
from vault.errors import VaultError

UPRIGHT = dark_part(paper())


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(first - second) <= 2 for first, second in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("data", "kind"),
    [(photo(), Kind.JPEG), (photo(form="PNG"), Kind.PNG), (heic(), Kind.HEIC), (pdf("Words"), Kind.PDF)],
    ids=["jpeg", "png", "heic", "pdf"],
)
def test_each_kind_is_told_by_its_bytes_and_drawn_as_a_bare_jpeg(data: bytes, kind: Kind) -> None:
    assert kind_of(data) is kind
    pages = render(data)
    assert pages.total == len(pages.images) == 1
    assert is_bare_jpeg(pages.images[0])
    image = opened(pages.images[0])
    assert max(image.size) <= 1600
    assert dark_part(image)[2] > 15


def test_what_is_no_document_of_these_kinds_is_said_to_be_none() -> None:
    for data in (b"", b"plain words", b"<svg/>", b"GIF89a" + b"\0" * 99, saved(paper(), "TIFF"), b"\0\0\0\x18ftypisom"):
        assert kind_of(data) is None
        with pytest.raises(DocumentNotShown):
            render(data)
    assert name_for(Kind.JPEG, "scan.json") == "scan.json.jpg"
    assert name_for(Kind.JPEG, "Scan.JPEG") == "Scan.JPEG"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIC"])
def test_where_a_photo_was_taken_never_survives(form: str) -> None:
    about = {"exif": exif(), "xmp": f"<x:xmpmeta>{SECRET_PLACE}</x:xmpmeta>".encode()}
    data = heic(**about) if form == "HEIC" else photo(form=form, **about)
    assert SECRET_PLACE.encode() in data
    assert form == "HEIC" or opened(data).getexif().get_ifd(GPS_IFD)
    cleaned, _ = without_location(data)
    for out in (render(data).images[0], cleaned):
        assert SECRET_PLACE.encode() not in out
        image = opened(out)
        assert not image.getexif()
        assert not image.getexif().get_ifd(GPS_IFD)
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(image.info)


def test_a_cleaned_photo_keeps_its_size_and_its_picture() -> None:
    data = photo(size=(2400, 1800), exif=exif())
    cleaned, media_type = without_location(data)
    assert media_type == "image/jpeg"
    assert opened(cleaned).size == (2400, 1800)
    assert near(dark_part(opened(cleaned)), dark_part(opened(data)))
    assert without_location(photo(form="PNG"))[1] == "image/png"
    assert without_location(heic())[1] == "image/jpeg"
    with pytest.raises(DocumentNotShown):
        without_location(pdf("Words"))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_photo_held_sideways_stands_upright(orientation: int) -> None:
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    about = Image.Exif()
    about[0x0112] = undo
    turned = paper()
    turned.getexif()[0x0112] = undo
    lying = ImageOps.exif_transpose(turned)
    data = saved(lying, exif=exif(orientation))
    assert near(dark_part(opened(render(data).images[0])), UPRIGHT)
    assert near(dark_part(opened(without_location(data)[0])), UPRIGHT)


def test_transparent_and_deep_pictures_are_drawn_on_white() -> None:
    clear = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    assert opened(render(saved(clear, "PNG")).images[0]).getpixel((5, 5)) == (255, 255, 255)
    deep = Image.new("I;16", (400, 300), 0xFFFF)
    assert opened(render(saved(deep, "PNG")).images[0]).getpixel((5, 5)) == (255, 255, 255)
    assert render(saved(paper().convert("CMYK"))).total == 1
    assert render(saved(paper().quantize(), "PNG")).total == 1


def test_all_pages_or_one_page_of_a_pdf() -> None:
    data = pdf(*(f"Page {number}" for number in range(1, 41)))
    assert (render(data).total, len(render(data).images)) == (40, rendering.MOST_PAGES)
    last = render(data, first=39, count=1)
    assert len(last.images) == 1
    assert opened(last.images[0]).size == (1131, 1600)
    assert render(data, first=40, count=1).images == ()


def test_a_locked_pdf_opens_with_its_password_alone() -> None:
    data = locked_pdf("night train", "Magnesium 0.68")
    with pytest.raises(DocumentLocked) as asked:
        render(data)
    assert (asked.value.code, asked.value.field) == ("document-locked", "password")
    for wrong in ("", "Night train", "x" * 200):
        with pytest.raises(DocumentPasswordWrong) as refused:
            render(data, wrong)
        assert refused.value.code == "document-password-wrong"
    assert dark_part(opened(render(data, "night train").images[0]))[2] > 15


@pytest.mark.parametrize("head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"\0\0\0\x18ftypheic"])
def test_garbage_is_unreadable(head: bytes) -> None:
    for tail in (b"", bytes(range(256)) * 40, b"\xff" * 5000):
        with pytest.raises(DocumentUnreadable):
            render(head + tail)


def test_half_a_file_is_unreadable_or_a_picture_but_never_a_crash() -> None:
    for data in (photo(), photo(form="PNG"), heic(), pdf("Words")):
        for part in (3, 2):
            try:
                assert render(data[: len(data) * part // 4]).total == 1
            except DocumentUnreadable:
                continue


def test_a_bomb_of_a_picture_is_refused_and_nothing_grows() -> None:
    small = png_bomb(30_000, 30_000)
    assert len(small) < 200_000
    with pytest.raises(DocumentTooLarge):
        render(small)
    wide = bytearray(photo())
    place = wide.index(b"\xff\xc0")
    wide[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(DocumentTooLarge):
        render(bytes(wide))


def test_the_largest_picture_that_we_show_fits_the_memory() -> None:
    assert render(png_bomb(8_000, 8_000)).total == 1
    largest = saved(Image.new("RGBA", (8_000, 8_000), (9, 9, 9, 128)), "PNG", compress_level=1)
    assert render(largest).total == 1
    assert without_location(largest)[1] == "image/png"


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    with pytest.raises(DocumentTooManyPages):
        render(pdf(*("x" for _ in range(1_001))))


def test_a_page_of_monstrous_size_is_drawn_small() -> None:
    assert max(opened(render(pdf("x", width=14_400, height=14_400)).images[0]).size) == 1600
    assert max(opened(render(pdf("x", width=2, height=14_400)).images[0]).size) <= 1601


def endless_pdf() -> bytes:
    """A page whose every dot is worked out by four thousand sines: much work in little memory."""
    function = "{ add " + "sin cos " * 2_000 + "}"
    return assembled(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            "/Resources << /Shading << /S 5 0 R >> >> >>",
            "<< /Length 5 >>\nstream\n/S sh\nendstream",
            "<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 595 0 842] /Function 6 0 R >>",
            f"<< /FunctionType 4 /Domain [0 595 0 842] /Range [0 1] /Length {len(function)} >>\n"
            f"stream\n{function}\nendstream",
        ]
    )


def test_a_pdf_without_end_is_stopped_by_the_clock_and_by_the_work_it_may_do() -> None:
    began = time.monotonic()
    with pytest.raises(DocumentTooSlow):
        render(endless_pdf(), limits=Limits(wall_seconds=1.5))
    with pytest.raises(DocumentTooSlow):
        render(endless_pdf(), limits=Limits(cpu_seconds=1))
    assert time.monotonic() - began < 15


def exhausting_pdf() -> bytes:
    """A page whose drawing draws itself twice, forty times over: a billion strokes in a kilobyte."""
    forms = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /XObject << /F 5 0 R >> >> >>",
        "<< /Length 5 >>\nstream\n/F Do\nendstream",
    ]
    for number in range(5, 31):
        deeper = f"/Resources << /XObject << /F {number + 1} 0 R >> >>" if number < 30 else ""
        drawn = " ".join(["/F Do"] * 4) if number < 30 else "0 0 m 500 800 l S"
        head = f"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] {deeper} /Length {len(drawn)} >>"
        forms.append(f"{head}\nstream\n{drawn}\nendstream")
    return assembled(forms)


def test_a_library_that_falls_over_its_memory_takes_nothing_along() -> None:
    with pytest.raises((DocumentUnreadable, DocumentTooLarge, DocumentTooSlow)):
        render(exhausting_pdf(), limits=Limits(wall_seconds=5))
    assert render(photo()).total == 1


def test_memory_has_an_end() -> None:
    with pytest.raises((DocumentTooLarge, DocumentUnreadable)):
        render(saved(Image.new("RGBA", (8_000, 7_999)), "PNG"), limits=Limits(memory_bytes=300 << 20))


def test_only_so_many_documents_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WAIT_SECONDS", 0.05)
    for _ in range(rendering.AT_ONCE):
        assert rendering._turn.acquire(timeout=1)
    try:
        with pytest.raises(DocumentBusy):
            render(photo())
    finally:
        for _ in range(rendering.AT_ONCE):
            rendering._turn.release()
    assert render(photo()).total == 1


def test_a_crowd_that_wants_documents_drawn_keeps_few_threads_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WAIT_SECONDS", 2.0)
    for _ in range(rendering.AT_ONCE):
        assert rendering._turn.acquire(timeout=1)
    try:
        with ThreadPoolExecutor(40) as crowd:
            began = time.monotonic()
            waits = [wait for wait in crowd.map(lambda _: seconds_until_busy(began), range(40)) if wait > 1.0]
    finally:
        for _ in range(rendering.AT_ONCE):
            rendering._turn.release()
    assert len(waits) <= rendering.AT_ONCE + rendering.MOST_WAITING
    assert render(photo()).total == 1


def seconds_until_busy(began: float) -> float:
    with pytest.raises(DocumentBusy):
        render(photo())
    return time.monotonic() - began


def test_errors_hold_nothing_of_the_document() -> None:
    for data in (b"%PDF-1.7 Magnesium", photo()[:500] + b"Magnesium"):
        with pytest.raises(VaultError) as refused:
            render(data)
        assert "Magnesium" not in f"{refused.value!r} {refused.value.advice} {refused.value.__cause__!r}"


def test_bare_jpegs_are_told_from_others() -> None:
    bare = render(photo()).images[0]
    assert is_bare_jpeg(bare)
    for other in (photo(exif=exif()), photo(comment=b"words"), bare + b"tail", bare[:-2], b"", photo(form="PNG")):
        assert not is_bare_jpeg(other)
    progressive = io.BytesIO()
    paper().save(progressive, "JPEG", progressive=True)
    assert is_bare_jpeg(progressive.getvalue())

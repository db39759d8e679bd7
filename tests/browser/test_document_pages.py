"""A photo or PDF in the browser: put in, looked at, typed in beside it, found again from its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import Given, create_vault, open_link
from tests.vault.documents.locked import locked_pdf
from tests.vault.documents.papers import exif, paper, pdf, saved

pytestmark = pytest.mark.xdist_group("browser-document-pages")

LINES = (
    "Town Laboratory     20 Jan 2026",
    "Magnesium   0.68   mmol/L   (0.70–1.00)",  # noqa: RUF001
    "Potassium   4.1   mmol/L   (3.5–5.1)",  # noqa: RUF001
)


def photo() -> FilePayload:
    """A photo of a lab report, held sideways, with the place where it was taken."""
    upright = paper("\n\n".join(LINES), (1000, 1300))
    data = saved(upright.rotate(90, expand=True), exif=exif(6))
    return {"name": "IMG_20260121.jpg", "mimeType": "image/jpeg", "buffer": data}


def bring(page: Page, file: FilePayload) -> None:
    page.goto("/add")
    page.get_by_role("link", name="Add a photo or PDF").click()
    page.get_by_label("Photo or PDF", exact=True).set_input_files(file)
    page.get_by_role("button", name="Keep it and go on").click()
    expect(page.get_by_role("heading", name="Type in what it says")).to_be_visible()


def fill_row(page: Page, number: int, test: str, value: str, *limits: str) -> None:
    row = page.get_by_role("group", name=f"Row {number}", exact=True)
    row.get_by_label("Which test?").select_option(test)
    row.get_by_label("Result", exact=True).fill(value)
    row.get_by_label("Unit", exact=True).fill("mmol/L")
    row.get_by_label("Range from").fill(limits[0])
    row.get_by_label("Range to").fill(limits[1])


def pictures_loaded(page: Page) -> list[tuple[int, int]]:
    sizes: list[tuple[int, int]] = page.locator(".pages img").evaluate_all(
        "images => Promise.all(images.map(async i => { i.loading = 'eager'; await i.decode();"
        " return [i.naturalWidth, i.naturalHeight]; }))"
    )
    return sizes


def test_screenshots_of_the_document_pages(open_browser: Callable[..., Page], watch: Watch, pictures: Any) -> None:
    page, camera = open_browser(), Camera(pictures)
    create_vault(page, "document-pictures@example.org")
    page.goto("/add/document")
    camera.take(page, "document-add")
    bring(page, photo())
    (size,) = pictures_loaded(page)
    assert size[0] < size[1]
    camera.take(page, "document-type-in")
    watch.expected.add(422)
    fill_row(page, 1, "magnesium", "0,68", "0.70", "1.00")
    page.get_by_role("button", name="Keep these results").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    pictures_loaded(page)
    camera.take(page, "document-type-in-wrong")
    page.get_by_label("Day the sample was taken").fill("2026-01-20")
    fill_row(page, 1, "magnesium", "0.68", "0.70", "1.00")
    page.get_by_role("button", name="Keep these results").click()
    expect(page.get_by_text("1 result kept.")).to_be_visible()
    pictures_loaded(page)
    camera.take(page, "document-kept")
    page.goto("/add/document")
    page.get_by_label("Photo or PDF", exact=True).set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    )
    page.get_by_role("button", name="Keep it and go on").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    camera.take(page, "document-add-wrong")
    bring(page, {"name": "a.pdf", "mimeType": "application/pdf", "buffer": locked_pdf("night train", "Magnesium 0.68")})
    camera.take(page, "document-locked")
    page.get_by_label("Password of the PDF").fill("day train")
    page.get_by_role("button", name="Show the pages").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    camera.take(page, "document-locked-wrong")
    page.get_by_label("Password of the PDF").fill("night train")
    page.get_by_role("button", name="Show the pages").click()
    expect(page.locator(".pages img")).to_have_count(1)
    assert len(pictures_loaded(page)) == 1
    bring(page, {"name": "bad.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"})
    camera.take(page, "document-damaged")


def test_a_photo_typed_in_from_is_one_tap_from_its_result(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "documents@example.org")
    bring(page, photo())
    assert pictures_loaded(page)
    fill_row(page, 1, "magnesium", "0.68", "0.70", "1.00")
    page.get_by_label("Day the sample was taken").fill("2026-01-20")
    page.get_by_label("Lab or hospital").fill("Town Laboratory")
    fill_row(page, 2, "potassium", "4.1", "3.5", "5.1")
    narrow = page.locator(".pages img").bounding_box()
    page.get_by_role("radio", name="Very large").check()
    wide = page.locator(".pages img").bounding_box()
    assert narrow
    assert wide
    assert wide["width"] > 2 * narrow["width"]
    page.get_by_role("button", name="Keep these results").click()
    expect(page.get_by_text("2 results kept.")).to_be_visible()
    page.get_by_role("link", name="See my results").click()
    page.get_by_role("link", name="Magnesium", exact=True).click()
    expect(page.locator("main")).to_contain_text("0.68")
    page.get_by_role("link", name="read from your document").first.click()
    expect(page.get_by_role("heading", name="IMG_20260121.jpg")).to_be_visible()
    assert pictures_loaded(page)
    assert "agnesium" not in page.url + page.title()


def test_without_javascript_and_by_keyboard_alone_a_pdf_is_typed_in(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "documents-plain@example.org")
    state = page.context.storage_state()
    page = open_browser(java_script_enabled=False, storage_state=state)
    page.goto("/add/document")
    file = {"name": "lab.pdf", "mimeType": "application/pdf", "buffer": pdf("Magnesium 0.68 mmol/L")}
    page.get_by_label("Photo or PDF", exact=True).set_input_files(file)  # type: ignore[arg-type]
    press_to(page, page.get_by_role("button", name="Keep it and go on"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Type in what it says")).to_be_visible()
    press_to(page, page.get_by_label("Day the sample was taken"))
    page.keyboard.type("01012026")  # The same in every order of day and month.
    row = page.get_by_role("group", name="Row 1", exact=True)
    press_to(page, row.get_by_label("Which test?"))
    page.keyboard.type("Magnesium")
    page.keyboard.press("Tab")
    page.keyboard.type("0.68")
    page.keyboard.press("Tab")
    page.keyboard.type("mmol/L")
    press_to(page, page.get_by_role("button", name="Add another row"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Row 4", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="Row 4", exact=True).get_by_label("Which test?")).to_be_focused()
    expect(row.get_by_label("Result", exact=True)).to_have_value("0.68")
    press_to(page, page.get_by_role("button", name="Keep these results"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 result kept.")).to_be_visible()


def press_to(page: Page, target: Any) -> None:
    """Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.and_(page.locator(":focus")).count():
            return
    raise AssertionError("not reached by Tab")


def give(page: Page, recipient: str) -> Given:
    """From *who is it for* to the link."""
    page.get_by_label("Who is it for?").fill(recipient)
    page.get_by_role("radio", name="My care").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Check my answers").click()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name=f"Ready to share with {recipient}")).to_be_visible()
    return Given("", page.locator("#link").inner_text().strip(), page.locator(".passcode .code").inner_text())


def test_a_photo_and_what_was_read_from_it_are_seen_by_the_doctor(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "documents-shared@example.org")
    bring(page, photo())
    fill_row(page, 1, "magnesium", "0.68", "0.70", "1.00")
    page.get_by_label("Day the sample was taken").fill("2026-01-20")
    page.get_by_role("button", name="Keep these results").click()
    page.get_by_role("link", name="Share this").click()
    page.locator("input[name=include][value='analyte:magnesium']").check()
    page.get_by_role("button", name="Continue").click()
    given = give(page, "Dr Ada Okafor")
    doctor = open_browser()
    open_link(doctor, given)
    contents = doctor.locator("#contents")
    expect(contents).to_contain_text("0.68")
    expect(contents).to_contain_text("read from a document and confirmed by the patient")
    expect(contents).to_contain_text("IMG_20260121.jpg")
    canvas = doctor.locator("#contents canvas").first
    expect(canvas).to_be_visible()
    doctor.wait_for_function("() => document.querySelector('#contents canvas').width > 500")
    assert canvas.evaluate("each => each.width < each.height")

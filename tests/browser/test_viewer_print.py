"""The doctor's page on paper: whose records, where each result came from, the caution and the page numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser import shared
from tests.browser.routed import RoutedLink
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-viewer-print")


def on_paper(page: Page, file: Path) -> list[str]:
    """The text of each sheet; pictures of them lie beside the file."""
    page.pdf(path=file, format="A4", print_background=False, prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(file)
    for number, sheet in enumerate(document, start=1):
        sheet.render(scale=1.5).to_pil().save(file.with_name(f"{file.stem}-{number}.png"))
    return [" ".join(sheet.get_textpage().get_text_range().split()) for sheet in document]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_names_the_patient_the_sources_the_caution_and_the_pages(
    scheme: str, *, server: Server, open_browser: Callable[..., Page], pictures: Path
) -> None:
    page = open_browser(color_scheme=scheme)
    page.add_init_script("window.print = () => { document.body.dataset.printed = 'yes' }")
    pressures = [shared.pressure(f"2025-{month:02d}-07", 118 + month * 4, 76 + month) for month in (1, 5, 9)]
    early = [shared.magnesium(f"2019-{month:02d}-02", round(0.7 + month / 100, 2)) for month in range(1, 10)]
    content = [*shared.magnesium_history(), *early, *pressures, *shared.others(), *shared.many_tests(6)]
    RoutedLink(server.base, [shared.bundle(*content, actions=("view", "print")), shared.letter(pages=2)]).open(page)
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body[data-printed]")).to_be_attached()
    sheets = on_paper(page, pictures / f"viewer-paper-{scheme}.pdf")
    assert len(sheets) > 3
    for number, words in enumerate(sheets, start=1):
        assert "Ana Example, Born 29 Feb 1980" in words
        assert f"Page {number} of {len(sheets)}" in words
    whole = " ".join(sheets)
    assert (
        "Chosen by the patient. May not be complete. Not seeing something here doesn\u2019t mean it isn\u2019t so."
        in whole
    )
    assert "as \u201cDr Ada Okafor, Hill Street Surgery\u201d" in whole
    for source in ("sent by lab", "uploaded file", "typed by the patient", "read from a document and confirmed"):
        assert source in whole
    for words in ("<0.5", "Sample haemolysed", "2 Sep 2019", "2 Jan 2019", "Shaded: the lab"):
        assert words in whole, words
    for words in ("Penicillin", "Walking plan", "Thirty minutes a day"):
        assert words in whole, words
    assert "Close and clear" not in whole
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".printed")).to_have_count(0)


def test_paper_stays_empty_where_printing_was_not_allowed(
    server: Server, open_browser: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_browser()
    RoutedLink(server.base, [shared.bundle(*shared.magnesium_history())]).open(page)
    [only] = on_paper(page, tmp_path / "refused.pdf")
    assert "The patient did not allow printing." in only
    assert "Magnesium" not in only
    assert "Ana Example" not in only

"""Erasing for good as a person goes through it: one record in a share, then everything, certificate in hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, create_vault, import_file, share_test
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-erasing-pages")


@contextmanager
def reading(server: Server) -> Iterator[None]:
    """Somebody still looks at the state as it is, so its old bytes stay in the write-ahead log."""
    connection = sqlite3.connect(server.data / "vault.sqlite3", isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM record").fetchone()
    try:
        yield
    finally:
        connection.close()


def test_a_record_and_then_everything_is_erased_screenshots(
    open_browser: Callable[..., Page], server: Server, watch: Watch, pictures: Path, tmp_path: Path
) -> None:
    watch.expected |= {401, 422}
    camera, page, doctor = Camera(pictures), open_browser(), open_browser()
    create_vault(page, "ada-erasing@example.org")
    import_file(page, MAGNESIUM_FILE)
    share = share_test(page, "magnesium", "Dr Lee")

    page.goto("/records?kind=observation")
    page.get_by_role("link", name="Magnesium", exact=True).first.click()
    expect(page.get_by_role("heading", name="Who can see this?")).to_be_visible()
    page.get_by_role("link", name="Erase for good").click()
    camera.take(page, "erase-record", at="Erase for good")
    expect(page.get_by_role("link", name="Dr Lee")).to_be_visible()
    page.get_by_role("button", name="Erase it for good").click()
    expect(page.get_by_role("status").filter(has_text="Erased for good.")).to_be_visible()
    camera.take(page, "erase-record-done", at="Records")
    page.goto(share.address)
    expect(page.get_by_text("Erased since")).to_be_visible()
    camera.take(page, "erase-record-share", at="Dr Lee")
    doctor.goto(share.link)
    expect(doctor.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/records?kind=observation")
    page.get_by_role("link", name="Magnesium", exact=True).first.click()
    page.get_by_role("button", name="Move to the bin").click()
    expect(page.get_by_text("Moved to the bin.")).to_be_visible()
    page.goto("/bin")
    camera.take(page, "erase-bin", at="Bin")

    page.goto("/account")
    page.get_by_role("link", name="Erase everything").click()
    camera.take(page, "erase-everything", at="Erase everything")
    page.get_by_role("button", name="Erase everything now").click()
    expect(page.get_by_role("alert")).to_contain_text("Please type the word erase")
    camera.take(page, "erase-everything-no-word")
    with reading(server):
        page.get_by_label("Type the word erase").fill("erase")
        page.get_by_role("button", name="Erase everything now").click()
        camera.take(page, "erased-soon", at="The vault is being erased")
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    for _ in range(60):
        if page.get_by_role("heading", name="Everything is erased").is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    camera.take(page, "erased", at="Everything is erased")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the certificate").click()
    saved.value.save_as(tmp_path / "certificate.json")
    told = json.loads((tmp_path / "certificate.json").read_text())["certificate"]
    assert told["erased"]["shares"] == 1
    page.reload()
    expect(page.get_by_text("You have saved it.")).to_be_visible()
    page.goto("/records")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Records")

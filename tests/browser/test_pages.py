"""Every page: nothing for axe to find, nothing wider than the screen, pictures to look at, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import (
    MAGNESIUM_FILE,
    PASSPHRASE,
    create_vault,
    fill_share,
    import_file,
    open_link,
    share_test,
)
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-pages")


def test_screenshots_of_every_page_show_no_fault(
    server: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {401, 404, 422}
    camera = Camera(pictures)
    page = open_browser()
    strangers_pages(page, camera)
    create_vault(page, "page-pictures@example.org")
    page.goto("/results")
    camera.take(page, "results-empty")
    citizens_pages(page, camera)
    given = share_test(page, "magnesium", "Dr Ada Okafor", actions=("print and copy",))
    camera.take(page, "share-given")
    doctor = open_browser()
    doctors_pages(doctor, camera, given)
    shares_pages(page, camera)
    admin = open_browser()
    admins_pages(admin, camera, server)


def strangers_pages(page: Page, camera: Camera) -> None:
    for path, name in (("/sign-in", "sign-in"), ("/come-back", "come-back"), ("/view", "view-paste")):
        page.goto(path)
        camera.take(page, name)
    page.goto("/nowhere")
    camera.take(page, "error-404")


def citizens_pages(page: Page, camera: Camera) -> None:
    page.goto("/type-in")
    page.get_by_label("Result").fill("0,80")
    page.get_by_label("Which test?").select_option("magnesium")
    page.get_by_label("Day the sample was taken").fill("2026-01-20")
    page.get_by_role("button", name="Keep this result").click()
    expect(page.get_by_label("Result")).to_have_value("0,80")
    camera.take(page, "type-in-refused")
    page.goto("/add")
    camera.take(page, "add")
    import_file(page, MAGNESIUM_FILE)
    camera.take(page, "import-report")
    for path, name in (("/results", "results"), ("/records", "records"), ("/account", "account"), ("/bin", "bin")):
        page.goto(path)
        camera.take(page, name)
    page.goto("/results")
    page.get_by_role("link", name="Magnesium", exact=True).click()
    camera.take(page, "result", at="Magnesium")
    page.get_by_role("link", name="The record as it came").click()
    expect(page.locator("pre")).to_be_attached()
    camera.take(page, "record")
    fill_share(page, "magnesium", "Dr Ada Okafor")
    camera.take(page, "share")
    page.get_by_role("button", name="Check my answers").click()
    camera.take(page, "share-check", at="Check your answers")


def doctors_pages(page: Page, camera: Camera, given: object) -> None:
    page.goto(given.link)  # type: ignore[attr-defined]
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    camera.take(page, "view-ask")
    open_link(page, given)  # type: ignore[arg-type]
    camera.take(page, "view")


def shares_pages(page: Page, camera: Camera) -> None:
    for path, name in (("/shares", "shares"), ("/who-looked", "who-looked")):
        page.goto(path)
        camera.take(page, name)
    page.goto("/shares")
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("The link opens nothing any more")).to_be_visible()
    camera.take(page, "share-stopped")
    page.get_by_role("link", name="What you agreed to").click()
    camera.take(page, "receipt", at="Receipt of a share")


def admins_pages(page: Page, camera: Camera, server: Server) -> None:
    server.create_admin("admin@example.org", PASSPHRASE)
    page.goto("/admin/sign-in")
    camera.take(page, "admin-sign-in")
    page.get_by_label("E-mail address").fill("admin@example.org")
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Access log")).to_be_visible()
    camera.take(page, "admin-log")
    page.goto("/admin/log?event=open&grant=nonsense")
    expect(page.get_by_role("alert")).to_contain_text("whole id")


def test_axe_finds_what_is_wrong_with_a_bad_page(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'), new Image())")
    assert {"image-alt", "button-name"} <= {each["id"] for each in Axe().run(page).response["violations"]}


def test_the_citizens_path_works_without_javascript(open_browser: Callable[..., Page]) -> None:
    page = open_browser(java_script_enabled=False)
    create_vault(page, "noscript@example.org")
    import_file(page, MAGNESIUM_FILE)
    share_test(page, "magnesium", "Dr Ada Okafor")
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("The link opens nothing any more")).to_be_visible()
    page.goto("/results")
    page.get_by_role("link", name="Magnesium", exact=True).click()
    expect(page.get_by_role("row")).not_to_have_count(0)

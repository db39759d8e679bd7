"""The admin's pages: filters, a raw entry, a copy, what admins did; by keyboard and without JavaScript too."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import PASSPHRASE
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-admin-pages")


def sign_in(page: Page, server: Server, email: str) -> None:
    server.create_admin(email, PASSPHRASE)
    page.goto("/admin/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Access log")).to_be_visible()


def test_screenshots_of_the_admins_pages(
    server: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {422}
    camera = Camera(pictures)
    page = open_browser()
    page.goto("/admin/sign-in")
    camera.take(page, "admin-sign-in")
    sign_in(page, server, "console@example.org")
    page.goto("/admin/log?event=sign-in")
    page.locator("tr.raw summary").first.click()
    camera.take(page, "admin-log-raw-entry")
    page.goto("/admin/log?event=restore&until=2020-01-01")
    camera.take(page, "admin-log-nothing")
    page.goto("/admin/log?grant=nonsense")
    expect(page.get_by_role("alert")).to_contain_text("whole id")
    camera.take(page, "admin-log-refused")
    page.get_by_role("link", name="What admins did").click()
    camera.take(page, "admin-acts", at="What admins did")


def test_an_admin_filters_and_takes_a_copy_without_javascript(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(java_script_enabled=False)
    sign_in(page, server, "plain@example.org")
    page.get_by_label("Event").select_option("sign-in")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("event=sign-in"))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Take a copy as CSV").click()
    assert waiting.value.suggested_filename == "access-log.csv"
    page.get_by_role("link", name="What admins did").click()
    expect(page.get_by_text("export").first).to_be_visible()


def test_a_raw_entry_opens_by_keyboard(server: Server, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    sign_in(page, server, "admin-keys@example.org")
    raw = page.locator("tr.raw details").first
    raw.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(raw.get_by_text("leaf hash")).to_be_visible()

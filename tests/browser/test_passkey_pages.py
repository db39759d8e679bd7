"""Passkeys as people meet them, with a device that keeps them: Chromium's virtual authenticator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.authenticator import with_device
from tests.browser.camera import Camera
from tests.browser.steps import MAGNESIUM_FILE, PASSPHRASE, create_vault, import_file, keep_sheet

pytestmark = pytest.mark.xdist_group("browser-passkey-pages")
NEW = "velvet glacier pencil mango"


def answer_questions(page: Page, email: str) -> None:
    """Up to the last question: how the vault is opened."""
    page.goto("/sign-up")
    page.get_by_label("What is your name?").fill("Ada Example")
    page.get_by_role("button", name="Continue").click()
    for part, typed in (("Day", "5"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What is your e-mail address?").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="How will you open your vault?")).to_be_visible()


def read_trend(page: Page) -> None:
    page.goto("/results")
    page.get_by_role("link", name="Magnesium").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Magnesium")
    expect(page.locator("figure svg, svg.trend").first).to_be_visible()


def test_a_vault_opens_by_a_passkey_alone_and_by_the_recovery_code_when_it_is_lost_screenshots(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page = Camera(pictures), open_browser()
    device = with_device(page)
    answer_questions(page, "ada-passkey@example.org")
    camera.take(page, "passkey-sign-up")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".groups li")).to_have_count(8)
    code = "-".join(page.locator(".groups li").all_inner_texts())
    keep_sheet(page)
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()
    import_file(page, MAGNESIUM_FILE)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    camera.take(page, "passkey-sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    read_trend(page)
    page.goto("/account/ways-in")
    camera.take(page, "passkey-ways-in")

    device.lose()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing was done")).to_be_visible()
    page.get_by_role("link", name="I forgot my passphrase").click()
    page.get_by_label("E-mail address").fill("ada-passkey@example.org")
    page.get_by_label("Recovery code").fill(code.lower().replace("-", " "))
    page.get_by_label("New passphrase").fill(NEW)
    page.locator("main").get_by_role("button").last.click()
    keep_sheet(page)
    expect(page.get_by_text("You are back")).to_be_visible()
    read_trend(page)


def test_a_device_that_opens_nothing_signs_in_and_the_page_says_so_kindly_screenshots(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page = Camera(pictures), open_browser()
    with_device(page, computes=False)
    create_vault(page, "plain-passkey@example.org")
    page.goto("/account/ways-in")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="A passkey", exact=True)).to_be_visible()
    camera.take(page, "passkey-add")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("This passkey signs you in")
    camera.take(page, "passkey-ways-in-plain")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    camera.take(page, "passkey-unlock-plain")
    page.get_by_label("Your passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()
    page.goto("/account/ways-in")
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("It signs nobody in any more")


def test_a_wrong_finger_does_nothing_and_the_page_says_so(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    device = with_device(page)
    answer_questions(page, "finger-passkey@example.org")
    page.get_by_role("button", name="Use a passkey").click()
    keep_sheet(page)
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create my vault").first).to_be_visible()
    page.goto("/sign-in")
    device.refuse()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing was done")).to_be_visible()

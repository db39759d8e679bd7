"""The whole citizen's path with nothing but a keyboard: from the first page to who looked, and out again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PASSPHRASE, tab_to

pytestmark = pytest.mark.xdist_group("browser-whole-path")


def test_the_whole_path_by_keyboard_alone(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/")
    makes_a_vault(page)
    types_in_a_result(page)
    shares_it(page)
    stops_and_sees_who_looked(page)
    go(page, "Sign out")
    expect(page.get_by_role("link", name="Create my vault")).to_be_visible()


def go(page: Page, name: str) -> None:
    """Reach what has this name and press it; it leads to another page."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def makes_a_vault(page: Page) -> None:
    go(page, "Create my vault")
    expect(page.get_by_label("What is your name?")).to_be_focused()
    page.keyboard.type("Ada Example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Day", exact=True)).to_be_focused()
    for part in ("5", "4", "1980"):
        page.keyboard.type(part)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What is your e-mail address?")).to_be_focused()
    page.keyboard.type("whole-path@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Choose a passphrase")).to_be_visible()
    tab_to(page, "Choose a passphrase")
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.locator(".groups li")).to_have_count(8)
    last = page.locator(".groups li").all_inner_texts()[-1]
    go(page, "I have it on paper")
    expect(page.get_by_label("Type the last group")).to_be_focused()
    page.keyboard.type(last)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()


def types_in_a_result(page: Page) -> None:
    go(page, "Type in a result")
    tab_to(page, "Which test?")
    page.keyboard.type("Magnesium")
    for _ in range(4):
        if page.get_by_label("Which test?").input_value() != "magnesium":
            page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Which test?")).to_have_value("magnesium")
    tab_to(page, "Result")
    page.keyboard.type("0.68")
    tab_to(page, "Unit")
    page.keyboard.type("mmol/L")
    tab_to(page, "Day the sample was taken")
    page.keyboard.type("02022026")  # The same in every order of day and month.
    expect(page.get_by_label("Day the sample was taken")).to_have_value("2026-02-02")
    tab_to(page, "From")
    page.keyboard.type("0.70")
    tab_to(page, "To")
    page.keyboard.type("1.00")
    go(page, "Keep this result")
    expect(page.get_by_text("below the lab\u2019s range").first).to_be_visible()


def shares_it(page: Page) -> None:
    go(page, "Show this to my doctor")
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    go(page, "Allow")
    expect(page.get_by_role("heading", name="Ready to share with My doctor")).to_be_visible()


def stops_and_sees_who_looked(page: Page) -> None:
    go(page, "Stop sharing")
    expect(page.get_by_text("The link opens nothing any more")).to_be_visible()
    go(page, "Who looked")
    expect(page.get_by_role("heading", name="Who looked")).to_be_visible()
    expect(page.locator("main")).to_contain_text("stopped a share")

"""The main job, end to end: put results in, see them, share one test, open the link, stop, see who looked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, Given, create_vault, import_file, open_link, share_test

pytestmark = pytest.mark.xdist_group("browser-journey")


def test_a_shared_test_is_seen_until_sharing_stops_and_the_log_tells(
    open_browser: Callable[..., Page], watch: Watch
) -> None:
    citizen = open_browser()
    create_vault(citizen, "journey@example.org")
    import_file(citizen, MAGNESIUM_FILE)
    read_the_trend(citizen)
    given = share_test(citizen, "magnesium", "Dr Ada Okafor")
    expect(citizen.locator("img.qr")).to_be_visible()
    assert citizen.locator("img.qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100

    doctor = open_browser()
    nothing_leaves_before_open(doctor, given)
    doctor_sees_exactly_the_magnesium(doctor)
    doctor.reload()
    doctor_sees_exactly_the_magnesium(doctor)

    citizen.goto("/shares")
    citizen.get_by_role("button", name="Stop sharing with Dr Ada Okafor").click()
    expect(citizen.get_by_text("The link opens nothing any more")).to_be_visible()

    watch.expected.add(404)
    doctor.reload()
    expect(doctor.get_by_role("heading", name="This link no longer works")).to_be_visible()
    expect(doctor.locator("#gone-end")).to_contain_text("The end date in the link")
    expect(doctor.get_by_text("mmol/L")).to_have_count(0)

    citizen.goto("/who-looked")
    log = citizen.locator("main")
    expect(log).to_contain_text("“Dr Ada Okafor” stated opened a link")
    expect(log).to_contain_text("You had stopped the share")
    expect(log.locator(".tag", has_text="Refused").first).to_be_visible()


def read_the_trend(page: Page) -> None:
    page.goto("/results")
    page.get_by_role("link", name="Magnesium", exact=True).click()
    expect(page.locator("trend-chart svg .dot")).not_to_have_count(0)
    assert "magnesium" not in page.url.lower()
    assert "magnesium" not in page.title().lower()
    page.get_by_role("link", name="mg/dL", exact=True).click()
    expect(page.locator("trend-chart tbody")).to_contain_text("mg/dL")
    expect(page.locator("trend-chart tbody")).to_contain_text("0.80 mmol/L")
    dot = page.locator("trend-chart .dot[tabindex='0']")
    dot.focus()
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("14 Jan 2025")


def nothing_leaves_before_open(page: Page, given: Given) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.insert(0, request))
    page.goto(given.link)
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    assert not [request for request in asked if "/shl/" in request.url]
    open_link(page, given)
    assert page.url.endswith("/view")
    key = page.evaluate(
        "JSON.parse(atob(JSON.parse(sessionStorage['vault.viewing']).text.split('shlink:/')[1]"
        ".replaceAll('-', '+').replaceAll('_', '/'))).key"
    )
    assert len(key) == 43
    assert not [request for request in asked if key in request.url or key in (request.post_data or "")]


def doctor_sees_exactly_the_magnesium(page: Page) -> None:
    expect(page.locator("#patient")).to_have_text("Ada Example")
    expect(page.locator("#born")).to_have_text("Born 5 Apr 1980")
    expect(page.locator("#caution")).to_contain_text("Chosen by the patient. May not be complete.")
    expect(page.locator("#contents h2")).to_have_count(1)
    expect(page.locator("#contents .all tbody tr")).to_have_count(10)
    for words in ("0.80", "<0.5", "corrected", "14 Jan 2025", "below the lab\u2019s range"):
        expect(page.locator("#contents")).to_contain_text(words)
    expect(page.locator("#contents")).not_to_contain_text("8.4 mmol/L")
    expect(page.locator("#contents trend-chart svg").first).to_be_visible()

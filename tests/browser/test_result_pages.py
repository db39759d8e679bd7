"""The list of tests and one result, in every shape and look: pictures, keyboard, paper, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.shapes import CORRECTED, SHAPES, bring_in, signed_in
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-result-pages")


def open_result(page: Page, name: str) -> None:
    page.goto("/results")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_screenshots_of_results_in_every_shape_show_no_fault(
    server: Server, open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera = Camera(pictures)
    page, token = signed_in(server, open_browser, "shapes@example.org")
    page.goto("/results")
    camera.take(page, "results-empty")
    bring_in(server, token, SHAPES)
    lists(page, camera)
    for name, picture in (
        ("Magnesium", "two-sided-and-mixed"),
        ("Kidney filtration (eGFR)", "one-sided-and-bound"),
        ("LDL cholesterol", "one-sided-above"),
        ("ALT", "single"),
        ("CRP", "censored"),
        ("Vitamin K1", "not-sorted"),
        ("Urine culture", "words"),
    ):
        open_result(page, name)
        camera.take(page, f"result-{picture}")
    open_result(page, "Magnesium")
    page.get_by_role("link", name="mg/dL", exact=True).click()
    expect(page.locator(".latest .converted")).to_contain_text("0.72 mmol/L")
    camera.take(page, "result-converted")
    bring_in(server, token, CORRECTED)
    open_result(page, "Magnesium")
    expect(page.locator(".latest")).to_contain_text("corrected by the lab")
    camera.take(page, "result-corrected")
    page.evaluate("for (const part of document.querySelectorAll('.education details')) part.open = true")
    expect(page.get_by_text("Source: NHS, Vitamins and minerals: others.")).to_be_visible()
    camera.take(page, "result-education")
    page.get_by_role("link", name="The record as it came").click()
    expect(page.locator("pre")).to_be_attached()
    camera.take(page, "result-record")
    page.goto("/records")
    camera.take(page, "result-records")


def lists(page: Page, camera: Camera) -> None:
    page.goto("/results")
    camera.take(page, "results-list")
    page.get_by_label("Search your tests").fill("alanine")
    expect(page.locator("#found")).to_have_text("1 of 14 tests")
    camera.take(page, "results-found")
    page.get_by_label("Search your tests").fill("nothing like it")
    expect(page.locator("#none")).to_be_visible()
    camera.take(page, "results-none-found")
    page.get_by_role("link", name="Show all my tests").click()
    expect(page.locator("#found")).to_have_text("14 tests")
    page.get_by_label("Outside the lab\u2019s range").check()
    expect(page.locator("li.result:visible")).to_have_count(3)
    camera.take(page, "results-outside")
    page.get_by_label("All 14").check()
    page.get_by_role("button", name="Pin Magnesium to the top").click()
    expect(page.get_by_role("heading", name="Pinned")).to_be_visible()
    camera.take(page, "results-pinned")


def test_the_chart_is_walked_by_keys_and_says_each_point(server: Server, open_browser: Callable[..., Page]) -> None:
    page, token = signed_in(server, open_browser, "result-keys@example.org")
    bring_in(server, token, SHAPES)
    open_result(page, "Magnesium")
    dots = page.locator("trend-chart svg .dot[role=img]")
    expect(dots).to_have_count(9)
    assert page.locator("trend-chart .dot[tabindex='0']").count() == 1

    def said() -> str:
        return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))

    page.locator("trend-chart .dot[tabindex='0']").focus()
    assert said().startswith("20 Jan 2026, 0.72 mmol/L, below the lab\u2019s range")
    page.keyboard.press("Home")
    assert said() == "3 Nov 2020, 0.84 mmol/L, in the lab\u2019s range"
    page.keyboard.press("ArrowLeft")
    assert said().startswith("3 Nov 2020")
    page.keyboard.press("ArrowRight")
    assert said().startswith("14 Jun 2021, 0.79")
    page.keyboard.press("End")
    assert said().startswith("20 Jan 2026")
    assert page.locator("trend-chart .dot[tabindex='0']").count() == 1
    for box in (each.bounding_box() for each in page.locator("trend-chart .dot .hit").all()):
        assert box
        assert min(box["width"], box["height"]) >= 24
    assert page.locator("trend-chart .dot[data-bound]").count() >= 1
    expect(page.locator("trend-chart .now")).to_contain_text("0.72 mmol/L")


def test_the_list_is_searched_filtered_and_pinned_without_javascript(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page, token = signed_in(server, open_browser, "quiet@example.org", java_script_enabled=False)
    bring_in(server, token, SHAPES)
    page.goto("/results")
    page.get_by_label("Search your tests").fill("sgpt")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("li.result:visible")).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 of 14 tests")
    assert page.url.endswith("/results")
    page.get_by_role("button", name="Pin ALT to the top").click()
    expect(page.locator("section.tests").first).to_contain_text("ALT")
    page.get_by_role("link", name="Magnesium", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(12)
    page.get_by_role("link", name="mEq/L", exact=True).click()
    expect(page.locator(".latest")).to_contain_text("converted from 0.72 mmol/L")


def test_a_search_reaches_no_server_and_no_address(server: Server, open_browser: Callable[..., Page]) -> None:
    page, token = signed_in(server, open_browser, "private@example.org")
    bring_in(server, token, SHAPES)
    page.goto("/results")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Search your tests").fill("magnesium")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("1 of 14 tests")
    assert [url for url in asked if "/static/" not in url] == []
    assert page.url.endswith("/results")
    assert page.locator("#found").get_attribute("role") == "status"


def test_a_result_prints_as_lines_and_not_as_dots(
    server: Server, open_browser: Callable[..., Page], pictures: Path
) -> None:
    page, token = signed_in(server, open_browser, "print-lines@example.org")
    bring_in(server, token, SHAPES)
    open_result(page, "Magnesium")
    page.emulate_media(media="print")
    page.screenshot(path=pictures / "result-print.png", full_page=True)
    paper = page.pdf(format="A4", path=pictures / "result-print.pdf")
    assert b"/Subtype /Image" not in paper
    page.goto("/results")
    page.emulate_media(media="print")
    page.screenshot(path=pictures / "results-print.png", full_page=True)

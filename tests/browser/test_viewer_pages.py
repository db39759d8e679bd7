"""The doctor's page in every state it has: pictures with nothing for axe to find, and how each behaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import shared
from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.routed import RoutedLink
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-viewer-pages")
ALL = ("view", "print", "download")


def full(actions: tuple[str, ...] = ("view",)) -> list[shared.Json]:
    pressures = [shared.pressure(f"2025-{month:02d}-07", 118 + month * 4, 76 + month) for month in (1, 5, 9)]
    records = [*shared.magnesium_history(), *pressures, *shared.others()]
    return [shared.bundle(*records, actions=actions), shared.letter(original="download" in actions)]


def test_screenshots_of_every_state_of_the_viewer(
    server: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {401, 404, 500, 503}
    camera = Camera(pictures)
    page = open_browser(permissions=["clipboard-read", "clipboard-write"])
    records(page, camera, server, pictures / "viewer-print-refused.png")
    clear_pages(page, camera, server)
    broken_links(open_browser(), camera, server)


def records(page: Page, camera: Camera, server: Server, refused: Path) -> None:
    link = RoutedLink(server.base, full(ALL))
    page.clock.install()
    link.open(page)
    settled(page)
    camera.take(page, "viewer-records")
    page.locator(".paper").scroll_into_view_if_needed()
    expect(page.locator(".paper canvas")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    page.get_by_role("button", name="Zoom in").click()
    camera.take(page, "viewer-document")
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    camera.take(page, "viewer-copied")
    page.clock.fast_forward("14:05")
    expect(page.get_by_role("heading", name="Are you still there?")).to_be_visible()
    camera.take(page, "viewer-idle")
    page.get_by_role("dialog").get_by_role("button", name="Close and clear").click()
    expect(page.get_by_role("heading", name="Closed and cleared")).to_be_visible()
    camera.take(page, "viewer-closed")
    RoutedLink(server.base, [shared.bundle(*shared.many_tests())]).open(page)
    settled(page)
    camera.take(page, "viewer-many")
    page.emulate_media(media="print")
    page.screenshot(path=refused)  # Paper: nothing for axe.
    page.emulate_media(media="screen")
    RoutedLink(server.base, [shared.bundle()]).open(page)
    camera.take(page, "viewer-empty")


def clear_pages(page: Page, camera: Camera, server: Server) -> None:
    for status, said, name in (
        (401, {"remainingAttempts": 9}, "viewer-wrong-passcode"),
        (401, {"remainingAttempts": 0}, "viewer-locked"),
        (503, {}, "viewer-busy"),
        (500, {}, "viewer-unreachable"),
        (404, {}, "viewer-dead"),
    ):
        link = RoutedLink(server.base, [], status=status, said=said, flag="P").serve(page)
        page.goto("about:blank")
        page.goto(link.link)
        if status == 401:
            camera.take(page, "viewer-ask")
        page.get_by_label("Your name and where you work").fill("Dr Ada Okafor")
        page.get_by_role("textbox", name="Passcode").fill("000000")
        page.get_by_role("button", name="Open").click()
        expect(
            page.locator("#passcode-fault, [data-state]:not([data-state=ask]) h1").locator("visible=true")
        ).to_be_visible()
        camera.take(page, name)
    page.get_by_role("button", name="Ask the patient").click()
    expect(page.get_by_text("We have told the patient")).to_be_visible()
    camera.take(page, "viewer-asked")


def broken_links(page: Page, camera: Camera, server: Server) -> None:
    good = RoutedLink("https://elsewhere.example", [])
    page.goto(f"/view#{good.link.partition('#')[2]}")
    camera.take(page, "viewer-foreign")
    page.goto("/view")
    camera.take(page, "viewer-paste")
    page.goto("/view#shlink:/e30")
    camera.take(page, "viewer-damaged")
    page.goto("/view#shlink:/eyJ2IjoyfQ")
    camera.take(page, "viewer-newer")
    page.add_init_script("Object.defineProperty(globalThis, 'crypto', {value: undefined})")
    page.reload()
    camera.take(page, "viewer-no-crypto")


def settled(page: Page) -> None:
    """The papers near the screen have been drawn."""
    page.wait_for_function("document.querySelectorAll('[role=status]').length > 0")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_document_is_fetched_when_it_is_near_and_read_by_keyboard(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    link = RoutedLink(server.base, [shared.bundle(*shared.many_tests()), shared.letter(), shared.letter("Photo", 1)])
    link.open(page)
    expect(page.get_by_role("heading", name="Document 1 of 2")).to_be_visible()
    assert link.fetched == []
    show = page.get_by_role("button", name="Show it").first
    show.focus()  # Scrolls there.
    picture = page.get_by_role("img", name="Discharge letter, Page 1 of 3")
    expect(picture).to_be_visible()
    assert sorted(link.fetched) == [1, 2]
    expect(page.get_by_role("button", name="Next page")).to_have_count(1)
    page.get_by_role("button", name="Next page").press("Enter")
    expect(page.get_by_role("img", name="Discharge letter, Page 2 of 3")).to_be_visible()
    frame = page.get_by_role("region", name="Discharge letter: page as a picture")
    frame.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('.page').scrollTop > 0")
    drawn = "[...document.querySelectorAll('canvas')].every((each) => each.width > 500)"
    page.wait_for_function(drawn)
    expect(page.get_by_role("button", name="Save", exact=False)).to_have_count(0)
    assert sorted(link.fetched) == [1, 2], "each file is fetched once"


def test_a_document_is_still_there_after_its_place_has_ended(
    server: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    page = open_browser()
    link = RoutedLink(server.base, [shared.bundle(), shared.letter()], stale=True).open(page)
    expect(page.get_by_role("img", name="Discharge letter, Page 1 of 3")).to_be_visible()
    assert (link.manifests, link.fetched) == (2, [1])


def test_a_link_that_ends_meanwhile_takes_the_records_off_the_screen(
    server: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    page = open_browser()
    link = RoutedLink(server.base, [shared.bundle(*shared.many_tests()), shared.letter()]).open(page)
    link.status = 404
    page.get_by_role("button", name="Show it").focus()
    gone_and_cleared(page)


def test_records_leave_the_screen_when_the_link_ends(server: Server, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.clock.install()
    RoutedLink(server.base, full(), expires_in=300).open(page)
    page.clock.fast_forward("04:50")
    expect(page.locator("#patient")).to_be_visible()
    page.clock.fast_forward("00:15")
    gone_and_cleared(page)


def gone_and_cleared(page: Page) -> None:
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_focused()
    expect(page.get_by_text("The records have been taken off this screen.")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert "Test number" not in page.content()
    assert "Ana Example" not in page.content()


def test_the_page_warns_before_it_closes_and_any_touch_keeps_it(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    page.clock.install()
    RoutedLink(server.base, full()).open(page)
    dialog = page.get_by_role("dialog", name="Are you still there?")
    page.clock.fast_forward("14:05")
    expect(page.get_by_role("button", name="Stay")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    page.clock.fast_forward("13:00")
    page.keyboard.press("Shift")
    page.clock.fast_forward("13:30")
    expect(dialog).to_have_count(0)
    page.clock.fast_forward("00:40")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("The records stay on the screen.")).to_be_visible()
    page.clock.fast_forward("15:01")
    expect(page.get_by_role("heading", name="Closed and cleared")).to_be_focused()
    assert page.evaluate("sessionStorage.length + document.querySelectorAll('canvas, trend-chart').length") == 0


def test_nothing_comes_back_after_closing_and_no_other_tab_ever_had_it(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    page.goto("/")
    link = RoutedLink(server.base, full()).open(page)
    key = link.link.partition("#")[2]
    assert page.url.endswith("/view")
    page.reload()
    expect(page.locator("#patient")).to_have_text("Ana Example")
    assert link.manifests == 2
    other = page.context.new_page()
    other.goto("/view")
    expect(other.get_by_role("heading", name="Open records you were sent")).to_be_visible()
    assert other.evaluate("sessionStorage.length + localStorage.length") == 0
    other.close()
    page.get_by_role("button", name="Close and clear").click()
    page.go_back()
    page.go_forward()
    expect(page.get_by_role("heading", name="Open records you were sent")).to_be_visible()
    assert key not in page.content()
    assert "Ana Example" not in page.content()
    assert link.manifests == 2


def test_tests_are_found_by_typing_and_all_of_them_are_printed(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("window.print = () => { document.body.dataset.printed = 'yes' }")
    asked: list[str] = []
    link = RoutedLink(server.base, [shared.bundle(*shared.many_tests(), actions=("view", "print"))])
    link.open(page)
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Find a test").fill("number 7")
    expect(page.get_by_text("2 of 24 tests")).to_be_visible()
    expect(page.locator(".test:visible")).to_have_count(2)
    assert asked == []
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body[data-printed]")).to_be_attached()
    expect(page.locator(".test:visible")).to_have_count(24)
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Ana Example\nBorn 29 Feb 1980\nShared by the patient\nOpened ")
    assert "Chosen by the patient. May not be complete." in copied
    assert "1 Aug 2025\t11.1 mmol/L\t\t4 to 20\tHill Street Laboratory\tuploaded file" in copied


def test_asking_again_says_who_asks_and_nothing_about_the_link(
    server: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    page = open_browser()
    link = RoutedLink(server.base, [], status=404).serve(page)
    page.goto(link.link)
    page.get_by_label("Your name and where you work").fill("Dr Ada Okafor")
    page.get_by_role("button", name="Open").click()
    page.get_by_label("Your name, and where you work").fill(" ")
    page.get_by_role("button", name="Ask the patient").click()
    expect(page.locator("#asker-fault")).to_contain_text("Please enter your name")
    page.get_by_label("Your name, and where you work").fill("Dr Ada Okafor, Hill Street")
    page.get_by_role("button", name="Ask the patient").press("Enter")
    expect(page.get_by_text("We have told the patient, if this link ended")).to_be_focused()
    assert link.asked == [{"recipient": "Dr Ada Okafor, Hill Street", "wants": "time"}]


def test_without_javascript_the_page_says_what_it_needs(open_browser: Callable[..., Page]) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto("/view#shlink:/e30")
    expect(page.get_by_role("heading", name="This page needs JavaScript")).to_be_visible()


def test_a_rows_document_is_one_press_away(server: Server, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    address = "urn:uuid:3f0c8a52-58c7-4f1e-9a53-0f4f0a2f9f11"
    row = shared.magnesium("2026-01-15", 0.88, source="document", derivedFrom=[{"reference": address}])
    paper = shared.letter(pages=1) | {"masterIdentifier": {"value": address}}
    RoutedLink(server.base, [shared.bundle(row, *shared.many_tests()), paper]).open(page)
    expect(page.get_by_text("read from a document and confirmed by the patient")).to_be_visible()
    page.get_by_role("link", name="See the document").click()
    expect(page.get_by_role("heading", name="Discharge letter")).to_be_focused()

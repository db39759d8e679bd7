"""The first minutes: home, the sample, creating a vault one question a page, the sheet, the end of a sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import PASSPHRASE
from tests.servers import Server, type_in

pytestmark = pytest.mark.xdist_group("browser-first-pages")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Server]:
    """A server with sample data; ``server`` is only asked for so that a missing browser is noticed first."""
    demo = Server(tmp_path_factory.mktemp("demo")).start("--demo")
    yield demo
    demo.stop()


def look_around(page: Page, demo: Server) -> None:
    page.goto(f"{demo.base}/")
    page.get_by_role("button", name="Look around with sample data").click()
    expect(page.get_by_text("Sample: not a real person.")).to_be_visible()


def test_screenshots_of_the_first_pages_show_no_fault(
    demo: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {404, 409, 422}
    camera = Camera(pictures)
    page = open_browser()
    page.goto("/")
    camera.take(page, "first-home-demo-off")
    page.goto(f"{demo.base}/")
    camera.take(page, "first-home")
    onboarding(page, camera)
    visitor = open_browser()
    sample(visitor, camera, demo)


def onboarding(page: Page, camera: Camera) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create my vault").click()
    camera.take(page, "first-name", at="What is your name?")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Please enter your name")
    camera.take(page, "first-name-error")
    page.get_by_label("What is your name?").fill("Ada Example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Day", exact=True)).to_be_visible()
    camera.take(page, "first-born")
    for part, typed in (("Day", "31"), ("Month", "2"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "first-born-error")
    page.get_by_label("Day", exact=True).fill("5")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What is your e-mail address?")).to_be_visible()
    camera.take(page, "first-email")
    page.get_by_label("What is your e-mail address?").fill("ada")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "first-email-error")
    page.get_by_label("What is your e-mail address?").fill("first@example.org")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Choose a passphrase")).to_be_visible()
    camera.take(page, "first-passphrase")
    page.get_by_label("Choose a passphrase").fill("password1234")
    page.get_by_role("button", name="Create my vault").click()
    expect(page.get_by_role("alert")).to_contain_text("easy to guess")
    expect(page.get_by_label("Choose a passphrase")).to_have_value("")
    camera.take(page, "first-passphrase-error")
    page.get_by_label("Choose a passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Create my vault").click()
    expect(page.get_by_role("button", name="Print this sheet")).to_be_visible()
    camera.take(page, "first-sheet")
    last = page.locator(".groups li").all_inner_texts()[-1]
    page.get_by_role("button", name="I have it on paper").click()
    expect(page.get_by_label("Type the last group")).to_be_visible()
    camera.take(page, "first-last-group")
    page.get_by_label("Type the last group").fill("0000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "first-last-group-error")
    page.get_by_label("Type the last group").fill(last)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()
    camera.take(page, "first-add")
    page.goto("/account")
    camera.take(page, "first-account")


def sample(page: Page, camera: Camera, demo: Server) -> None:
    look_around(page, demo)
    camera.take(page, "first-sample-results")
    for path, name in (("/shares", "shares"), ("/who-looked", "who-looked"), ("/records", "records")):
        page.goto(f"{demo.base}{path}")
        camera.take(page, f"first-sample-{name}")
    page.get_by_role("link", name="Try being the doctor").click()
    expect(page.get_by_label("Your name and where you work")).to_be_visible()
    camera.take(page, "first-doctor-ask")
    page.get_by_label("Your name and where you work").fill("Dr Ada Okafor")
    page.get_by_role("textbox", name="Passcode").fill(page.locator(".sample .code").inner_text())
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("#patient")).to_have_text("Ada Sample")
    camera.take(page, "first-doctor-view")
    page.get_by_role("link", name="Be the patient again").click()
    expect(page.locator("main")).to_contain_text("Dr Ada Okafor")
    page.goto(f"{demo.base}/shares")
    page.get_by_role("button", name="Stop sharing").first.click()
    expect(page.get_by_text("The link opens nothing any more").first).to_be_visible()
    page.get_by_role("link", name="Try being the doctor").click()
    expect(page.get_by_role("heading", name="Nothing is shared just now")).to_be_visible()
    camera.take(page, "first-no-doctor")
    page.goto(f"{demo.base}/account")
    expect(page.locator("main")).to_contain_text("Of this sample only")
    camera.take(page, "first-sample-account")
    page.clock.install()
    page.goto(f"{demo.base}/results")
    page.clock.fast_forward("11:58:30")
    expect(page.get_by_role("dialog")).to_contain_text("A sample can")
    camera.take(page, "first-sample-session")


def test_the_recovery_sheet_prints_on_one_page_of_its_own(open_browser: Callable[..., Page], pictures: Path) -> None:
    page = open_browser()
    answer_questions(page, "print@example.org")
    expect(page.get_by_role("button", name="Print this sheet")).to_be_visible()
    paper = page.pdf(path=pictures / "first-sheet.pdf", format="A4", prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") == 1
    page.emulate_media(media="print")
    for hidden in ("Sign out", "I have it on paper", "Print this sheet"):
        expect(page.get_by_text(hidden, exact=True)).to_be_hidden()
    for shown in ("Keep this sheet like a passport.", "localhost", "Made on"):
        expect(page.locator(".recovery")).to_contain_text(shown)


def answer_questions(page: Page, email: str) -> None:
    page.goto("/sign-up")
    page.get_by_label("What is your name?").fill("Ada Example")
    page.get_by_role("button", name="Continue").click()
    for part, typed in (("Day", "5"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What is your e-mail address?").fill(email)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Choose a passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Create my vault").click()


def test_the_browsers_back_button_brings_answers_back_without_javascript(open_browser: Callable[..., Page]) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto("/sign-up")
    page.get_by_label("What is your name?").fill("Ada Example")
    page.get_by_role("button", name="Continue").click()
    for part, typed in (("Day", "5"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What is your e-mail address?")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Year", exact=True)).to_have_value("1980")
    page.go_back()
    expect(page.get_by_label("What is your name?")).to_have_value("Ada Example")
    page.reload()
    expect(page.get_by_label("What is your name?")).to_have_value("Ada Example")


def test_two_visitors_look_around_without_javascript_and_start_again(
    demo: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    page = open_browser(java_script_enabled=False)
    look_around(page, demo)
    page.goto(f"{demo.base}/shares")
    page.get_by_role("button", name="Stop sharing").first.click()
    expect(page.get_by_text("The link opens nothing any more").first).to_be_visible()
    page.get_by_role("link", name="Try being the doctor").click()
    expect(page.get_by_role("heading", name="Nothing is shared just now")).to_be_visible()
    other = open_browser()
    look_around(other, demo)
    other.get_by_role("link", name="Try being the doctor").click()
    expect(other.get_by_label("Your name and where you work")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Start again").click()
    page.goto(f"{demo.base}/shares")
    expect(page.get_by_role("button", name="Stop sharing")).not_to_have_count(0)


ZONES = [
    ("Europe/London", "London time"),
    ("America/Los_Angeles", "Los Angeles time"),
    ("Pacific/Kiritimati", "Kiritimati time"),
    ("UTC", "UTC"),
]


@pytest.mark.parametrize(("zone", "named"), ZONES)
def test_moments_are_in_the_readers_zone_and_plain_dates_never_shift(
    zone: str, named: str, *, server: Server, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(timezone_id=zone)
    sign_in(page, server, "zones@example.org")
    page.goto("/account")
    expect(page.locator("main time[data-local]")).to_contain_text(named)
    expect(page.locator("main time:not([data-local])")).to_have_text("29 Feb 1980")
    page.goto("/records")
    expect(page.locator("main")).to_contain_text("1 Jan 2026")
    assert "2 Jan 2026" not in page.locator("main").inner_text()
    assert "31 Dec 2025" not in page.locator("main").inner_text()


def test_without_javascript_moments_are_in_utc(server: Server, open_browser: Callable[..., Page]) -> None:
    page = open_browser(java_script_enabled=False, timezone_id="Pacific/Kiritimati")
    sign_in(page, server, "zones@example.org")
    page.goto("/account")
    expect(page.locator("main time[data-local]")).to_contain_text("UTC")


def sign_in(page: Page, server: Server, email: str) -> None:
    """Somebody with one result of 1 Jan 2026 and a kept code, made at the first call."""
    made = server.post("/api/accounts", account(email))
    if made.status == 201:
        token = made.json["token"]
        group = made.json["recovery_code"][-4:]
        assert server.post("/api/account/recovery-code/confirm", {"last_group": group}, token).status == 204
        type_in(server, token)
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()


def account(email: str) -> dict[str, str]:
    return {"email": email, "name": "Ana Example", "birth_date": "1980-02-29", "passphrase": PASSPHRASE}


def test_screenshots_of_a_sign_in_that_ends_lose_nothing_that_was_typed(
    server: Server,
    open_browser: Callable[..., Page],
    pictures: Path,
) -> None:
    camera = Camera(pictures)
    page = open_browser()
    sign_in(page, server, "ending@example.org")
    page.clock.install()
    page.goto("/type-in")
    page.get_by_label("Result", exact=True).fill("0.80")
    page.clock.fast_forward("01:57:00")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.fast_forward("01:30")
    dialog = page.get_by_role("dialog", name="Your sign-in ends")
    expect(dialog).to_contain_text("In two minutes you will be signed out")
    camera.take(page, "first-session-soon")
    page.clock.fast_forward("01:00")
    expect(dialog).to_contain_text("In less than a minute")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("01:00")
    expect(dialog).to_contain_text("You are signed out now")
    camera.take(page, "first-session-ended")
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Sign in again").click()
    beside = opened.value
    expect(beside.get_by_text("What you typed in the other tab stays there")).to_be_visible()
    camera.take(beside, "first-sign-in-beside")
    beside.get_by_label("E-mail address").fill("ending@example.org")
    beside.get_by_label("Passphrase").fill(PASSPHRASE)
    beside.get_by_role("button", name="Sign in", exact=True).click()
    expect(beside.get_by_role("heading", name="You are signed in again")).to_be_visible()
    camera.take(beside, "first-signed-in-beside")
    beside.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Result", exact=True)).to_have_value("0.80")


def test_who_finds_somebody_else_signed_in_sees_a_fresh_page(server: Server, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    sign_in(page, server, "mine@example.org")
    page.clock.install()
    page.goto("/account")
    expect(page.locator("main")).to_contain_text("mine@example.org")
    page.clock.fast_forward("11:58:30")
    expect(page.get_by_role("dialog")).to_be_visible()
    other = page.context.new_page()
    sign_in(other, server, "theirs@example.org")
    other.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("main")).to_contain_text("theirs@example.org")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_passphrase_can_be_shown_and_travels_hidden(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/sign-in")
    passphrase = page.get_by_label("Passphrase")
    passphrase.fill("copper lantern")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(passphrase).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(passphrase).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show", exact=True).click()
    page.evaluate("document.forms[document.forms.length - 1].addEventListener('submit', (e) => e.preventDefault())")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(passphrase).to_have_attribute("type", "password")

"""Handing over in the consulting room: a phone and a PC that never met, one code, four digits, then the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from pypdfium2 import PdfDocument

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.servers import PASSPHRASE, Server, share, sign_up, type_in

pytestmark = pytest.mark.xdist_group("browser-handover-pages")

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WHO = "Dr Ada Okafor, Hill Street Surgery"


class Inputs:
    """Counts what somebody does at a screen: one press, or one text typed into a field."""

    def __init__(self) -> None:
        self.count = 0

    def press(self, page: Page, role: str, name: str) -> None:
        self.count += 1
        page.get_by_role(role, name=name).click()  # type: ignore[arg-type]

    def type_in(self, page: Page, label: str, words: str) -> None:
        self.count += 1
        page.get_by_label(label).fill(words)


def digits_on(page: Page) -> str:
    expect(page.locator(".digits span")).to_have_count(4)
    return "".join(page.locator(".digits span").all_inner_texts())


def code_on(page: Page) -> str:
    expect(page.locator("#code span")).to_have_count(2)
    return "".join(page.locator("#code span").all_inner_texts())


def citizen_at(page: Page, server: Server, email: str) -> str:
    """A citizen with three results, signed in on this page; the token of another sign-in."""
    made = sign_up(server, email, "Ada Example")
    confirmed = {"last_group": made["recovery_code"][-4:]}
    assert server.post("/api/account/recovery-code/confirm", confirmed, made["token"]).status == 204
    for day, value in ((1, "0.66"), (8, "0.80"), (15, "0.91")):
        type_in(server, made["token"], value, day, range_low="0.70", range_high="1.00")
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return made["token"]


def shared(server: Server, token: str, **changes: Any) -> str:
    """The address of a fresh share's page; it has a passcode."""
    terms = {"recipient": {"name": "Dr Ada Okafor"}, "passcode": "482913", "actions": ["view", "print"]} | changes
    return f"/shares/{share(server, token, **terms)['grant_id']}"


def test_from_a_pc_without_camera_to_the_table_in_three_inputs(
    open_browser: Callable[..., Page], server: Server
) -> None:
    phone = open_browser(**PHONE)
    address = shared(server, citizen_at(phone, server, "hand-over@example.org"))
    desk, inputs = open_browser(), Inputs()
    desk.goto("/")
    inputs.press(desk, "link", "Show records on this screen")
    code = code_on(desk)
    inputs.type_in(desk, "Your name and where you work", WHO)

    phone.goto(f"{address}/hand-over")
    phone.get_by_label("The code on the other screen").fill(f"{code[:4]} {code[4:].lower()}")
    phone.get_by_role("button", name="Continue").click()
    assert digits_on(phone) == digits_on(desk)
    phone.get_by_role("button", name="They match: hand over").click()
    expect(phone.get_by_role("heading", name="Handed over")).to_be_visible()

    if desk.url.endswith("/open"):
        inputs.press(desk, "button", "Open")
    expect(desk.locator("#patient")).to_have_text("Ada Example")
    expect(desk.locator("#contents tbody tr").first).to_contain_text("mmol/L")
    assert inputs.count <= 3
    assert desk.url.endswith("/view")
    kept = desk.evaluate("JSON.stringify({ ...sessionStorage })")
    assert "pass_" not in kept
    desk.reload()
    expect(desk.locator("#patient")).to_have_text("Ada Example")

    phone.goto("/who-looked")
    expect(phone.locator("main")).to_contain_text("handed a share over to a screen")
    expect(phone.locator("main")).to_contain_text(f"“{WHO}” stated opened a link")


def test_digits_that_differ_are_stopped_and_nothing_arrives(
    open_browser: Callable[..., Page], server: Server, watch: Watch
) -> None:
    watch.expected.add(404)
    phone = open_browser(**PHONE)
    shared(server, citizen_at(phone, server, "differ@example.org"))
    desk = open_browser()
    desk.goto("/open")
    # Somebody in between has put his own key in place of this screen's.
    desk.route("**/api/handovers/*", change)
    phone.goto("/hand-over")
    phone.get_by_label("The code on the other screen").fill(code_on(desk))
    phone.get_by_role("button", name="Continue").click()
    assert digits_on(phone) != digits_on(desk)
    phone.get_by_role("button", name="They differ: stop").click()
    expect(phone.get_by_role("heading", name="Stopped")).to_be_visible()
    expect(desk.get_by_role("heading", name="Nothing was handed over")).to_be_visible()
    phone.goto("/who-looked")
    expect(phone.locator("main")).to_contain_text("You stopped it: the digits were not the same")


def change(route: Route) -> None:
    """What the screen is told, with another number in place of the citizen's."""
    answer = route.fetch()
    seen = answer.json() if answer.ok else {}
    if seen.get("citizen_nonce"):
        route.fulfill(response=answer, json=seen | {"citizen_nonce": "A" * 43})
    else:
        route.fulfill(response=answer)


def test_by_keyboard_alone_with_a_scanned_code(open_browser: Callable[..., Page], server: Server) -> None:
    phone = open_browser()
    shared(server, citizen_at(phone, server, "keys-over@example.org"))
    desk = open_browser()
    desk.goto("/open")
    phone.goto(f"/hand-over#{code_on(desk)}")
    expect(phone.locator("input[name=share]")).to_be_checked()
    assert "#" not in phone.url
    expect(phone.get_by_label("The code on the other screen")).to_have_value(code_on(desk))
    phone.get_by_role("button", name="Continue").focus()
    phone.keyboard.press("Enter")
    assert digits_on(phone) == digits_on(desk)
    phone.get_by_role("button", name="They match: hand over").focus()
    phone.keyboard.press("Space")
    expect(desk.get_by_label("Your name and where you work")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#recipient-fault")).to_be_visible()
    desk.keyboard.type("Dr Lee")
    desk.keyboard.press("Enter")
    expect(desk.locator("#patient")).to_have_text("Ada Example")


def test_the_phone_needs_no_javascript(open_browser: Callable[..., Page], server: Server) -> None:
    desk = open_browser()
    desk.goto("/open")
    phone = open_browser(**PHONE, java_script_enabled=False)
    shared(server, citizen_at(phone, server, "plain-over@example.org"))
    phone.goto("/hand-over")
    phone.get_by_label("The code on the other screen").fill(code_on(desk))
    phone.get_by_role("button", name="Continue").click()
    assert digits_on(phone) == digits_on(desk)
    phone.get_by_role("checkbox", name="Ask for the passcode there as well").check()
    phone.get_by_role("button", name="They match: hand over").click()
    expect(phone.get_by_role("heading", name="Handed over")).to_be_visible()
    desk.get_by_label("Your name and where you work").fill("Dr Lee")
    desk.get_by_role("button", name="Open").click()
    expect(desk.get_by_role("textbox", name="Passcode")).to_be_visible()
    expect(desk.get_by_label("Your name and where you work")).to_have_value("Dr Lee")


def test_screenshots_of_every_state_of_handing_over(
    server: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {404, 422}
    camera = Camera(pictures)
    phone = open_browser()
    phone.goto("/hand-over")
    camera.take(phone, "hand-over-sign-in")
    token = citizen_at(phone, server, "over@example.org")
    phone.goto("/hand-over")
    camera.take(phone, "hand-over-nothing-shared")
    address = shared(server, token)
    shared(server, token, recipient={"name": "Physiotherapy, Hill Street"}, passcode=None)
    desk = open_browser()
    desk.goto("/open")
    code = code_on(desk)
    assert re.fullmatch(r"[3479B-DF-HJ-NP-TV-Z]{8}", code)
    assert desk.locator("#qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    camera.take(desk, "open-waiting")
    phone.goto("/hand-over")
    camera.take(phone, "hand-over-pick")
    phone.get_by_role("radio", name="Your share for Dr Ada Okafor").check()
    phone.get_by_label("The code on the other screen").fill("3333 3333")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("alert")).to_contain_text("This code isn't right")
    camera.take(phone, "hand-over-wrong-code")
    phone.goto(f"{address}/hand-over")
    camera.take(phone, "hand-over-share")
    phone.get_by_label("The code on the other screen").fill(code)
    phone.get_by_role("button", name="Continue").click()
    assert digits_on(phone) == digits_on(desk)
    camera.take(phone, "hand-over-digits")
    camera.take(desk, "open-digits")
    phone.get_by_role("button", name="They match: hand over").click()
    expect(desk.get_by_role("heading", name="The patient has handed over")).to_be_visible()
    camera.take(phone, "hand-over-done")
    camera.take(desk, "open-ready")
    desk.goto("/open")
    phone.goto(f"{address}/hand-over")
    phone.get_by_label("The code on the other screen").fill(code_on(desk))
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_role("button", name="They differ: stop").click()
    expect(phone.get_by_role("status")).to_contain_text("Nothing was handed over")
    camera.take(phone, "hand-over-stopped")
    expect(desk.get_by_role("heading", name="Nothing was handed over")).to_be_visible()
    camera.take(desk, "open-stopped")
    phone.goto("/hand-over/00000000-0000-4000-8000-000000000000")
    camera.take(phone, "hand-over-over")
    desk.clock.install()
    desk.goto("/open")
    code_on(desk)
    desk.clock.fast_forward("05:10")
    expect(desk.get_by_role("heading", name="This code is over")).to_be_visible()
    camera.take(desk, "open-expired")
    desk.get_by_role("button", name="Show a new code").click()
    expect(desk.get_by_text("Works once, for five minutes")).to_be_visible()


def test_going_back_on_a_lent_phone_shows_no_earlier_page(open_browser: Callable[..., Page], server: Server) -> None:
    phone = open_browser(**PHONE)
    address = shared(server, citizen_at(phone, server, "back@example.org"))
    phone.goto("/results")
    phone.goto(address)
    phone.get_by_role("button", name="Show on this phone").click()
    expect(phone.get_by_text("This phone is lent")).to_be_visible()
    for _ in range(2):
        phone.go_back()
        expect(phone).to_have_url(re.compile("/lent$"))
        expect(phone.get_by_text("This phone is lent")).to_be_visible()


def test_screenshots_of_a_lent_phone_and_the_printed_page(
    server: Server,
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {401, 409}
    camera = Camera(pictures)
    phone = open_browser()
    token = citizen_at(phone, server, "lent@example.org")
    address = shared(server, token, include=[{"kind": "observation"}])
    phone.goto(f"{address}/print")
    expect(phone.locator(".paper-qr img")).to_be_visible()
    camera.take(phone, "print-share")
    phone.pdf(path=pictures / "print-share.pdf", prefer_css_page_size=True, print_background=False)
    phone.goto(address)
    phone.get_by_role("button", name="Show on this phone").click()
    expect(phone.locator("tbody tr").first).to_contain_text("mmol/L")
    camera.take(phone, "lent")
    phone.goto("/results")
    expect(phone).to_have_url(re.compile("/lent$"))
    phone.get_by_role("link", name="Give back").click()
    camera.take(phone, "give-back", at="Give the phone back")
    phone.get_by_label("Your passphrase").fill("this is somebody else")
    phone.get_by_role("button", name="Open my vault again").click()
    expect(phone.get_by_role("alert")).to_contain_text("This is not your passphrase")
    camera.take(phone, "give-back-refused")
    phone.get_by_label("Your passphrase").fill(PASSPHRASE)
    phone.get_by_role("button", name="Open my vault again").click()
    expect(phone).to_have_url(re.compile(f"{address}$"))
    phone.get_by_role("button", name="Show on this phone").click()
    server.post(f"/api/grants/{address.rpartition('/')[2]}/withdraw", {}, token)
    phone.reload()
    expect(phone.get_by_role("heading", name="This share is over")).to_be_visible()
    camera.take(phone, "lent-over")


def test_the_printed_page_has_its_name_caution_and_a_code_that_a_camera_can_read(
    open_browser: Callable[..., Page], server: Server
) -> None:
    phone = open_browser()
    address = shared(server, citizen_at(phone, server, "paper@example.org"))
    phone.goto(f"{address}/print")
    millimetres = phone.locator(".paper-qr img").evaluate("image => image.getBoundingClientRect().width / 96 * 25.4")
    assert millimetres >= 25
    paper = PdfDocument(phone.pdf(prefer_css_page_size=True))
    text = paper[0].get_textpage().get_text_range()
    paper.close()
    for words in ("Ada Example", "29 Feb 1980", "May not be complete", "Magnesium", "typed by the patient", "1 / 1"):
        assert words in text

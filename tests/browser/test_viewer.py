"""The clinician's page in less happy moments: wrong passcode, bad links, no permission to print, close and clear."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.steps import Given, open_link
from tests.servers import Server, share, sign_up, type_in
from tests.vault.documents.papers import photo

pytestmark = pytest.mark.xdist_group("browser-viewer")


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    token = sign_up(server, "viewer@example.org")["token"]
    for day, value in enumerate(("0.80", "0.66", "0.91"), start=1):
        type_in(server, token, value, day, range_low="0.70", range_high="1.00")
    return token


def given(server: Server, token: str, *actions: str) -> Given:
    made = share(server, token, passcode="482915", actions=["view", *actions])
    return Given("", made["link"], "482915")


def test_a_wrong_passcode_says_how_many_tries_are_left(
    server: Server, token: str, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(401)
    link, page = given(server, token), open_browser()
    page.goto(link.link)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#recipient-fault")).to_contain_text("Please enter your name")
    page.get_by_label("Your name and where you work").fill("Dr Lee")
    page.get_by_role("textbox", name="Passcode").fill("000000")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#passcode-fault")).to_contain_text("9 tries are left")
    expect(page.get_by_label("Your name and where you work")).to_have_value("Dr Lee")
    expect(page.get_by_role("textbox", name="Passcode")).to_have_value("")
    page.get_by_role("textbox", name="Passcode").fill("482915")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#patient")).to_have_text("Ana Example")


def test_a_record_without_permission_to_print_leaves_the_paper_empty(
    server: Server, token: str, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    open_link(page, given(server, token))
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    expect(page.get_by_role("button", name="Copy as text")).to_have_count(0)
    page.emulate_media(media="print")
    expect(page.get_by_text("The patient did not allow printing.")).to_be_visible()
    expect(page.locator("#contents")).to_be_hidden()


def test_print_copy_and_save_are_there_when_granted(
    server: Server, token: str, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    open_link(page, given(server, token, "print", "download"))
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as FHIR file").click()
    saved = saving.value.path().read_text("utf-8")
    assert json.loads(saved)["resourceType"] == "Bundle"
    assert '"value":0.80' in saved.replace(" ", "")
    page.emulate_media(media="print")
    expect(page.locator("#contents")).to_be_visible()


def test_close_and_clear_leaves_nothing_in_the_tab(
    server: Server, token: str, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    open_link(page, given(server, token))
    page.get_by_role("button", name="Close and clear").click()
    expect(page.get_by_role("heading", name="Closed and cleared")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    assert "0.66" not in page.content()
    page.reload()
    expect(page.get_by_role("heading", name="Open records you were sent")).to_be_visible()


def test_fifteen_idle_minutes_close_the_page(server: Server, token: str, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.clock.install()
    open_link(page, given(server, token))
    page.clock.fast_forward("15:01")
    expect(page.get_by_role("heading", name="Closed and cleared")).to_be_visible()


def link_of(**payload: object) -> str:
    whole = {"url": "http://localhost/shl/x", "key": "A" * 43, "exp": 1_900_000_000, "v": 1} | payload
    return "shlink:/" + base64.urlsafe_b64encode(json.dumps(whole).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("link", "heading"),
    [
        (link_of(url="https://elsewhere.example/shl/x"), "This link belongs to another server"),
        (link_of(v=2), "This link is newer than this page"),
        (link_of(key="short"), "This link is damaged"),
        ("shlink:/e30", "This link is damaged"),
        ("nonsense", "This link is damaged"),
    ],
)
def test_a_link_that_cannot_be_opened_here_says_why_and_asks_nobody(
    link: str, heading: str, open_browser: Callable[..., Page]
) -> None:
    page, asked = open_browser(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/view#{link}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert not [url for url in asked if "/shl/" in url or "elsewhere" in url]


def test_an_unknown_link_shows_the_one_dead_link_page(
    server: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    page = open_browser()
    page.goto("/view#" + link_of(url=f"{server.base}/shl/{'x' * 43}"))
    page.get_by_label("Your name and where you work").fill("Dr Lee")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    expect(page.locator("#gone-end")).to_contain_text("The end date in the link: 17 Mar 2030")


def test_a_browser_without_cryptography_is_told_so(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.add_init_script("Object.defineProperty(globalThis, 'crypto', {value: undefined})")
    page.goto(f"/view#{link_of()}")
    expect(page.get_by_role("heading", name="This browser can\u2019t unlock the records")).to_be_visible()


def test_a_link_can_be_pasted(server: Server, token: str, open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/view")
    page.get_by_label("Link").fill(given(server, token).link)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="A patient shares records with you")).to_be_visible()


def test_a_shared_letter_is_read_in_the_page(server: Server, token: str, open_browser: Callable[..., Page]) -> None:
    letter = "Dear Ana, <b>please</b> come back in May."
    headers = {"Content-Type": "text/plain"}
    added = server.call("POST", "/api/imports?filename=letter.txt", letter.encode(), token, headers)
    assert added.status == 201
    record_id = server.get("/api/records?kind=document", token).json["items"][0]["record_id"]
    made = share(server, token, passcode="482915", include=[{"record_id": record_id}], actions=["view", "download"])
    page = open_browser()
    open_link(page, Given("", made["link"], "482915"))
    expect(page.locator("#contents pre")).to_have_text(letter)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save \u201cletter.txt\u201d").click()
    assert saving.value.path().read_text("utf-8") == letter
    page.reload()
    expect(page.locator("#contents pre")).to_have_text(letter)


def test_a_shared_photo_is_drawn_and_its_original_stays_behind(
    server: Server, token: str, open_browser: Callable[..., Page]
) -> None:
    added = server.call(
        "POST", "/api/imports?filename=photo.jpg", photo(size=(900, 1200)), token, {"Content-Type": "image/jpeg"}
    )
    assert added.status == 201, added.body
    listed = server.get("/api/records?kind=document", token).json["items"]
    record_id = next(each["record_id"] for each in listed if each["title"] == "photo.jpg")
    made = share(server, token, passcode="482915", include=[{"record_id": record_id}], actions=["view", "print"])
    page = open_browser()
    open_link(page, Given("", made["link"], "482915"))
    picture = page.get_by_role("img", name="photo.jpg, Page 1 of 1")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("width", 900)
    expect(picture).to_have_js_property("height", 1200)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.get_by_role("button", name="Close and clear").click()
    expect(page.locator("canvas")).to_have_count(0)


def test_asking_again_at_a_stopped_link_reaches_the_patient(
    server: Server, token: str, open_browser: Callable[..., Page], watch: Watch
) -> None:
    watch.expected.add(404)
    made = share(server, token, passcode="482915")
    assert server.post(f"/api/grants/{made['grant_id']}/withdraw", {}, token).status == 200
    page = open_browser()
    page.goto(made["link"])
    page.get_by_label("Your name and where you work").fill("Dr Lee")
    page.get_by_role("textbox", name="Passcode").fill("482915")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("button", name="Ask the patient").click()
    expect(page.get_by_text("We have told the patient, if this link ended")).to_be_focused()
    events = [each["event"] for each in server.get("/api/log", token).json["items"]]
    assert events[0] == "ask"

"""Who looked, notices, freezing, the choice of mail and Leave now, as people see and press them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, PASSPHRASE
from tests.servers import Server, manifest_url, share

pytestmark = pytest.mark.xdist_group("browser-looking-pages")
OTHER_SITE = "Sunny spells today"


class _Weather(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><html lang=en><title>Weather</title><h1>{OTHER_SITE}</h1>".encode())

    def log_message(self, *_given: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A vault whose Leave now leads to a page of another origin on this machine."""
    weather = ThreadingHTTPServer(("127.0.0.1", 0), _Weather)
    threading.Thread(target=weather.serve_forever, daemon=True).start()
    elsewhere = {"HEALTHVAULT_LEAVE_URL": f"http://127.0.0.1:{weather.server_port}/"}
    running = Server(tmp_path_factory.mktemp("looking"), environment=elsewhere).start()
    running.create_admin("root@example.org")
    yield running
    running.stop()
    weather.shutdown()
    weather.server_close()


@dataclass
class Person:
    """A citizen made by the API, with results."""

    server: Server
    email: str
    token: str

    def share(self, name: str, **more: Any) -> dict[str, str]:
        return share(self.server, self.token, recipient={"name": name}, **more)

    def visit(self, made: dict[str, str], name: str, **more: Any) -> int:
        return self.server.post(manifest_url(made["shlink"]), {"recipient": name} | more).status

    def stop(self, made: dict[str, str]) -> None:
        self.server.post(f"/api/grants/{made['grant_id']}/withdraw", {}, self.token)

    def sign_in(self, page: Page) -> None:
        page.goto("/sign-in")
        page.get_by_label("E-mail address").fill(self.email)
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/results*")


def make_person(server: Server, email: str) -> Person:
    stated = {"email": email, "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}
    made = server.post("/api/accounts", stated).json
    token = str(made["token"])
    server.post("/api/account/recovery-code/confirm", {"last_group": made["recovery_code"][-4:]}, token)
    headers = {"Content-Type": "application/fhir+json"}
    assert server.call("POST", "/api/imports", MAGNESIUM_FILE.read_bytes(), token, headers).status == 201
    return Person(server, email, token)


def happenings(person: Person) -> dict[str, str]:
    """Opens, a stranger, a locked link, an ask, an admin's look; the share that was opened."""
    opened = person.share("Dr Ada Okafor")
    assert person.visit(opened, "Dr Ada Okafor, Green Lane Surgery") == 200
    assert person.visit(opened, "Somebody with a very long name who works in the outpatient clinic") == 200
    locked = person.share("Dr Kim", passcode="482913")
    for _ in range(10):
        person.visit(locked, "Guesser", passcode="000000")
    ended = person.share("Physio Lane")
    person.stop(ended)
    person.visit(ended, "Physio Lane")
    asked = person.server.post(manifest_url(ended["shlink"]) + "/ask", {"recipient": "Physio Lane", "wants": "time"})
    assert asked.status == 202
    admin = person.server.post("/api/sessions", {"email": "root@example.org", "passphrase": PASSPHRASE}).json["token"]
    assert person.server.get(f"/api/admin/log?grant={opened['grant_id']}", admin).status == 200
    return opened


def test_screenshots_of_who_looked_and_notices(
    server: Server,
    open_browser: Callable[..., Page],
    pictures: Path,
) -> None:
    camera = Camera(pictures)
    person = make_person(server, "looking-pictures@example.org")
    page = open_browser()
    person.sign_in(page)
    page.goto("/notices")
    camera.take(page, "looking-notices-none")
    page.goto("/who-looked?show=others")
    camera.take(page, "looking-who-looked-nobody")
    opened = happenings(person)
    page.goto("/notices")
    expect(page.locator("a.notices .count")).to_contain_text("4")
    camera.take(page, "looking-notices-some")
    page.goto("/who-looked")
    page.locator("details", has_text="What they could see").first.locator("summary").click()
    camera.take(page, "looking-who-looked")
    page.goto("/who-looked?show=refused")
    camera.take(page, "looking-who-looked-refused")
    page.goto("/who-looked?show=others")
    page.get_by_role("button", name="I don\u2019t recognise this: freeze the share for Dr Ada Okafor").first.click()
    expect(page.get_by_role("status")).to_contain_text("Frozen")
    camera.take(page, "looking-who-looked-frozen")
    assert person.visit(opened, "Dr Ada Okafor, Green Lane Surgery") == 404
    page.goto(f"/shares/{opened['grant_id']}")
    camera.take(page, "looking-share-frozen")
    page.get_by_role("link", name="It was fine").click()
    camera.take(page, "looking-unfreeze", at="Let this link work again?")
    page.goto("/account/notices")
    camera.take(page, "looking-notice-choice")
    page.get_by_role("radio", name="Also by mail").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    camera.take(page, "looking-notice-choice-saved")


def test_a_stranger_is_frozen_out_with_the_keyboard_and_let_back_in(
    server: Server, open_browser: Callable[..., Page]
) -> None:
    person = make_person(server, "keys@example.org")
    made = person.share("Dr Lee")
    person.visit(made, "Nobody I know")
    page = open_browser()
    person.sign_in(page)
    expect(page.locator("a.notices .count")).to_contain_text("1")
    page.get_by_role("link", name="Notices").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="I don\u2019t recognise this").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Frozen")
    assert person.visit(made, "Nobody I know") == 404
    expect(page.locator("a.notices .count")).to_have_count(0)
    page.get_by_role("link", name="It was fine").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="It was fine").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/shares/*")
    assert person.visit(made, "Nobody I know") == 200


def test_notices_and_freezing_work_without_javascript(server: Server, open_browser: Callable[..., Page]) -> None:
    person = make_person(server, "plain@example.org")
    made, ended = person.share("Dr Lee"), person.share("Physio Lane")
    person.visit(made, "Nobody I know")
    person.stop(ended)
    server.post(manifest_url(ended["shlink"]) + "/ask", {"recipient": "Physio <b>Lane</b>", "wants": "time"})
    page = open_browser(java_script_enabled=False)
    person.sign_in(page)
    page.goto("/notices")
    expect(page.get_by_text("“Physio <b>Lane</b>” asks for a new link")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("a.notices .count")).to_contain_text("1")
    page.get_by_role("button", name="I don\u2019t recognise this").click()
    expect(page.get_by_role("status")).to_contain_text("Frozen")
    assert person.visit(made, "Nobody I know") == 404
    page.goto("/account")
    page.get_by_role("link", name="Choose how notices reach you").click()
    page.get_by_role("radio", name="Also by mail").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("by mail too")
    expect(page.get_by_role("radio", name="Also by mail")).to_be_checked()


def test_an_ask_is_answered_by_sharing_again(server: Server, open_browser: Callable[..., Page]) -> None:
    person = make_person(server, "again@example.org")
    ended = person.share("Physio Lane")
    person.stop(ended)
    server.post(manifest_url(ended["shlink"]) + "/ask", {"recipient": "Physio Lane", "wants": "time"})
    page = open_browser()
    person.sign_in(page)
    page.goto("/notices")
    page.get_by_role("button", name="Share again").click()
    page.wait_for_url(lambda url: "/notices" not in url)
    expect(page.get_by_role("main")).to_contain_text("Physio Lane")
    expect(page.locator("a.notices .count")).to_have_count(0)


def left(page: Page, server: Server, person: Person) -> None:
    """Away, signed out, and nothing of the vault behind Back."""
    expect(page.get_by_role("heading", name=OTHER_SITE)).to_be_visible()
    assert [each["name"] for each in page.context.cookies() if each["name"] == "__Host-session"] == []
    for _ in range(4):
        page.go_back()
        shown = page.locator("body").inner_text()
        assert "vault" not in (shown + page.title()).lower(), shown
        assert "Magnesium" not in shown
    assert server.get("/api/notices", person.token).status == 200, "another sign-in was ended too"


@pytest.mark.parametrize("way", ["click", "escape", "no-javascript"])
def test_leave_now_leaves_at_once_and_back_shows_nothing_of_the_vault(
    way: str, server: Server, open_browser: Callable[..., Page]
) -> None:
    person = make_person(server, f"leave-{way}@example.org")
    page = open_browser(java_script_enabled=way != "no-javascript")
    person.sign_in(page)
    for path in ("/results", "/records", "/who-looked", "/shares", "/account"):
        page.goto(path)
        expect(page.get_by_role("link", name="Leave now")).to_be_visible()
    if way == "escape":
        for _ in range(3):
            page.keyboard.press("Escape")
    else:
        page.get_by_role("link", name="Leave now").click()
    left(page, server, person)
    page.goto("/sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_link_of_another_site_signs_nobody_out(
    server: Server, open_browser: Callable[..., Page], watch: Watch
) -> None:
    person = make_person(server, "enticed@example.org")
    page = open_browser()
    person.sign_in(page)
    elsewhere = server.environment["HEALTHVAULT_LEAVE_URL"]
    page.goto(elsewhere)
    with page.expect_navigation():
        page.evaluate(f"location.href = '{server.base}/leave'")
    expect(page.get_by_role("heading", name=OTHER_SITE)).to_be_visible()
    page.goto("/notices")
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()

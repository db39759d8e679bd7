"""A lost phone and another e-mail address, as somebody goes through both."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, create_vault, import_file
from tests.servers import Server

pytestmark = pytest.mark.xdist_group("browser-new-keys-pages")
OLD, NEW = "ada-keys@example.org", "ada-keys-new@example.net"
PHONE = "velvet glacier pencil mango"


def code_for(server: Server, email: str) -> str:
    """The eight digits of the newest mail to an address, which the mail itself doesn't name."""
    letters = sorted((server.data / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in letters:
        found = re.search(r"\d{4} \d{4}", message_from_bytes(path.read_bytes(), policy=default).get_content())
        if found:
            return found[0]
    raise AssertionError(f"no code was mailed to {email}")


def test_a_phone_is_lost_and_the_address_changes_screenshots(
    open_browser: Callable[..., Page], server: Server, watch: Watch, pictures: Path
) -> None:
    watch.expected |= {401, 422}
    camera, page, elsewhere = Camera(pictures), open_browser(), open_browser()
    create_vault(page, OLD)
    import_file(page, MAGNESIUM_FILE)
    page.goto("/account/ways-in/passphrase")
    page.get_by_label("New passphrase").fill(PHONE)
    page.get_by_label("What do you call it?").fill("On my old phone")
    page.get_by_role("button", name="Add this passphrase").click()
    expect(page.get_by_role("heading", name="Ways in", exact=True)).to_be_visible()
    elsewhere.goto("/sign-in")
    elsewhere.get_by_label("E-mail").fill(OLD)
    elsewhere.get_by_label("Passphrase").fill(PHONE)
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_role("heading", level=1)).not_to_have_text("Sign in")

    page.goto("/account")
    page.get_by_role("link", name="New keys").click()
    camera.take(page, "new-keys", at="New keys")
    page.get_by_role("button", name="Take it out and change the keys").click()
    expect(page.get_by_role("alert").get_by_text("Please tick what was lost")).to_be_visible()
    camera.take(page, "new-keys-nothing-ticked", at="New keys")
    page.get_by_label("On my old phone").check()
    page.get_by_role("button", name="Take it out and change the keys").click()
    camera.take(page, "new-keys-done", at="Your vault has new keys")
    page.get_by_role("link", name="To your results").click()
    expect(page.get_by_text("Magnesium").first).to_be_visible()
    elsewhere.goto("/results")
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()

    page.goto("/account")
    page.get_by_role("link", name="Change the address").click()
    camera.take(page, "new-address", at="New e-mail address")
    page.get_by_label("New e-mail address").fill("ada at home")
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("New e-mail address").fill(NEW)
    page.get_by_role("button", name="Send the code").click()
    camera.take(page, "new-address-code", at="The code from the mail")
    page.get_by_label("Code from the mail").fill("0000 0001")
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_role("alert")).to_be_visible()
    camera.take(page, "new-address-wrong-code", at="The code from the mail")
    page.get_by_label("Code from the mail").fill(code_for(server, NEW))
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_text("Your address is changed.")).to_be_visible()
    expect(page.get_by_text(NEW)).to_be_visible()
    camera.take(page, "new-address-done", at="Account")

"""What belongs to the account, as its owner sees it: who may send, a code from an app, programs, taking all home."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.steps import PASSPHRASE, create_vault

pytestmark = pytest.mark.xdist_group("browser-account-pages")
OBSERVATION = (
    b'{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"19123-9"}]},'
    b'"effectiveDateTime":"2026-01-20","valueQuantity":{"value":0.66,"unit":"mmol/L"}}'
)


def send(address: str, key: str, data: bytes, name: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/fhir+json"}
    request = urllib.request.Request(f"{address}?filename={name}", data, headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201


def sign_in_again(page: Page, email: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_lab_sends_while_the_vault_is_locked_screenshots(open_browser: Callable[..., Page], pictures: Path) -> None:
    camera, page = Camera(pictures), open_browser()
    create_vault(page, "ada-sent@example.org")
    page.goto("/add")
    page.get_by_role("link", name="Let somebody send").click()
    camera.take(page, "deliveries-nobody", at="Sent to you")
    page.get_by_role("link", name="Let somebody send").click()
    page.get_by_label("Who gets this key?").fill("Hill Street Laboratory")
    camera.take(page, "deliveries-new")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("heading", name="A key for Hill Street Laboratory")).to_be_visible()
    address, key = page.locator("#address").inner_text(), page.locator("#key").inner_text()
    camera.take(page, "deliveries-key")
    patient = b'{"resourceType":"Patient","name":[{"family":"Lovelace"}],"birthDate":"1815-12-10"}'
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s},{"resource":%s}]}'
    send(address, key, OBSERVATION, "result.json")
    send(address, key, bundle % (patient, OBSERVATION.replace(b"0.66", b"0.91")), "hers.json")
    sign_in_again(page, "ada-sent@example.org")
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    page.goto("/notices")
    expect(page.get_by_text("Something new was sent to your vault")).to_be_visible()
    page.goto("/imports")
    expect(page.get_by_text("sent by Hill Street Laboratory")).to_be_visible()
    page.goto("/deliveries")
    expect(page.get_by_role("heading", name="hers.json")).to_be_visible()
    camera.take(page, "deliveries-asks")
    page.get_by_role("button", name="Keep it apart").click()
    expect(page.get_by_role("status")).to_contain_text("among your records")


def test_a_code_from_an_app_is_asked_for_after_the_passphrase_screenshots(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page = Camera(pictures), open_browser()
    create_vault(page, "ada-app@example.org")
    page.goto("/account")
    page.get_by_role("link", name="Code from an app").click()
    camera.take(page, "app-code-off", at="Code from an app")
    page.get_by_role("link", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Turn on the code from an app")).to_be_visible()
    app = pyotp.TOTP("".join(page.locator("p.code span").all_inner_texts()))
    camera.take(page, "app-code-on")
    page.get_by_label("The code that the app shows now").fill(app.now())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("status")).to_contain_text("On.")
    sign_in_again(page, "ada-app@example.org")
    expect(page.get_by_role("heading", name="The code from your app")).to_be_visible()
    camera.take(page, "app-code-asked")
    page.goto("/results")
    expect(page.get_by_role("heading", name="The code from your app")).to_be_visible()


def test_a_program_gets_a_token_once_and_everything_goes_home_screenshots(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page = Camera(pictures), open_browser()
    create_vault(page, "ada-programs@example.org")
    page.goto("/account")
    page.get_by_role("link", name="Programs").click()
    page.get_by_role("link", name="Make a token").click()
    page.get_by_label("Which program is it for?").fill("My spreadsheet")
    page.get_by_label("Look at what is in my vault").check()
    camera.take(page, "programs-new", at="A token for a program")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#token")).to_contain_text("hv1_")
    camera.take(page, "programs-token")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", name="My spreadsheet")).to_be_visible()
    camera.take(page, "programs")
    page.goto("/archive")
    camera.take(page, "archive", at="Take everything home")
    with page.expect_download() as got:
        page.get_by_role("button", name="Get the file").click()
    assert got.value.suggested_filename

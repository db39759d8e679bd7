"""Signing in through a certified provider that runs beside the vault, as people meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.authenticator import with_device
from tests.browser.camera import Camera
from tests.browser.steps import MAGNESIUM_FILE, create_vault, import_file, keep_sheet
from tests.servers import PASSPHRASE as ADMIN_PASSPHRASE
from tests.servers import Server
from tests.sign_in_provider import SignInProvider, as_setting, configuration, free_port, start_provider

pytestmark = pytest.mark.xdist_group("browser-single-sign-on-pages")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[SignInProvider]:
    running = start_provider(f"http://localhost:{port}/sign-in/back/example")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: SignInProvider, port: int) -> Iterator[Server]:
    """Its own, because it has a provider."""
    folder = tmp_path_factory.mktemp("single-sign-on")
    stated = configuration(folder, provider, "citizens", "admins", "clinicians")
    running = Server(folder, port=port, environment={"HEALTHVAULT_SIGN_IN_PROVIDERS": as_setting(stated)}).start()
    running.create_admin("root@example.org")
    yield running
    running.stop()


def sign_in_there(page: Page, who: str) -> None:
    page.get_by_label("Who are you?").fill(who)
    page.get_by_role("button", name="Sign in").click()


def link(page: Page, who: str) -> None:
    """From the page of one's linked sign-ins, there and back."""
    page.get_by_role("button", name="Link Example sign-in").click()
    sign_in_there(page, who)
    expect(page.get_by_role("status")).to_contain_text("Linked")


def test_a_citizen_signs_in_there_and_unlocks_here_by_passkey_screenshots(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page = Camera(pictures), open_browser()
    with_device(page)
    create_vault(page, "ada-linked@example.org")
    import_file(page, MAGNESIUM_FILE)
    page.goto("/account/ways-in")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Added")
    page.goto("/account")
    page.get_by_role("link", name="Sign-ins elsewhere").click()
    link(page, "ada")
    camera.take(page, "sign-on-linked")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/sign-in")
    camera.take(page, "sign-on-sign-in")
    page.context.clear_cookies(domain="localhost", name="_session")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "ada")
    expect(page.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    camera.take(page, "sign-on-unlock")
    page.get_by_role("button", name="Unlock with my passkey").click()
    expect(page.get_by_role("heading", name="Results")).to_be_visible()


def test_whoever_is_linked_to_nothing_gets_no_vault_by_an_address(
    open_browser: Callable[..., Page], pictures: Path
) -> None:
    camera, page, other = Camera(pictures), open_browser(), open_browser()
    create_vault(other, "grace@example.org")
    page.goto("/sign-in")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "grace")
    expect(page.get_by_role("heading", name="No vault is linked to this sign-in")).to_be_visible()
    camera.take(page, "sign-on-nobody")


def test_a_newcomer_makes_a_vault_and_is_linked_to_it(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/sign-in")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "newcomer")
    page.get_by_role("link", name="Create my vault").click()
    page.get_by_label("What is your name?").fill("New Comer")
    page.get_by_role("button", name="Continue").click()
    for part, typed in (("Day", "5"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What is your e-mail address?")).to_have_value("newcomer@example.org")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Choose a passphrase").fill("copper lantern drifting meadow")
    page.get_by_role("button", name="Create my vault").click()
    keep_sheet(page)
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()
    page.goto("/account/linked")
    expect(page.get_by_text("newcomer@example.org")).to_be_visible()


def test_who_says_no_there_or_has_no_confirmed_address_does_not_get_in(
    open_browser: Callable[..., Page], watch: object
) -> None:
    watch.expected.add(403)  # type: ignore[attr-defined]
    page = open_browser()
    page.goto("/sign-in")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    page.get_by_role("button", name="No").click()
    expect(page.get_by_text("You were not signed in there")).to_be_visible()
    page.goto("/sign-in")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "unconfirmed-ida")
    expect(page.get_by_text("not confirmed there")).to_be_visible()


def test_an_administrator_needs_the_group_at_each_sign_in(
    open_browser: Callable[..., Page], watch: object, pictures: Path
) -> None:
    watch.expected.add(403)  # type: ignore[attr-defined]
    camera, page = Camera(pictures), open_browser()
    page.goto("/admin/sign-in")
    page.get_by_label("E-mail address").fill("root@example.org")
    page.get_by_label("Passphrase").fill(ADMIN_PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Access log")).to_be_visible()
    page.goto("/account/linked")
    link(page, "admin-root")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/admin/sign-in")
    page.context.clear_cookies(domain="localhost", name="_session")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "admin-root")
    page.get_by_label("Your passphrase").fill(ADMIN_PASSPHRASE)
    page.get_by_role("button", name="Unlock", exact=True).click()
    expect(page.get_by_role("heading", name="Access log")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/admin/sign-in")
    page.context.clear_cookies(domain="localhost", name="_session")
    page.get_by_role("button", name="Continue with Example sign-in").click()
    sign_in_there(page, "mallory")
    expect(page.get_by_text("not one of an administrator")).to_be_visible()
    camera.take(page, "sign-on-no-admin")


def test_a_share_opens_only_for_the_person_who_signs_in_as_the_patient_said(
    open_browser: Callable[..., Page], watch: object, pictures: Path
) -> None:
    watch.expected.update({403, 422})  # type: ignore[attr-defined]
    camera, citizen, doctor, other = Camera(pictures), open_browser(), open_browser(), open_browser()
    create_vault(citizen, "ada-bound@example.org")
    import_file(citizen, MAGNESIUM_FILE)
    link_address = share_with_one_person(citizen, camera)

    doctor.goto(link_address)
    doctor.get_by_label("Your name and where you work").fill("Dr Grey")
    doctor.get_by_role("button", name="Open").click()
    expect(doctor.get_by_role("heading", name="Sign in to open it")).to_be_visible()
    camera.take(doctor, "reader-sign-in")
    doctor.get_by_role("button", name="Sign in", exact=True).click()
    sign_in_there(doctor, "grey")
    expect(doctor.get_by_role("heading", name="Ada Example")).to_be_visible()
    expect(doctor.get_by_role("heading", name="Magnesium").first).to_be_visible()
    camera.take(doctor, "reader-records")
    doctor.reload()
    expect(doctor.get_by_role("heading", name="Ada Example")).to_be_visible()

    other.goto(link_address)
    other.get_by_label("Your name and where you work").fill("Dr Grey")
    other.get_by_role("button", name="Open").click()
    other.get_by_role("button", name="Sign in", exact=True).click()
    sign_in_there(other, "mallory")
    expect(other.get_by_role("heading", name="This is for somebody else")).to_be_visible()
    camera.take(other, "reader-not-the-one")

    citizen.goto("/who-looked")
    expect(citizen.get_by_text("grey@example.org").first).to_be_visible()
    expect(citizen.get_by_text("mallory@example.org").first).to_be_visible()
    camera.take(citizen, "reader-who-looked")


def share_with_one_person(page: Page, camera: Camera) -> str:
    page.goto("/share")
    page.get_by_label("Magnesium").first.check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Who is it for?").fill("Dr Grey")
    page.get_by_label("Must they sign in").select_option(label="Yes, at Example sign-in")
    page.get_by_role("radio", name="My care").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Say by which e-mail address they sign in").first).to_be_visible()
    camera.take(page, "reader-share-refused")
    page.get_by_label("Their e-mail address").fill("grey@example.org")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Passcode", exact=True).fill("")
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_text("Nobody else can open it").first).to_be_visible()
    camera.take(page, "reader-share-check")
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_text("Only somebody who signs in as grey@example.org")).to_be_visible()
    camera.take(page, "reader-share-given")
    return page.locator("#link").inner_text().strip()

"""What a person does on the pages, step by step, through what they see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

PASSPHRASE = "copper lantern drifting meadow"
SAMPLES = Path(__file__).resolve().parents[1] / "samples"
MAGNESIUM_FILE = SAMPLES / "magnesium-ranges.json"


@dataclass(frozen=True)
class Given:
    """A share as its page shows it."""

    address: str
    link: str
    passcode: str


def create_vault(page: Page, email: str, name: str = "Ada Example") -> None:
    page.goto("/")
    page.get_by_role("link", name="Create my vault").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Date of birth").fill("1980-04-05")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Create my vault").click()
    groups = page.locator(".groups li").all_inner_texts()
    assert len(groups) == 8
    page.get_by_label("Type the last four").fill(groups[-1].lower())
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()


def import_file(page: Page, path: Path) -> None:
    page.goto("/add")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Add this file").click()
    expect(page.get_by_role("link", name="See my results")).to_be_visible()


def share_test(page: Page, test: str, recipient: str, *, actions: tuple[str, ...] = (), passcode: str = "") -> Given:
    """All results of one test (its key), for my care, through *check your answers*."""
    fill_share(page, test, recipient, actions, passcode)
    page.get_by_role("button", name="Check my answers").click()
    shown = page.locator("dt", has_text="Passcode").locator("+ dd strong").inner_text()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name=f"Ready to share with {recipient}")).to_be_visible()
    return Given(page.url.partition("?")[0], page.locator("#link").inner_text().strip(), shown)


def fill_share(page: Page, test: str, recipient: str, actions: tuple[str, ...] = (), passcode: str = "") -> None:
    page.goto("/share")
    page.locator(f"input[name=include][value='analyte:{test}']").check()
    page.get_by_label("Who is it for?").fill(recipient)
    page.get_by_role("radio", name="My care").check()
    if passcode:
        page.get_by_label("Passcode").fill(passcode)
    for action in actions:
        page.get_by_role("checkbox", name=action).check()


def open_link(page: Page, given: Given, name: str = "Dr Ada Okafor") -> None:
    page.goto(given.link)
    page.get_by_label("Your name and where you work").fill(name)
    page.get_by_role("textbox", name="Passcode").fill(given.passcode)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#patient")).to_be_visible()

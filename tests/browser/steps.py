"""What a person does on the pages, step by step, through what they see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

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
    """One question a page, the recovery sheet, its last group; ends at *Add your first result*."""
    page.goto("/")
    page.get_by_role("link", name="Create my vault").click()
    page.get_by_label("What is your name?").fill(name)
    page.get_by_role("button", name="Continue").click()
    for part, typed in (("Day", "5"), ("Month", "4"), ("Year", "1980")):
        page.get_by_label(part, exact=True).fill(typed)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What is your e-mail address?").fill(email)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Choose a passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Create my vault").click()
    keep_sheet(page)
    expect(page.get_by_role("heading", name="Add your first result")).to_be_visible()


def keep_sheet(page: Page) -> None:
    """From the recovery sheet past the question for its last group."""
    expect(page.locator(".groups li")).to_have_count(8)
    groups = page.locator(".groups li").all_inner_texts()
    page.get_by_role("button", name="I have it on paper").click()
    page.get_by_label("Type the last group").fill(groups[-1].lower())
    page.get_by_role("button", name="Continue").click()


def import_file(page: Page, path: Path) -> None:
    page.goto("/add")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="See what is in it").click()
    yes = page.get_by_role("button", name="Add to my vault").or_(page.get_by_role("button", name="Continue"))
    expect(yes).to_be_visible()
    mine = page.locator("input[name=whose][value=mine]")
    if mine.is_visible():
        mine.check()
    yes.click()
    expect(page.get_by_role("link", name="See my results")).to_be_visible()


def share_test(page: Page, test: str, recipient: str, *, actions: tuple[str, ...] = (), passcode: str = "") -> Given:
    """All results of one test (its key), for my care, through *check your answers*."""
    fill_share(page, test, recipient, actions, passcode)
    page.get_by_role("button", name="Check my answers").click()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name=f"Ready to share with {recipient}")).to_be_visible()
    stop = page.locator("form[action$='/stop']").get_attribute("action") or ""
    address = urljoin(page.url, stop.removesuffix("/stop"))
    return Given(address, page.locator("#link").inner_text().strip(), page.locator(".passcode .code").inner_text())


def fill_share(page: Page, test: str, recipient: str, actions: tuple[str, ...] = (), passcode: str = "") -> None:
    """Through three steps, up to the press on *Check my answers*."""
    page.goto("/share")
    page.locator(f"input[name=include][value='analyte:{test}']").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Who is it for?").fill(recipient)
    page.get_by_role("radio", name="My care").check()
    page.get_by_role("button", name="Continue").click()
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


def tab_to(page: Page, name: str) -> None:
    """Tab until the focus is on what has this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(
            "name => { const e = document.activeElement; const words = (e.labels?.[0] ?? e).innerText?.trim() ?? '';"
            " return words === name || words.startsWith(name + ' (') || words.split('\\n')[0] === name; }",
            name,
        ):
            return
    raise AssertionError(f"nothing called {name} can be reached by keyboard")

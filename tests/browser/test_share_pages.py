"""Sharing in the browser: every step and state in four looks; by keyboard alone; without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import (
    MAGNESIUM_FILE,
    create_vault,
    fill_share,
    import_file,
    open_link,
    share_test,
    tab_to,
)

pytestmark = pytest.mark.xdist_group("browser-share-pages")

OTHERS = [
    ("Sodium", "2951-2", "140", "mmol/L"),
    ("Potassium", "2823-3", "4.2", "mmol/L"),
    ("Lithium", "14334-7", "0.6", "mmol/L"),
    ("Mystery test", "99999-9", "3", "mmol/L"),
]


@pytest.fixture
def more_records(tmp_path: Path) -> Path:
    """Results of other tests, one of them sensitive and one unknown, and an ailment with a note."""
    results = [
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                            "code": "laboratory",
                        }
                    ]
                }
            ],
            "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
            "effectiveDateTime": "2025-06-15",
            "valueQuantity": {"value": float(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        }
        for name, code, value, unit in OTHERS
    ]
    ailments = [
        {"resourceType": "Condition", "code": {"text": f"Hay fever {year}"}, "onsetDateTime": f"{year}-05-01"}
        for year in range(2004, 2026)
    ]
    entries = [{"resource": each} for each in (*results, *ailments)]
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return file


def test_screenshots_of_every_step_and_state_of_a_share(
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
    more_records: Path,
) -> None:
    watch.expected |= {409, 422}
    camera = Camera(pictures)
    page = open_browser()
    create_vault(page, "share@example.org")
    page.goto("/share")
    camera.take(page, "share-empty-vault")
    page.goto("/shares")
    expect(page.get_by_role("heading", name="You share nothing")).to_be_visible()
    camera.take(page, "shares-empty")
    page.goto("/help/pressure")
    camera.take(page, "help-pressure")
    import_file(page, MAGNESIUM_FILE)
    import_file(page, more_records)
    steps_with_faults(page, camera)
    checks(page, camera)
    given(page, camera)
    shares(page, camera)


def steps_with_faults(page: Page, camera: Camera) -> None:
    page.goto("/share")
    camera.take(page, "share-what")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("choose at least one thing")
    camera.take(page, "share-what-fault")
    page.get_by_label("Find a test or record").fill("hay fever 2025")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("button", name="Show all again")).to_be_visible()
    camera.take(page, "share-what-found")
    page.get_by_role("checkbox", name="Hay fever 2025").check()
    page.get_by_role("button", name="Show all again").click()
    expect(page.get_by_role("checkbox", name="Hay fever 2025")).to_be_checked()
    page.locator("input[name=include][value='analyte:magnesium']").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Who is it for?")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("say who it is for")
    camera.take(page, "share-who-fault")
    page.get_by_label("Who is it for?").fill("Dr Ada Okafor, Heart Clinic")
    page.get_by_role("radio", name="My care").check()
    camera.take(page, "share-who")
    page.get_by_role("button", name="Continue").click()
    camera.take(page, "share-how", at="How long, and how?")
    page.get_by_label("Passcode").fill("1")
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("alert")).to_contain_text("4 to 128")
    camera.take(page, "share-how-fault")


def checks(page: Page, camera: Camera) -> None:
    fill_share(page, "magnesium", "Dr Ada Okafor")
    page.get_by_role("button", name="Check my answers").click()
    camera.take(page, "share-check", at="Check your answers")
    page.goto("/share")
    page.get_by_text("Whole kinds of records").click()
    page.get_by_role("checkbox", name="Laboratory tests").check()
    page.get_by_role("checkbox", name="Lithium").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Who is it for?").fill("Everyone at work")
    page.get_by_role("radio", name="Support").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Passcode").fill("")
    page.get_by_label("The link works for").select_option("90")
    page.get_by_label("How often may it be opened").fill("1")
    page.get_by_role("checkbox", name="save it as a file").check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", name="Is this what you want?")).to_be_visible()
    expect(page.get_by_text("Held back: 1")).to_be_visible()
    camera.take(page, "share-check-doubts-and-held-back")
    page.get_by_role("button", name="Change the passcode").click()
    camera.take(page, "share-how-changing", at="How long, and how?")
    page.get_by_label("Passcode").fill("482915")
    page.get_by_role("button", name="Back to check your answers").click()
    expect(page.get_by_text("482915")).to_be_visible()
    stale_check(page, camera)


def stale_check(page: Page, camera: Camera) -> None:
    """A result that comes in another tab between the check and the press."""
    other = page.context.new_page()
    other.goto("/results")
    made = other.request.post(
        "/api/results",
        data={"analyte": "magnesium", "value": "0.91", "unit": "mmol/L", "taken_at": "2026-01-20"},
        headers={"Origin": re.sub(r"(https?://[^/]+).*", r"\1", page.url), "Sec-Fetch-Site": "same-origin"},
    )
    other.close()
    assert made.status == 201, made.text()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("has changed since you looked")
    camera.take(page, "share-check-changed")


def given(page: Page, camera: Camera) -> None:
    share_test(page, "magnesium", "Dr Ada Okafor", actions=("print and copy",))
    expect(page.get_by_text("This link opens only on this computer")).to_be_visible()
    camera.take(page, "share-given-localhost")


def shares(page: Page, camera: Camera) -> None:
    page.get_by_role("link", name="All shares").click()
    camera.take(page, "shares-active", at="Shares")
    page.get_by_role("link", name="Dr Ada Okafor", exact=True).click()
    camera.take(page, "share-active", at="Shared with Dr Ada Okafor")
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("The link opens nothing any more")).to_be_visible()
    camera.take(page, "share-stopped")
    page.get_by_role("link", name="What you agreed to").click()
    camera.take(page, "share-receipt", at="Receipt of a share")
    share_test(page, "sodium", "Mum")
    page.goto("/shares")
    camera.take(page, "shares-active-and-ended")
    page.get_by_role("link", name="Share again with Dr Ada Okafor").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Don.t allow$")).click()
    expect(page.get_by_role("status")).to_contain_text("Nothing was shared")
    camera.take(page, "shares-not-allowed")


def test_a_share_is_given_by_keyboard_alone(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "keyboard-share@example.org")
    import_file(page, MAGNESIUM_FILE)
    page.goto("/share")
    for name, key in (("Magnesium", "Space"), ("Continue", "Enter")):
        tab_to(page, name)
        page.keyboard.press(key)
    expect(page.get_by_text("Step 2 of 4")).to_be_visible()
    tab_to(page, "Who is it for?")
    page.keyboard.type("Dr Ada Okafor")
    tab_to(page, "My care")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 3 of 4")).to_be_visible()
    tab_to(page, "Passcode")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 4 of 4")).to_be_visible()
    tab_to(page, "Allow")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ready to share with Dr Ada Okafor")).to_be_visible()


def test_without_javascript_a_share_is_searched_changed_given_shown_stopped_and_given_again(
    open_browser: Callable[..., Page], watch: Watch, more_records: Path
) -> None:
    watch.expected.add(422)
    page = open_browser(java_script_enabled=False)
    create_vault(page, "noscript-share@example.org")
    import_file(page, MAGNESIUM_FILE)
    import_file(page, more_records)
    page.goto("/share")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("choose at least one thing")
    page.get_by_label("Find a test or record").fill("magnes")
    page.keyboard.press("Enter")
    page.locator("input[name=include][value='analyte:magnesium']").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Who is it for?").fill("Dr Grey")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="What do you want to share?")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Who is it for?")).to_have_value("Dr Grey")
    page.get_by_role("radio", name="My care").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Check my answers").click()
    page.get_by_role("button", name="Change who it is for").first.click()
    page.get_by_label("Who is it for?").fill("Dr Ada Okafor")
    page.get_by_role("button", name="Back to check your answers").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    assert page.url.endswith("/share")
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to share with Dr Ada Okafor")).to_be_visible()
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_text("The link opens nothing any more")).to_be_visible()
    page.get_by_role("link", name="Share again").click()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to share with Dr Ada Okafor")).to_be_visible()


def test_a_shown_doctor_opens_it_with_the_passcode_of_the_page(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "doctor-share@example.org")
    import_file(page, MAGNESIUM_FILE)
    page.goto("/results")
    page.get_by_role("link", name="Magnesium", exact=True).click()
    page.get_by_role("button", name="Show this to my doctor").click()
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    assert "magnesium" not in page.url.lower()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to share with My doctor")).to_be_visible()
    link, passcode = page.locator("#link").inner_text(), page.locator(".passcode .code").inner_text()
    given_again = type("Again", (), {"link": link, "passcode": passcode})()
    open_link(open_browser(), given_again)
    page.goto("/shares")
    expect(page.get_by_text("Opened once, last on")).to_be_visible()


def test_a_receipt_prints_on_paper_without_the_frame(
    open_browser: Callable[..., Page], pictures: Path, more_records: Path
) -> None:
    page = open_browser()
    create_vault(page, "print-share@example.org")
    import_file(page, more_records)
    share_test(page, "sodium", "Dr Ada Okafor")
    page.get_by_role("link", name="What you agreed to").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    paper = pictures / "share-receipt.pdf"
    page.pdf(path=paper, format="A4")
    page.emulate_media(media="print")
    for name in ("Print", "Leave now", "Sign out"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    expect(page.get_by_text("The signed text")).to_be_hidden()
    expect(page.get_by_text("Given to")).to_be_visible()
    assert paper.read_bytes().startswith(b"%PDF-")


def test_a_long_list_narrows_while_a_name_is_typed(open_browser: Callable[..., Page], more_records: Path) -> None:
    page = open_browser()
    create_vault(page, "long-share@example.org")
    import_file(page, more_records)
    page.goto("/share")
    page.get_by_role("checkbox", name="Sodium").check()
    page.get_by_label("Find a test or record").press_sequentially("potass")
    expect(page.get_by_role("checkbox", name="Potassium")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Lithium")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Sodium")).to_be_checked()
    page.get_by_label("Find a test or record").fill("zzz")
    expect(page.get_by_role("status")).to_contain_text("No test in the list has this name")

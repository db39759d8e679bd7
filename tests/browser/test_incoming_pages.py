"""Files on their way in: shown before they join, whose they are, progress, cancel, undo; with and without script."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, create_vault

pytestmark = pytest.mark.xdist_group("browser-incoming-pages")

SLOW = 150_000  # bytes a second: time enough to see progress
TESTS = [
    *(("2601-3", "Magnesium", "mmol/L"), ("2823-3", "Potassium", "mmol/L"), ("2951-2", "Sodium", "mmol/L")),
    *(("718-7", "Hemoglobin", "g/dL"), ("2160-0", "Creatinine", "mg/dL"), ("2345-7", "Glucose", "mg/dL")),
    *((f"9{number}-1", f"Another test of this lab, number {number}", "1") for number in range(20)),
]


def observation(code: str, name: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
        "effectiveDateTime": "2026-01-20",
        "valueQuantity": {"value": 1.5, "unit": unit},
    } | more


def payload(name: str, *resources: dict[str, Any]) -> FilePayload:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(bundle).encode()}


def large_export() -> FilePayload:
    """Six hundred results of many tests over twelve years, other records, a few doubtful parts."""
    found = [
        observation(*test, effectiveDateTime=f"{2014 + number % 12}-0{number % 9 + 1}-11", id=f"r{number}-{place}")
        for place, test in enumerate(TESTS)
        for number in range(24)
    ]
    visits = [{"resourceType": "Encounter", "id": f"v{number}", "status": "finished"} for number in range(30)]
    found[3]["effectiveDateTime"] = "2026-02-30"
    found[40]["status"] = "done"
    del found[77]["valueQuantity"]
    found += [*visits, {"resourceType": "Condition", "id": "c1", "code": {"text": "Hay fever"}}]
    return payload("hospital-export.json", *found)


def choose(page: Page, *files: FilePayload | Path) -> None:
    page.goto("/add")
    page.get_by_label("File", exact=True).set_input_files(list(files))  # type: ignore[arg-type]
    page.get_by_role("button", name="See what is in it").click()


def slow_down(page: Page) -> None:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW},
    )


def test_screenshots_of_files_coming_in(
    open_browser: Callable[..., Page],
    watch: Watch,
    pictures: Path,
) -> None:
    watch.expected |= {404, 422}
    camera = Camera(pictures)
    page = open_browser()
    create_vault(page, "incoming@example.org")
    page.goto("/add")
    camera.take(page, "incoming-add")
    choose(page, payload("broken.json", {"resourceType": "Patient"}) | {"buffer": b'{"a": NaN}'})  # type: ignore[arg-type]
    expect(page.locator("[data-said]")).to_contain_text("Nothing of it was kept")
    camera.take(page, "incoming-refused")
    choose(page, MAGNESIUM_FILE)
    expect(page.get_by_role("heading", name="Whose is it?")).to_be_visible()
    camera.take(page, "incoming-whose")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Please say whose it is")
    camera.take(page, "incoming-whose-refused")
    page.get_by_role("radio", name="Someone I look after").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="The file is kept apart")).to_be_visible()
    camera.take(page, "incoming-apart")
    choose(page, MAGNESIUM_FILE)
    expect(page.get_by_role("heading", name="Whose is it?")).to_be_visible()
    choose(page, large_export())
    expect(page.get_by_role("heading", name="Check before you add")).to_be_visible()
    camera.take(page, "incoming-preview")
    page.goto("/add")
    camera.take(page, "incoming-waiting")
    page.get_by_role("link", name="hospital-export.json").click()
    page.get_by_role("button", name="Add to my vault").click()
    expect(page.get_by_role("heading", name="652 records added")).to_be_visible()
    camera.take(page, "incoming-report")
    page.get_by_role("link", name="Look (entry").first.click()
    camera.take(page, "incoming-part", at="A part left aside")
    page.get_by_role("link", name="Back to the file").click()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("heading", name="This import is undone")).to_be_visible()
    camera.take(page, "incoming-undone")
    page.goto("/imports")
    camera.take(page, "incoming-files")
    page.goto("/add")
    slow_down(page)
    big = {"name": "scan.tif", "mimeType": "image/tiff", "buffer": b"\0" * 2_000_000}
    page.get_by_label("File", exact=True).set_input_files(big)  # type: ignore[arg-type]
    page.get_by_role("button", name="See what is in it").click()
    bar = page.get_by_role("progressbar")
    while bar.evaluate("bar => bar.value") < 20:
        page.wait_for_timeout(100)
    camera.take(page, "incoming-sending")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-said]")).to_contain_text("Cancelled. Nothing of scan.tif was kept")
    camera.take(page, "incoming-cancelled")


def test_a_cancelled_upload_keeps_nothing_and_the_file_stays_chosen(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "cancelling@example.org")
    page.goto("/add")
    slow_down(page)
    big = {"name": "scan.tif", "mimeType": "image/tiff", "buffer": b"\0" * 2_000_000}
    page.get_by_label("File", exact=True).set_input_files(big)  # type: ignore[arg-type]
    page.get_by_role("button", name="See what is in it").press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nothing of scan.tif was kept")).to_be_visible()
    expect(page.get_by_role("button", name="See what is in it")).to_be_focused()
    assert page.get_by_label("File", exact=True).evaluate("input => input.files[0].name") == "scan.tif"
    page.reload()
    expect(page.get_by_text("Waiting for your answer")).to_have_count(0)


def test_a_broken_connection_is_said_and_trying_again_works(open_browser: Callable[..., Page], watch: Watch) -> None:
    page = open_browser()
    create_vault(page, "broken@example.org")
    page.route("**/api/imports/staged**", lambda route: route.abort("connectionreset"))
    choose(page, payload("mine.json", observation(*TESTS[0])))
    expect(page.locator("[data-said]")).to_contain_text("The connection broke")
    page.unroute("**/api/imports/staged**")
    page.get_by_role("button", name="See what is in it").click()
    expect(page.get_by_role("heading", name="Check before you add")).to_be_visible()
    watch.said = [said for said in watch.said if "ERR_CONNECTION_RESET" not in said]


def test_several_files_are_sent_one_after_another_and_wait_together(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "several@example.org")
    choose(page, payload("one.json", observation(*TESTS[0])), payload("two.json", observation(*TESTS[1])))
    expect(page.get_by_role("heading", name="Waiting for your answer")).to_be_visible()
    for name in ("one.json", "two.json"):
        page.get_by_role("link", name=name).click()
        page.get_by_role("button", name="Add to my vault").click()
        expect(page.get_by_role("heading", name="1 record added")).to_be_visible()
        if name == "one.json":
            page.get_by_role("link", name="1 more file waits").click()


def test_a_dropped_file_is_sent_at_once(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    create_vault(page, "dropping@example.org")
    page.goto("/add")
    body = payload("dropped.json", observation(*TESTS[0]))["buffer"].decode()
    transfer = page.evaluate_handle(
        """body => { const given = new DataTransfer();
        given.items.add(new File([body], "dropped.json", { type: "application/json" })); return given; }""",
        body,
    )
    page.dispatch_event("[data-drop]", "dragover", {"dataTransfer": transfer})
    expect(page.locator("[data-drop][data-over]")).to_have_count(1)
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("heading", name="Check before you add")).to_be_visible()
    assert "dropped" not in page.url


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_preview_whose_undo_and_parts_by_keyboard_with_and_without_script(
    script: bool, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(java_script_enabled=script)
    create_vault(page, f"keys-{script}@example.org".lower())
    other = {"resourceType": "Patient", "name": [{"text": "Otto Other"}], "birthDate": "1999-12-31"}
    choose(page, payload("theirs.json", other, observation(*TESTS[0]), observation(*TESTS[1], status="done")))
    expect(page.get_by_role("heading", name="Whose is it?")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Otto Other")).to_contain_text("31 Dec 1999")
    page.get_by_role("radio", name="Someone I look after").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The file is kept apart")).to_be_visible()
    page.get_by_role("link", name="Open it").press("Enter")
    expect(page.get_by_role("heading", name="theirs.json")).to_be_visible()
    page.goto("/results")
    expect(page.get_by_text("Potassium")).to_have_count(0)
    choose(page, payload("mine.json", observation(*TESTS[0]), observation(*TESTS[1], status="done")))
    page.get_by_role("button", name="Add to my vault").press("Enter")
    page.get_by_role("link", name="Look (entry").press("Enter")
    expect(page.get_by_label("Which test?")).to_have_value("potassium")
    page.get_by_role("button", name="Keep this result").press("Enter")
    expect(page.get_by_text("Typed in by you")).to_be_visible()
    page.wait_for_load_state()  # The address names a part of the page: once it is shown, no button has the focus.
    page.get_by_role("button", name="Undo this import").press("Enter")
    expect(page.get_by_role("heading", name="This import is undone")).to_be_visible()
    page.get_by_role("button", name="Bring it all back").press("Enter")
    expect(page.get_by_text("It is all back.")).to_be_visible()

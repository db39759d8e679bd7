"""The way back by a trusted person, with the clock moved, as all three screens see it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, PASSPHRASE, create_vault, import_file, keep_sheet
from tests.moved_clock import MovedServer

pytestmark = pytest.mark.xdist_group("browser-trusted-pages")
NEW = "velvet glacier pencil mango"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovedServer]:
    """Its own, because its clock is moved."""
    running = MovedServer(tmp_path_factory.mktemp("trusted")).start()
    yield running
    running.stop()


def newest_letter(server: MovedServer, holding: str) -> str:
    letters = sorted((server.data / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for letter in letters:
        text = message_from_bytes(letter.read_bytes()).get_payload(decode=True).decode()
        if holding in text:
            return text
    raise AssertionError(f"no letter holds {holding}")


def awaited_letter(server: MovedServer, holding: str) -> str:
    """The same once a job has sent it."""
    for _try in range(300):
        try:
            return newest_letter(server, holding)
        except AssertionError:
            time.sleep(0.3)
    return newest_letter(server, holding)


def prove(page: Page) -> None:
    """Where the vault asks once more who it is."""
    asked = page.get_by_label("Passphrase", exact=True)
    if asked.count():
        asked.fill(PASSPHRASE)
        page.get_by_role("button", name="Continue").click()


def test_a_citizen_who_lost_everything_comes_back_with_a_trusted_person_screenshots(
    open_browser: Callable[..., Page], pictures: Path, server: MovedServer
) -> None:
    camera, ada, ben, lost = Camera(pictures), open_browser(), open_browser(), open_browser()
    create_vault(ada, "ada-trusting@example.org")
    import_file(ada, MAGNESIUM_FILE)
    create_vault(ben, "ben-trusted@example.org", "Ben Example")
    ada.goto("/trusted-person")
    camera.take(ada, "trusted-nobody", at="My trusted person")
    ada.get_by_role("link", name="Choose a trusted person").click()
    prove(ada)
    expect(ada.get_by_role("heading", level=1)).to_contain_text("Choose a trusted person")
    ada.get_by_label("Whom is it for?").fill("My brother")
    ada.get_by_text("7 days").click()
    camera.take(ada, "trusted-invite")
    ada.get_by_role("button", name="Make the invitation").click()
    camera.take(ada, "trusted-invited", at="The invitation for My brother")
    ben.goto(ada.locator("#link").input_value())
    expect(ben.get_by_label("The invitation")).to_have_value(re.compile("^hvi1_"))
    ben.get_by_label("Who invited you?").fill("Ada, my sister")
    camera.take(ben, "trusted-by-answer")
    ben.get_by_role("button", name="Yes, I will").click()
    camera.take(ben, "trusted-by", at="People who trust me")
    ada.get_by_role("link", name="Done").click()
    camera.take(ada, "trusted-answered", at="My trusted person")
    ada.get_by_role("button", name="Trust Ben Example").click()
    expect(ada.get_by_role("button", name="Remove Ben Example")).to_be_visible()
    camera.take(ada, "trusted-person")

    lost.goto("/come-back")
    lost.get_by_role("link", name="I have no recovery code either").click()
    camera.take(lost, "come-back-trusted", at="Come back with your trusted person")
    lost.get_by_role("link", name="I have no trusted person either").click()
    camera.take(lost, "come-back-nothing", at="There is no way back here")
    lost.goto("/come-back/trusted")
    lost.get_by_label("E-mail address").fill("ada-trusting@example.org")
    lost.get_by_role("button", name="Send me a code").click()
    camera.take(lost, "come-back-code", at="The code from the mail")
    code = re.search(r"The code is (\d{4} \d{4})", newest_letter(server, "The code is"))
    assert code is not None
    lost.get_by_label("Code from the mail").fill(code[1])
    lost.get_by_role("button", name="Ask to come back").click()
    camera.take(lost, "come-back-asked", at="You asked to come back")
    kept = "-".join(lost.locator(".groups li").all_inner_texts())
    digits = lost.locator("dd.code").inner_text()

    ada.goto("/trusted-person")
    camera.take(ada, "trusted-somebody-asks", at="My trusted person")
    ben.goto("/trusted-by")
    ben.get_by_label("The six digits they tell you").fill(digits)
    camera.take(ben, "trusted-by-asked")
    ben.get_by_role("button", name="It is they").click()
    prove(ben)
    expect(ben.get_by_role("status")).to_contain_text("Your half is with them")

    server.move_clock(days=7)
    lost.goto("/come-back/trusted/finish")
    lost.get_by_label("E-mail address").fill("ada-trusting@example.org")
    lost.get_by_label("Your code for coming back").fill(kept.lower())
    lost.get_by_label("New passphrase").fill(NEW)
    camera.take(lost, "come-back-finish", at="The wait is over")
    lost.get_by_role("button", name="Come back").click()
    keep_sheet(lost)
    lost.goto("/results")
    lost.get_by_role("link", name="Magnesium").first.click()
    expect(lost.get_by_role("heading", level=1)).to_contain_text("Magnesium")
    expect(lost.get_by_role("table")).to_contain_text("0.84")
    camera.take(lost, "come-back-trend")


def test_a_citizen_with_no_way_back_has_the_vault_erased_unopened_screenshots(
    open_browser: Callable[..., Page], pictures: Path, server: MovedServer, watch: Watch
) -> None:
    watch.expected.add(422)
    camera, ada, lost = Camera(pictures), open_browser(), open_browser()
    create_vault(ada, "ada-erasing@example.org")
    lost.goto("/come-back/nothing")
    lost.get_by_role("link", name="Erase my vault unopened").click()
    camera.take(lost, "come-back-erase", at="Erase my vault unopened")
    lost.get_by_label("E-mail address").fill("ada-erasing@example.org")
    lost.get_by_role("button", name="Send me a code").click()
    camera.take(lost, "come-back-erase-code", at="The code from the mail")
    code = re.search(r"The code is (\d{4} \d{4})", newest_letter(server, "wants to erase the vault"))
    assert code is not None
    lost.get_by_label("Code from the mail").fill(code[1])
    lost.get_by_role("button", name="Ask to erase my vault").click()
    expect(lost.get_by_role("alert")).to_contain_text("type the word erase")
    lost.get_by_label("Type the word erase").fill("erase")
    lost.get_by_role("button", name="Ask to erase my vault").click()
    camera.take(lost, "come-back-erase-asked", at="You asked to erase your vault")
    letter = awaited_letter(server, "asked to erase your vault, with everything")
    no = re.search(r"http\S+/come-back/no#\S+", letter)
    assert no is not None
    lost.goto(no[0])
    expect(lost.get_by_label("The word from the mail")).not_to_have_value("")
    camera.take(lost, "come-back-no", at="Somebody asks for your vault")
    server.move_clock(days=31)
    letter = awaited_letter(server, "was erased, as you asked")
    certificate = re.search(r"http\S+/erased/\S+", letter)
    assert certificate is not None
    lost.goto(certificate[0])
    expect(lost.get_by_role("heading", level=1)).to_contain_text("erased")

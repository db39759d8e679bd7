"""Looking after somebody, as a parent and a second carer see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.camera import Camera
from tests.browser.conftest import Watch
from tests.browser.steps import MAGNESIUM_FILE, PASSPHRASE, create_vault, import_file

pytestmark = pytest.mark.xdist_group("browser-caring-pages")
SAMS = "velvet glacier pencil mango"


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def test_a_parent_holds_a_childs_vault_and_lets_a_second_carer_in_screenshots(
    open_browser: Callable[..., Page], pictures: Path, watch: Watch
) -> None:
    watch.expected.add(422)
    camera, ada, ben = Camera(pictures), open_browser(), open_browser()
    create_vault(ada, "ada-caring@example.org")
    create_vault(ben, "ben-caring@example.org", "Ben Example")
    ada.goto("/looking-after")
    camera.take(ada, "looking-after-nobody", at="Someone I look after")
    ada.get_by_role("link", name="Make a vault for someone").click()
    heading(ada, "A vault for someone")
    ada.get_by_role("button", name="Make the vault").click()
    expect(ada.get_by_role("alert")).to_contain_text("Please enter their name")
    ada.get_by_label("Their name").fill("Sam Example")
    ada.get_by_label("Their date of birth").fill("2015-05-06")
    ada.get_by_text("Plum").click()
    camera.take(ada, "looking-after-new")
    ada.get_by_role("button", name="Make the vault").click()
    camera.take(ada, "looking-after-sheet", at="The vault of Sam Example is made")
    number = ada.locator("dd.code").inner_text()
    groups = ada.locator(".groups li").all_inner_texts()
    ada.get_by_role("button", name="I kept it").click()
    expect(ada.get_by_role("complementary", name="Whose vault this is")).to_contain_text("Sam Example")
    ada.goto("/type-in")
    camera.take(ada, "acting-type-in", at="Type in a result")
    ada.goto("/carers/invite")
    if ada.get_by_label("Passphrase", exact=True).count():
        ada.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        ada.get_by_role("button", name="Continue").click()
    heading(ada, "Invite a carer for Sam Example")
    ada.get_by_label("Whom is it for?").fill("His father")
    ada.get_by_role("checkbox", name="See records").check()
    camera.take(ada, "carers-invite")
    ada.get_by_role("button", name="Make the invitation").click()
    camera.take(ada, "carers-invited", at="The invitation for His father")
    link = ada.locator("#link").input_value()

    ben.goto(link)
    heading(ben, "An invitation to look after someone")
    expect(ben.get_by_label("The invitation")).to_have_value(link.partition("#")[2])
    assert "#" not in ben.url
    camera.take(ben, "invitation-answer")
    ben.get_by_role("button", name="Yes, I will look after them").click()
    camera.take(ben, "looking-after-waiting", at="Someone I look after")

    ada.get_by_role("link", name="Done").click()
    camera.take(ada, "carers-answered", at="Who looks after Sam Example")
    ada.get_by_role("button", name="Let Ben Example in").click()
    expect(ada.get_by_role("heading", name="Ben Example", exact=True)).to_be_visible()
    camera.take(ada, "carers")

    ben.goto("/looking-after")
    ben.get_by_role("button", name="Go to the vault of Sam Example").click()
    expect(ben.get_by_role("complementary", name="Whose vault this is")).to_contain_text("Sam Example")
    expect(ben.get_by_role("link", name="Add", exact=True)).to_have_count(0)
    camera.take(ben, "acting-results")
    ada.get_by_role("button", name="Remove Ben Example").click()
    expect(ada.get_by_role("status")).to_contain_text("Nobody was told")
    ben.goto("/results")
    expect(ben.get_by_role("complementary", name="Whose vault this is")).to_have_count(0)
    ben.goto("/looking-after")
    camera.take(ben, "looking-after-removed", at="Someone I look after")
    ben.get_by_role("link", name="I have their recovery sheet").click()
    heading(ben, "I have their recovery sheet")
    ben.get_by_label("Number of the vault").fill(number)
    ben.get_by_label("Recovery code").fill(" ".join(groups).lower())
    camera.take(ben, "looking-after-by-sheet")
    ben.get_by_role("button", name="Hold this vault").click()
    camera.take(ben, "looking-after-held-again", at="You hold the vault of Sam Example")


def test_a_grown_child_takes_the_vault_over_and_nobody_else_opens_it_screenshots(
    open_browser: Callable[..., Page], pictures: Path, watch: Watch
) -> None:
    watch.expected.add(422)
    camera, ada, sam = Camera(pictures), open_browser(), open_browser()
    create_vault(ada, "ada-handing@example.org")
    ada.goto("/looking-after/new")
    ada.get_by_label("Their name").fill("Sam Example")
    ada.get_by_label("Their date of birth").fill(f"{datetime.now(UTC).year - 17}-01-01")
    ada.get_by_role("button", name="Make the vault").click()
    heading(ada, "The vault of Sam Example is made")
    ada.goto("/looking-after")
    camera.take(ada, "looking-after-review", at="Someone I look after")
    ada.get_by_role("button", name="We talked about it").click()
    expect(ada.get_by_role("button", name="We talked about it")).to_have_count(0)
    ada.get_by_role("button", name="Go to the vault of Sam Example").click()
    expect(ada.get_by_role("complementary", name="Whose vault this is")).to_contain_text("Sam Example")
    import_file(ada, MAGNESIUM_FILE)
    ada.goto("/carers")
    camera.take(ada, "carers-holder", at="Who looks after Sam Example")
    ada.get_by_role("link", name="Hand over to Sam Example").click()
    if ada.get_by_label("Passphrase", exact=True).count():
        ada.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        ada.get_by_role("button", name="Continue").click()
    camera.take(ada, "hand-over-vault", at="Hand over to Sam Example")
    ada.get_by_role("button", name="Make the invitation").click()
    camera.take(ada, "hand-over-vault-invited", at="The invitation for Sam Example")
    link = ada.locator("#link").input_value()
    ada.get_by_role("link", name="Continue").click()
    camera.take(ada, "hand-over-vault-waiting", at="Hand over to Sam Example")

    sam.goto(link)
    expect(sam.get_by_label("The invitation")).to_have_value(link.partition("#")[2])
    assert "#" not in sam.url
    sam.get_by_role("button", name="Continue").click()
    expect(sam.get_by_role("alert")).to_contain_text("Please choose a passphrase")
    camera.take(sam, "take-over-missing")
    sam.get_by_label("Your e-mail address").fill("sam-grown@example.org")
    sam.get_by_label("Choose a passphrase").fill(SAMS)
    camera.take(sam, "take-over", at="Take over your vault")
    sam.get_by_role("button", name="Continue").click()
    camera.take(sam, "take-over-sheet", at="Your recovery sheet")
    groups = sam.locator(".groups li").all_inner_texts()
    sam.get_by_role("button", name="I have it on paper").click()
    heading(sam, "Type the last group")
    sam.get_by_label("The last group").fill("!")
    sam.get_by_role("button", name="Continue").click()
    expect(sam.get_by_role("alert")).to_contain_text("not the last group")
    camera.take(sam, "take-over-kept")
    sam.get_by_label("The last group").fill(groups[-1].lower())
    sam.get_by_role("button", name="Continue").click()
    camera.take(sam, "take-over-done", at="Tell them these six digits")
    digits = sam.locator("#digits").inner_text()

    ada.get_by_role("link", name="Look again").click()
    expect(ada.get_by_text("sam-grown@example.org")).to_be_visible()
    ada.get_by_label("The six digits they see").fill(digits)
    camera.take(ada, "hand-over-vault-answered", at="Hand over to Sam Example")
    ada.get_by_role("button", name="Hand over now").click()
    expect(ada.get_by_role("status")).to_contain_text("The vault is theirs now")
    camera.take(ada, "looking-after-handed", at="Someone I look after")
    expect(ada.get_by_role("complementary", name="Whose vault this is")).to_have_count(0)

    sam.get_by_role("link", name="Sign in").click()
    sam.get_by_label("E-mail address").fill("sam-grown@example.org")
    sam.get_by_label("Passphrase", exact=True).fill(SAMS)
    sam.get_by_role("button", name="Sign in", exact=True).click()
    heading(sam, "Results")
    sam.get_by_role("link", name="Magnesium").first.click()
    heading(sam, "Magnesium")
    sam.goto("/who-looked")
    camera.take(sam, "who-looked-handed-over", at="Who looked")
    sam.goto("/carers")
    expect(sam.get_by_role("heading", level=1)).to_have_text("Who looks after me")

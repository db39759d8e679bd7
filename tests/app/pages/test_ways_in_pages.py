"""Ways in by forms: adding, keeping, naming and removing them, each asked for freshly where it reaches far."""

from __future__ import annotations

import re
from datetime import timedelta

from starlette.testclient import TestClient

from auth.step_up import HOLDS_FOR
from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import confirmed, with_cookies

PAGE = "/account/ways-in"


def links(page: str) -> list[str]:
    return re.findall(rf'href="({PAGE}/[A-Za-z0-9_-]{{20,}})"', page)


def code_of(page: str) -> str:
    return "-".join(re.findall(r"<li>([0-9A-Z]{4})</li>", page))


def test_a_second_code_is_shown_once_and_counts_once_its_last_group_is_typed(citizen: TestClient) -> None:
    sheet = citizen.post(f"{PAGE}/code", data={"name": "In the safe"})
    code = code_of(sheet.text)
    assert "no longer works" not in sheet.text
    page = citizen.get(PAGE).text
    assert ("Recovery code: In the safe" in page, "Does not count yet" in page, code in page) == (True, True, False)
    (mine,) = [each for each in links(page) if "Show that you kept it" in citizen.get(each).text]
    slip = citizen.post(f"{mine}/confirm", data={"last_group": "0000"})
    assert (slip.status_code, 'id="last_group-fault"' in slip.text) == (422, True)
    kept = citizen.post(f"{mine}/confirm", data={"last_group": code[-4:].lower()})
    assert "counts from now on" in kept.text
    assert "Does not count yet" not in kept.text


def test_the_sheet_of_a_second_code_leads_back_to_the_ways_in(citizen: TestClient) -> None:
    sheet = citizen.post(f"{PAGE}/code")
    carried = dict(re.findall(r'name="(shown|why)" value="([^"]+)"', sheet.text))
    asked = citizen.post("/recovery-code/check", data=carried)
    carried = dict(re.findall(r'name="(shown|why)" value="([^"]+)"', asked.text))
    answer = citizen.post(
        "/recovery-code", data=carried | {"last_group": carried["shown"][-4:]}, follow_redirects=False
    )
    assert answer.headers["location"] == f"{PAGE}?done=kept"


def test_a_passphrase_is_added_named_and_removed(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    weak = citizen.post(f"{PAGE}/passphrase", data={"new_passphrase": "short", "name": "Tablet"})
    assert (weak.status_code, 'id="new_passphrase-fault"' in weak.text, 'value="Tablet"' in weak.text) == (
        422,
        True,
        True,
    )
    added = citizen.post(f"{PAGE}/passphrase", data={"new_passphrase": ANOTHER, "name": "Tablet"})
    assert "Passphrase: Tablet" in added.text
    assert ANOTHER not in added.text
    (mine,) = [each for each in links(added.text) if "Passphrase: Tablet" in citizen.get(each).text]
    long = citizen.post(f"{mine}/name", data={"name": "x" * 201})
    assert (long.status_code, 'id="name-fault"' in long.text, "x" * 201 in long.text) == (422, True, True)
    assert "Passphrase: Old phone" in citizen.post(f"{mine}/name", data={"name": "Old phone"}).text
    assert "signed out everywhere else" in citizen.post(f"{mine}/remove").text
    assert citizen.get(mine).status_code == 404
    signing = sqlite_house.client.post("/sign-in", data={"email": "ada@example.org", "passphrase": ANOTHER})
    assert signing.status_code == 401


def test_the_last_two_ways_in_can_t_be_removed_and_the_page_says_why(citizen: TestClient) -> None:
    answers = [citizen.post(f"{each}/remove") for each in links(citizen.get(PAGE).text)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert any("at least two ways in" in answer.text for answer in answers)
    assert any("only recovery code that you have confirmed" in answer.text for answer in answers)


def test_adding_and_removing_asks_once_more_and_looking_does_not(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    mine = links(citizen.get(PAGE).text)[0]
    sqlite_house.clock.advance(HOLDS_FOR + timedelta(seconds=1))
    for path in (PAGE, mine):
        assert citizen.get(path, follow_redirects=False).status_code == 200
    for path in (f"{PAGE}/passphrase", f"{PAGE}/code"):
        assert citizen.get(path, follow_redirects=False).headers["location"].startswith("/prove?to=/account/ways-in/")
    for path in (f"{PAGE}/passphrase", f"{PAGE}/code", f"{mine}/remove", "/account/recovery-sheet"):
        assert "Is it you?" in citizen.post(path, data={"new_passphrase": ANOTHER}).text
    assert citizen.post(f"{mine}/name", data={"name": "Mine"}).status_code == 200


def test_who_comes_back_is_asked_to_look_through_the_ways_in(sqlite_house: House) -> None:
    person = with_cookies(sqlite_house)
    made = sqlite_house.client.post(
        "/api/accounts",
        json={"email": "ada@example.org", "name": "Ada", "birth_date": "1980-04-05", "passphrase": PASSPHRASE},
    ).json()
    form = {"email": "ada@example.org", "recovery_code": made["recovery_code"], "new_passphrase": ANOTHER}
    sheet = person.post("/come-back", data=form)
    carried = dict(re.findall(r'name="(shown|why)" value="([^"]+)"', sheet.text))
    page = person.post("/recovery-code", data=carried | {"last_group": carried["shown"][-4:]})
    assert page.url.path == PAGE
    assert "remove whatever you lost" in page.text


def test_an_admin_has_ways_in_too(sqlite_house: House) -> None:
    admin = sqlite_house.admin()
    assert len(links(admin.get(PAGE).text)) == 2
    assert admin.post(f"{PAGE}/code").status_code == 200

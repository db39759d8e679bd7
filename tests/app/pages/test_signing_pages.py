"""Signing in and coming back by forms: what was typed stays, what is secret never does."""

from __future__ import annotations

import re

import pytest

from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import PERSON, answer_all, confirmed, with_cookies


def test_who_has_not_confirmed_the_code_is_led_to_it_and_can_make_another(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    for path in ("/results", "/share", "/account", "/type-in"):
        answer = person.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/recovery-code")
    again = person.post("/recovery-code/new")
    assert again.status_code == 200
    assert len(re.findall(r"<li>[0-9A-Z]{4}</li>", again.text)) == 8


def test_a_wrong_passphrase_keeps_the_address_and_tells_nothing_else(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    known = sqlite_house.client.post("/sign-in", data={"email": "ada@example.org", "passphrase": ANOTHER})
    unknown = sqlite_house.client.post("/sign-in", data={"email": "eve@example.org", "passphrase": ANOTHER})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("ada@", "eve@") == unknown.text
    assert 'value="ada@example.org"' in known.text
    assert ANOTHER not in known.text
    assert "The e-mail address or the passphrase is not right." in known.text


def test_a_stranger_is_sent_to_sign_in_and_a_citizen_is_no_admin(sqlite_house: House) -> None:
    for path, door in (("/results", "/sign-in?again=1"), ("/admin/log", "/admin/sign-in")):
        answer = sqlite_house.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, door)
    refused = confirmed(sqlite_house).get("/admin/log")
    assert refused.status_code == 403
    assert "This page is not for your account" in refused.text


def test_the_passphrase_changes_by_the_form(sqlite_house: House) -> None:
    person = confirmed(sqlite_house)
    wrong = person.post("/account/passphrase", data={"passphrase": ANOTHER, "new_passphrase": ANOTHER})
    assert (wrong.status_code, 'id="passphrase-fault"' in wrong.text) == (401, True)
    weak = person.post("/account/passphrase", data={"passphrase": PASSPHRASE, "new_passphrase": "short"})
    assert (weak.status_code, 'id="new_passphrase-fault"' in weak.text) == (422, True)
    done = person.post("/account/passphrase", data={"passphrase": PASSPHRASE, "new_passphrase": ANOTHER})
    assert "Your passphrase is changed" in done.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-up/passphrase", "/come-back", "/admin/sign-in"])
def test_a_form_from_another_site_or_in_another_shape_is_refused_by_a_page(sqlite_house: House, path: str) -> None:
    client = sqlite_house.client
    foreign = client.post(path, data=PERSON, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, foreign.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert client.post(path, json=PERSON).status_code == 400
    assert client.post(path, data={"email": "x" * 300_000}).status_code == 413


def test_every_empty_field_is_named_at_once(sqlite_house: House) -> None:
    for path, fields in (
        ("/sign-up", ("name",)),
        ("/sign-up/born", ("birth_day", "birth_month", "birth_year")),
        ("/sign-up/e-mail", ("email",)),
        ("/sign-in", ("email", "passphrase")),
        ("/come-back", ("email", "recovery_code", "new_passphrase")),
    ):
        answer = sqlite_house.client.post(path, data={"other": ""})
        assert answer.status_code == 422
        assert re.findall(r'<li><a href="#([a-z_]+)">', answer.text) == list(fields)


def test_loading_the_page_with_the_code_again_leads_to_a_new_code_and_not_to_a_dead_end(sqlite_house: House) -> None:
    person = with_cookies(sqlite_house)
    made = answer_all(person)
    again = person.post("/sign-up/passphrase", data={"passphrase": PASSPHRASE}, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/recovery-code")
    code = re.search(r'name="shown" value="([0-9A-Z-]{39})"', made.text)
    assert code is not None
    form = {"email": PERSON["email"], "recovery_code": code[1], "new_passphrase": ANOTHER}
    back = sqlite_house.client.post("/come-back", data=form)
    person = sqlite_house.bearer(back.headers["set-cookie"].split("=", 1)[1].split(";")[0])
    again = person.post("/come-back", data=form, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/recovery-code")


def test_a_weak_passphrase_at_coming_back_gets_a_suggestion_and_a_throttle_says_how_long(sqlite_house: House) -> None:
    made = answer_all(with_cookies(sqlite_house))
    code = re.search(r'name="shown" value="([0-9A-Z-]{39})"', made.text)
    assert code is not None
    form = {"email": PERSON["email"], "recovery_code": code[1], "new_passphrase": "password1234"}
    assert "four words nobody else was shown" in sqlite_house.client.post("/come-back", data=form).text
    wrong = {"email": PERSON["email"], "passphrase": ANOTHER}
    answers = [sqlite_house.client.post("/sign-in", data=wrong) for _ in range(12)]
    slowed = next(answer for answer in answers if answer.status_code == 429)
    assert re.search(r"Please wait (a minute|\d+ minutes) and try again", slowed.text)


def test_signing_out_everywhere_is_confirmed(sqlite_house: House) -> None:
    answer = confirmed(sqlite_house).post("/account/sign-out-everywhere")
    assert "You are signed out everywhere." in answer.text


def test_a_page_knows_when_its_sign_in_ends_and_may_ask(sqlite_house: House) -> None:
    person = confirmed(sqlite_house)
    assert 'data-seconds="7200"' in person.get("/account").text
    asked = person.get("/session-end").json()
    assert asked["seconds"] == 7_200
    assert f'data-whose="{asked["whose"]}"' in person.get("/account").text
    assert sqlite_house.client.get("/session-end").json() == {"seconds": 0, "whose": ""}
    assert "session-end" not in sqlite_house.client.get("/").text


def test_signing_in_beside_a_waiting_tab_leads_back_to_it(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    assert 'name="beside"' in sqlite_house.client.get("/sign-in?beside=1").text
    wrong = sqlite_house.client.post(
        "/sign-in", data={"email": "ada@example.org", "passphrase": ANOTHER, "beside": "1"}
    )
    assert 'name="beside"' in wrong.text
    form = {"email": "ada@example.org", "passphrase": PASSPHRASE, "beside": "1"}
    answer = sqlite_house.client.post("/sign-in", data=form)
    assert (answer.status_code, "Close this tab" in answer.text) == (200, True)
    assert "__Host-session" in answer.headers["set-cookie"]


def test_the_account_page_says_who_you_are_and_makes_a_new_sheet(sqlite_house: House) -> None:
    person = confirmed(sqlite_house)
    page = person.get("/account").text
    for words in ("Ada Example", "5 Apr 1980", "ada@example.org", "People near you"):
        assert words in page
    made = person.post("/account/recovery-sheet")
    assert len(re.findall(r"<li>[0-9A-Z]{4}</li>", made.text)) == 8
    assert person.get("/results", follow_redirects=False).headers["location"] == "/recovery-code"

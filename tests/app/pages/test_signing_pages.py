"""Signing up and in by forms: what was typed stays, what is secret never does."""

from __future__ import annotations

import re

import pytest

from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import PERSON, confirmed


def test_a_refused_sign_up_keeps_everything_but_the_passphrase(sqlite_house: House) -> None:
    answer = sqlite_house.client.post("/sign-up", data=PERSON | {"name": "Ada <b>", "passphrase": "password1234"})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'value="Ada &lt;b&gt;"' in answer.text
    assert "easy to guess" in answer.text
    assert "password1234" not in answer.text


def test_an_address_that_is_taken_is_said_beside_its_field(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    answer = sqlite_house.client.post("/sign-up", data=PERSON)
    assert answer.status_code == 409
    assert 'id="email-fault"' in answer.text


def test_a_slip_at_the_recovery_code_does_not_lose_it(sqlite_house: House) -> None:
    made = sqlite_house.client.post("/sign-up", data=PERSON)
    code = re.search(r'name="shown" value="([0-9A-Z-]{39})"', made.text)
    assert code is not None
    cookie = made.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    person = sqlite_house.bearer(cookie.split("=", 1)[1].split(";")[0])
    slip = person.post("/recovery-code", data={"last_group": "0000", "shown": code[1]})
    assert (slip.status_code, code[1] in slip.text) == (422, True)
    forged = person.post("/recovery-code", data={"last_group": "0000", "shown": "<script>"})
    assert "script>" not in forged.text.replace("</script>", "").replace('page.js"></script>', "").split("<main")[1]
    kept = person.post("/recovery-code", data={"last_group": code[1][-4:].lower()}, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/results?welcome=1")


def test_who_has_not_confirmed_the_code_is_led_to_it_and_can_make_another(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    for path in ("/results", "/share", "/account", "/type-in"):
        answer = person.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/recovery-code")
    assert person.post("/recovery-code/new", data={"passphrase": ANOTHER}).status_code == 401
    again = person.post("/recovery-code/new", data={"passphrase": PASSPHRASE})
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


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/come-back", "/admin/sign-in"])
def test_a_form_from_another_site_or_in_another_shape_is_refused_by_a_page(sqlite_house: House, path: str) -> None:
    client = sqlite_house.client
    foreign = client.post(path, data=PERSON, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, foreign.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert client.post(path, json=PERSON).status_code == 400
    assert client.post(path, data={"email": "x" * 300_000}).status_code == 413

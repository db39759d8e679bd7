"""Tokens of programs: scoped by this server, ended by their owner, and never for what only a person may do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House, fhir, observation
from tests.app.pages.conftest import confirmed, with_cookies
from tests.security.test_passkeys import either_house, house

__all__ = ["either_house", "house"]


def issue(person: TestClient, scopes: str = "read", days: int = 30, name: str = "My script") -> dict[str, Any]:
    answer = person.post("/api/programs", json={"name": name, "scopes": scopes, "days": days})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_program_reads_with_its_token_and_is_listed_with_its_last_use(either_house: House) -> None:
    person = confirmed(either_house)
    made = issue(person)
    (before,) = person.get("/api/programs").json()["items"]
    assert (before["name"], before["scopes"], before["last_used_at"]) == ("My script", "read", None)
    either_house.clock.advance(timedelta(minutes=6))
    program = either_house.bearer(made["token"])
    assert program.get("/api/results").status_code == 200
    (after,) = person.get("/api/programs").json()["items"]
    assert after["last_used_at"] is not None
    assert made["token"] not in str(after)


def test_the_history_says_which_program_did_it(either_house: House) -> None:
    person = confirmed(either_house)
    program = either_house.bearer(issue(person, "everything", name="My phone")["token"])
    program.get("/api/records")
    person.get("/api/results")
    looks = [each for each in person.get("/api/log").json()["items"] if each["event"] == "view"]
    assert sorted(each["accountability"].get("program", "") for each in looks) == ["", "My phone"]
    assert "by your program My phone" in " ".join(person.get("/who-looked").text.split())


@pytest.mark.parametrize(
    ("scopes", "read", "add", "erase"),
    [("read", 200, 403, 403), ("add", 403, 201, 403), ("read add", 200, 201, 403), ("everything", 200, 201, 204)],
)
def test_a_token_does_what_its_scopes_say_and_no_more(
    house: House, scopes: str, read: int, add: int, erase: int
) -> None:
    person = confirmed(house)
    program = house.bearer(issue(person, scopes)["token"])
    record = person.post("/api/imports?filename=a.json", content=fhir(observation())).status_code
    assert record == 201
    (mine,) = person.get("/api/records").json()["items"]
    got = (
        program.get("/api/records").status_code,
        program.post("/api/imports?filename=b.json", content=fhir(observation("0.9"))).status_code,
        program.delete(f"/api/records/{mine['record_id']}").status_code,
    )
    assert got == (read, add, erase)


ADDS = {
    ("POST", "/api/results"),
    ("POST", "/api/documents/{record_id}/results"),
    ("POST", "/api/imports"),
    ("POST", "/api/imports/staged"),
    ("POST", "/api/imports/staged/{import_id}/confirm"),
}
LOOKS_BY_POST = {("POST", "/api/documents/{record_id}/pages/{number}")}


def test_of_all_operations_adding_reaches_the_few_that_add_and_reading_changes_nothing(house: House) -> None:
    person = confirmed(house)
    add, read = (house.bearer(issue(person, scopes)["token"]) for scopes in ("add", "read"))
    paths = house.client.get("/api/openapi.json").json()["paths"]
    operations = {(method.upper(), path) for path, of in paths.items() for method in of if path.startswith("/api/")}
    may_add, may_change = set(), set()
    for method, path in sorted(operations):
        filled = re.sub(r"\{\w+\}", "1", path)
        if reaches(add, method, filled):
            may_add.add((method, path))
        if method != "GET" and reaches(read, method, filled):
            may_change.add((method, path))
    without_anybody = {each for each in operations if reaches(house.client, each[0], re.sub(r"\{\w+\}", "1", each[1]))}
    assert may_add - without_anybody == ADDS
    assert may_change - without_anybody == LOOKS_BY_POST


def reaches(program: TestClient, method: str, path: str) -> bool:
    """Whether a request comes past who is asking; what it asks for need not be there."""
    return program.request(method, path, follow_redirects=False).status_code not in {401, 403, 429}


OF_PEOPLE = [
    ("GET", "/api/account"),
    ("GET", "/api/sessions"),
    ("GET", "/api/ways-in"),
    ("POST", "/api/ways-in/passphrases"),
    ("GET", "/api/programs"),
    ("POST", "/api/programs"),
    ("POST", "/api/keys"),
    ("GET", "/api/carers"),
    ("GET", "/api/senders"),
    ("POST", "/api/senders"),
    ("POST", "/api/account/second-factor"),
    ("DELETE", "/api/sessions"),
    ("POST", "/api/sessions/current/proof"),
    ("GET", "/results"),
    ("GET", "/account"),
]


def test_no_token_does_what_is_for_people(house: House) -> None:
    program = house.bearer(issue(confirmed(house), "everything")["token"])
    for method, path in OF_PEOPLE:
        answer = program.request(method, path, follow_redirects=False)
        assert answer.status_code == 403, f"{method} {path} {answer.text}"


def test_a_token_is_no_cookie(house: House) -> None:
    token = issue(confirmed(house), "everything")["token"]
    client = with_cookies(house)
    client.cookies.set("__Host-session", token, domain="localhost.local", path="/")
    assert client.get("/results", follow_redirects=False).status_code == 403


def test_a_token_ends_by_its_owner_its_date_and_everywhere(house: House) -> None:
    person = confirmed(house)
    one, two, three = (issue(person, days=days) for days in (30, 1, 30))
    tokens = [house.bearer(each["token"]) for each in (one, two, three)]
    assert person.delete(f"/api/programs/{one['program_id']}").status_code == 204
    assert [each.get("/api/results").status_code for each in tokens] == [401, 200, 200]
    house.clock.advance(timedelta(hours=25))
    assert [each.get("/api/results").status_code for each in tokens] == [401, 401, 200]
    secrets = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    again = house.bearer(house.client.post("/api/sessions", json=secrets).json()["token"])
    assert again.delete("/api/sessions").status_code == 204
    assert tokens[2].get("/api/results").status_code == 401


def test_a_token_ends_with_a_change_of_keys(house: House) -> None:
    person = confirmed(house)
    program = house.bearer(issue(person)["token"])
    assert person.post("/api/keys", json={}).status_code in {200, 201}
    assert program.get("/api/results").status_code == 401


def test_somebody_elses_token_is_nobodys(house: House) -> None:
    made = issue(confirmed(house))
    other = confirmed(house, "grace@example.org")
    assert other.delete(f"/api/programs/{made['program_id']}").status_code == 404
    assert other.get("/api/programs").json()["items"] == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "no-program-name"),
    ({"name": "x" * 201}, "no-program-name"),
    ({"scopes": ""}, "unknown-scope"),
    ({"scopes": "read erase"}, "unknown-scope"),
    ({"days": 0}, "bad-lifetime"),
    ({"days": 366}, "bad-lifetime"),
]


def test_what_is_no_token_is_refused(house: House) -> None:
    person = confirmed(house)
    for changed, code in WRONG:
        wanted = {"name": "My script", "scopes": "read", "days": 30} | changed
        answer = person.post("/api/programs", json=wanted)
        assert (answer.status_code, answer.json()["code"]) == (422, code), changed


def test_twenty_tokens_are_enough_and_each_asks_for_a_fresh_proof(house: House) -> None:
    person = confirmed(house)
    for number in range(20):
        issue(person, name=f"Script {number}")
    wanted = {"name": "One more", "scopes": "read", "days": 30}
    assert person.post("/api/programs", json=wanted).json()["code"] == "too-many-programs"
    house.clock.advance(timedelta(minutes=11))
    assert person.post("/api/programs", json=wanted).json()["code"] == "proof-needed"


def test_the_pages_show_a_token_once_and_keep_what_was_typed(house: House) -> None:
    confirmed(house)
    person = with_cookies(house)
    person.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    person.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
    again = person.post("/account/programs/new", data={"name": "My script"})
    assert (again.status_code, 'value="My script"' in again.text) == (422, True)
    made = person.post("/account/programs/new", data={"name": "My script", "scopes": ["read", "add"], "days": "90"})
    assert "hv1_" in made.text
    listed = person.get("/account/programs").text
    assert ("My script" in listed, "hv1_" in listed) == (True, False)
    (path,) = {each for each in listed.split('"') if each.endswith("/end")}
    assert "Ended" in person.post(path).text


@pytest.mark.parametrize(
    "place", ["/api/results?token={}", "/results?t={}", "/api/records/{}", "/x/{}", "/?a=%68v1_{}"]
)
def test_a_token_in_an_address_is_refused_and_in_no_log(
    house: House, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = issue(confirmed(house))
    token = made["token"]
    address = place.format(token.removeprefix("hv1_") if "%68" in place else token)
    answer = house.client.get(address, follow_redirects=False)
    assert (answer.status_code, token in answer.text) == (400, False)
    said = capfd.readouterr()
    assert token[10:40] not in said.out + said.err


def test_a_delivery_key_in_an_address_is_refused_too(house: House) -> None:
    made = confirmed(house).post("/api/senders", json={"name": "A lab"}).json()
    answer = house.client.post(f"/api/deliveries/x?key={made['key']}", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (400, "token-in-address")

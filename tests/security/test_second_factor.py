"""A code from an app after the passphrase: nothing opens before it, and no code works twice."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from auth.tables import SecondFactorRow
from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import confirmed, with_cookies
from tests.security.test_passkeys import either_house, house
from vault.database import table_of

__all__ = ["either_house", "house"]
EMAIL = "ada@example.org"


def turn_on(house: House, person: TestClient) -> pyotp.TOTP:
    secret = person.post("/api/account/second-factor").json()["secret"]
    app = pyotp.TOTP(secret)
    assert person.post("/api/account/second-factor/confirm", json={"code": now(house, app)}).status_code == 204
    house.clock.advance(timedelta(seconds=30))
    return app


def now(house: House, app: pyotp.TOTP, steps: int = 0) -> str:
    return app.at(house.clock.now() + timedelta(seconds=30 * steps))


def begin(house: House) -> Any:
    return house.client.post("/api/sessions", json={"email": EMAIL, "passphrase": PASSPHRASE}).json()


def test_a_passphrase_alone_opens_nothing_and_the_code_gives_another_token(either_house: House) -> None:
    app = turn_on(either_house, confirmed(either_house))
    begun = begin(either_house)
    assert begun["awaits"] == "code"
    waiting = either_house.bearer(begun["token"])
    for path in ("/api/records", "/api/account", "/api/log", "/api/ways-in", "/api/sessions"):
        assert (waiting.get(path).status_code, waiting.get(path).json()["code"]) == (403, "code-needed"), path
    done = waiting.post("/api/sessions/current/code", json={"code": now(either_house, app)})
    assert done.json()["token"] != begun["token"]
    assert either_house.bearer(done.json()["token"]).get("/api/records").status_code == 200
    assert waiting.get("/api/records").status_code == 401


def test_a_code_works_once(house: House) -> None:
    app = turn_on(house, confirmed(house))
    code = now(house, app)
    first, second = (house.bearer(begin(house)["token"]) for _ in range(2))
    assert first.post("/api/sessions/current/code", json={"code": code}).status_code == 201
    again = second.post("/api/sessions/current/code", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (422, "wrong-app-code")


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_code_of_long_ago_or_later_is_refused(house: House, steps: int) -> None:
    app = turn_on(house, confirmed(house))
    waiting = house.bearer(begin(house)["token"])
    answer = waiting.post("/api/sessions/current/code", json={"code": now(house, app, steps)})
    assert answer.status_code == 422


@pytest.mark.parametrize("code", ["", "000000", "12345", "é" * 6, "1" * 500, "0x1234"])
def test_what_is_no_code_is_refused(house: House, code: str) -> None:
    turn_on(house, confirmed(house))
    waiting = house.bearer(begin(house)["token"])
    assert waiting.post("/api/sessions/current/code", json={"code": code}).status_code == 422


def test_guesses_at_codes_are_slowed_and_in_the_history(house: House) -> None:
    person = confirmed(house)
    turn_on(house, person)
    waiting = house.bearer(begin(house)["token"])
    answers = [waiting.post("/api/sessions/current/code", json={"code": "000000"}).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (422, 429)
    tried = [each for each in person.get("/api/log").json()["items"] if each["reason"] == "wrong-app-code"]
    assert tried


def test_a_fresh_seed_guards_nothing_before_its_first_code_and_none_replaces_a_confirmed_one(house: House) -> None:
    person = confirmed(house)
    person.post("/api/account/second-factor")
    assert "awaits" not in begin(house)
    turn_on(house, person)
    assert person.post("/api/account/second-factor").status_code == 404
    assert begin(house)["awaits"] == "code"


def test_turning_it_off_asks_for_a_fresh_proof(house: House) -> None:
    person = confirmed(house)
    turn_on(house, person)
    house.clock.advance(timedelta(minutes=11))
    assert person.delete("/api/account/second-factor").json()["code"] == "proof-needed"


def test_the_seed_lies_wrapped_by_the_key_provider(house: House) -> None:
    person = confirmed(house)
    secret = person.post("/api/account/second-factor").json()["secret"]
    with house.services.database.read() as connection:
        (row,) = connection.execute(select(table_of(SecondFactorRow))).all()
    assert base64.b32decode(secret) not in row.wrapped_seed


def test_the_recovery_code_comes_back_without_the_app_and_turns_it_off(house: House) -> None:
    made = house.client.post(
        "/api/accounts",
        json={"email": EMAIL, "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE},
    ).json()
    person = house.bearer(made["token"])
    person.post("/api/account/recovery-code/confirm", json={"last_group": made["recovery_code"][-4:]})
    turn_on(house, person)
    back = {"email": EMAIL, "recovery_code": made["recovery_code"], "new_passphrase": ANOTHER}
    token = house.client.post("/api/sessions", json=back).json()["token"]
    assert house.bearer(token).get("/api/account/second-factor").json() == {"on": False}


def test_the_pages_ask_after_the_passphrase_and_lead_nowhere_else(house: House) -> None:
    app = turn_on(house, confirmed(house))
    client = with_cookies(house)
    page = client.post("/sign-in", data={"email": EMAIL, "passphrase": PASSPHRASE, "kept.title": "what was typed"})
    assert ("The code from your app" in page.text, 'value="what was typed"' in page.text) == (True, True)
    assert client.get("/results", follow_redirects=False).headers["location"] == "/sign-in/code"
    wrong = client.post("/sign-in/code", data={"code": "000000"})
    assert (wrong.status_code, 'id="code-fault"' in wrong.text) == (422, True)
    right = client.post("/sign-in/code", data={"code": now(house, app)}, follow_redirects=False)
    assert right.headers["location"] == "/results"
    assert client.get("/results").status_code == 200


def test_an_administrator_owes_the_code_too(house: House) -> None:
    app = turn_on(house, house.admin())
    client = with_cookies(house)
    client.post("/admin/sign-in", data={"email": "root@example.org", "passphrase": PASSPHRASE})
    assert client.get("/admin/log", follow_redirects=False).headers["location"] == "/sign-in/code"
    right = client.post("/sign-in/code", data={"code": now(house, app)}, follow_redirects=False)
    assert right.headers["location"] == "/admin/log"

"""Attacks on passkeys, through the pages, with a device that lies as it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.testclient import TestClient

from auth.passkeys.challenges import LASTS
from auth.tables import PasskeyRow
from tests.app.conftest import PASSPHRASE, House, open_house
from tests.app.pages.conftest import confirmed, with_cookies
from tests.conftest import FixedClock
from tests.passkey_device import PRESENT, PasskeyDevice
from vault.database import Database, table_of

ORIGIN = "http://localhost:8000"
_PASSKEY = table_of(PasskeyRow)
Json = dict[str, Any]


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(sqlite_database, tmp_path, clock)


@pytest.fixture
def either_house(database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(database, tmp_path, clock)


def person_of(house: House, email: str = "ada@example.org") -> TestClient:
    """Signed in by passphrase, as a browser is."""
    confirmed(house, email)
    client = with_cookies(house)
    client.post("/sign-in", data={"email": email, "passphrase": PASSPHRASE})
    return client


@pytest.fixture
def device(house: House) -> PasskeyDevice:
    """Ada's, one of her ways in."""
    device = PasskeyDevice(ORIGIN)
    enrol(person_of(house), device)
    return device


def options(client: TestClient, purpose: str) -> Json:
    answer = client.post(f"/passkeys/options/{purpose}", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def prove(client: TestClient) -> None:
    client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})


def enrol(client: TestClient, device: PasskeyDevice) -> str:
    prove(client)
    credential, output = device.make(options(client, "enrol"))
    data = {"credential": json.dumps(credential), "output": output, "name": "My phone"}
    answer = client.post("/account/ways-in/passkey", data=data)
    return answer.text


def sign_in(client: TestClient, device: PasskeyDevice, asked: Json | None = None, **changed: str) -> Any:
    credential, output = device.use(asked or options(client, "sign-in"))
    data = {"credential": json.dumps(credential), "output": output} | changed
    return client.post("/sign-in/passkey", data=data, follow_redirects=False)


def is_in(answer: Any) -> bool:
    return bool(answer.headers.get("location") == "/results")


def test_a_passkey_opens_the_vault_alone(either_house: House) -> None:
    device = PasskeyDevice(ORIGIN)
    enrol(person_of(either_house), device)
    client = with_cookies(either_house)
    assert is_in(sign_in(client, device))
    assert "Ada Example" in client.get("/account").text


def test_an_answer_is_good_once(house: House, device: PasskeyDevice) -> None:
    client = with_cookies(house)
    credential, output = device.use(options(client, "sign-in"))
    data = {"credential": json.dumps(credential), "output": output}
    assert is_in(client.post("/sign-in/passkey", data=data, follow_redirects=False))
    again = client.post("/sign-in/passkey", data=data, follow_redirects=False)
    assert (again.status_code, "could not be checked" in again.text) == (401, True)


def test_an_answer_from_another_browser_is_refused(house: House, device: PasskeyDevice) -> None:
    asked = options(with_cookies(house), "sign-in")
    thief = with_cookies(house)
    options(thief, "sign-in")
    assert sign_in(thief, device, asked).status_code == 401


def test_an_old_challenge_is_refused(house: House, device: PasskeyDevice) -> None:
    client = with_cookies(house)
    asked = options(client, "sign-in")
    house.clock.advance(LASTS + timedelta(seconds=1))
    assert sign_in(client, device, asked).status_code == 401


def test_a_challenge_for_something_else_is_refused(house: House, device: PasskeyDevice) -> None:
    client = with_cookies(house)
    sign_in(client, device)
    asked = options(client, "prove")
    assert sign_in(client, device, asked).status_code == 401


@pytest.mark.parametrize("origin", ["http://localhost:8001", "https://localhost:8000", "http://localhost.example:8000"])
def test_a_passkey_used_at_another_origin_is_refused(house: House, device: PasskeyDevice, origin: str) -> None:
    device.origin = origin
    assert sign_in(with_cookies(house), device).status_code == 401


def test_a_passkey_of_another_site_is_refused(house: House, device: PasskeyDevice) -> None:
    device.rp_id = "localhost.example"
    assert sign_in(with_cookies(house), device).status_code == 401


def test_a_device_that_checked_nobody_is_refused(house: House, device: PasskeyDevice) -> None:
    device.flags = PRESENT
    assert sign_in(with_cookies(house), device).status_code == 401
    person = person_of(house, "grace@example.org")
    assert "could not be checked" in enrol(person, PasskeyDevice(ORIGIN, flags=PRESENT))


def test_a_copied_device_is_refused_by_its_count(house: House, device: PasskeyDevice) -> None:
    device.count = 50
    assert is_in(sign_in(with_cookies(house), device))
    device.count = 20
    assert sign_in(with_cookies(house), device).status_code == 401


def test_somebody_elses_signature_is_refused(house: House, device: PasskeyDevice) -> None:
    forged = replace(device)
    assert sign_in(with_cookies(house), forged).status_code == 401


@pytest.mark.parametrize("output", ["AAAA", "A" * 43, "not base64url!", "A" * 300])
def test_another_prf_output_opens_nothing(house: House, device: PasskeyDevice, output: str) -> None:
    assert sign_in(with_cookies(house), device, output=output).status_code == 401


@pytest.mark.parametrize(
    "credential",
    ["", "[]", "null", "{", '{"id":1}', '{"id":"AAAA","response":[]}', '{"id":"' + "A" * 70_000 + '"}', '{"id":"é"}'],
)
def test_what_is_no_credential_is_refused(house: House, credential: str) -> None:
    client = with_cookies(house)
    options(client, "sign-in")
    answer = client.post("/sign-in/passkey", data={"credential": credential, "output": ""})
    assert answer.status_code == 401


def test_without_a_challenge_of_this_server_nothing_is_believed(house: House, device: PasskeyDevice) -> None:
    made_up = {"challenge": "A" * 43, "extensions": {"prf": {"eval": {"first": "A" * 43}}}}
    assert sign_in(with_cookies(house), device, made_up).status_code == 401


def test_a_passkey_without_prf_signs_in_and_opens_nothing(house: House) -> None:
    person, plain = person_of(house), PasskeyDevice(ORIGIN, computes=False)
    assert "signs you in" in enrol(person, plain)
    client = with_cookies(house)
    answer = sign_in(client, plain)
    assert answer.headers["location"] == "/unlock"
    assert "open your vault. Please use another way in" in client.get("/unlock").text
    assert client.get("/results", follow_redirects=False).status_code == 303
    lying = sign_in(with_cookies(house), plain, output="A" * 43)
    assert lying.headers.get("location") == "/unlock"


def test_a_removed_passkey_brought_back_by_a_writer_is_refused(house: House, device: PasskeyDevice) -> None:
    person = with_cookies(house)
    assert is_in(sign_in(person, device))
    with house.services.database.read() as connection:
        row = dict(connection.execute(select(_PASSKEY)).mappings().one())
    prove_by_passkey(person, device)
    ways = person.get("/account/ways-in").text
    mine = ways.split("Passkey: My phone")[0].rsplit('href="', 1)[1].split('"')[0]
    assert "Removed" in person.post(f"{mine}/remove").text
    with house.services.database.read() as connection:
        assert connection.execute(select(_PASSKEY)).one_or_none() is None
    with house.services.database.write() as connection:
        connection.execute(insert(_PASSKEY).values(row))
    assert sign_in(with_cookies(house), device).status_code == 401


def test_a_passkey_pointed_at_another_slot_or_account_opens_nothing(house: House, device: PasskeyDevice) -> None:
    other = PasskeyDevice(ORIGIN)
    enrol(person_of(house, "grace@example.org"), other)
    with house.services.database.read() as connection:
        rows = [dict(row) for row in connection.execute(select(_PASSKEY)).mappings()]
    mine = next(row for row in rows if row["credential_id"] == device.credential_id)
    theirs = next(row for row in rows if row["credential_id"] == other.credential_id)
    swapped = {name: theirs[name] for name in ("vault_id", "account_id", "slot_id")}
    with house.services.database.write() as connection:
        where = _PASSKEY.c.credential_digest == mine["credential_digest"]
        connection.execute(update(_PASSKEY).where(where).values(swapped))
    assert sign_in(with_cookies(house), device).status_code == 401


def prove_by_passkey(client: TestClient, device: PasskeyDevice) -> Any:
    credential, output = device.use(options(client, "prove"))
    data = {"credential": json.dumps(credential), "output": output, "to": "/account/ways-in"}
    return client.post("/prove/passkey", data=data, follow_redirects=False)


def test_somebody_elses_passkey_proves_nothing(house: House, device: PasskeyDevice) -> None:
    person, own = person_of(house, "grace@example.org"), PasskeyDevice(ORIGIN)
    enrol(person, own)
    assert prove_by_passkey(person, device).status_code == 401
    assert prove_by_passkey(person, own).headers["location"] == "/account/ways-in"


def test_one_passkey_is_one_persons(house: House, device: PasskeyDevice) -> None:
    assert "one of your ways in already" in enrol(person_of(house, "grace@example.org"), device)


def test_guesses_at_passkeys_are_slowed(house: House, device: PasskeyDevice) -> None:
    device.flags = PRESENT
    answers = [sign_in(with_cookies(house), device).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (401, 429)


def test_the_output_is_never_echoed(house: House, device: PasskeyDevice) -> None:
    device.flags = PRESENT
    client = with_cookies(house)
    credential, output = device.use(options(client, "sign-in"))
    refused = client.post("/sign-in/passkey", data={"credential": json.dumps(credential), "output": output})
    assert (refused.status_code, output in refused.text, credential["id"] in refused.text) == (401, False, False)


def sign_up(client: TestClient, device: PasskeyDevice, email: str) -> Any:
    client.post("/sign-up", data={"name": "Grace Example"})
    client.post("/sign-up/born", data={"birth_day": "5", "birth_month": "4", "birth_year": "1980"})
    client.post("/sign-up/e-mail", data={"email": email})
    credential, output = device.make(options(client, "sign-up"))
    return client.post("/sign-up/passkey", data={"credential": json.dumps(credential), "output": output})


def test_a_vault_is_made_with_a_passkey_and_a_code_and_no_passphrase(house: House) -> None:
    device, client = PasskeyDevice(ORIGIN), with_cookies(house)
    assert "recovery" in sign_up(client, device, "grace@example.org").text.lower()
    assert is_in(sign_in(with_cookies(house), device))


def test_a_passkey_that_opens_nothing_makes_no_vault(house: House) -> None:
    plain, client = PasskeyDevice(ORIGIN, computes=False), with_cookies(house)
    answer = sign_up(client, plain, "grace@example.org")
    assert (answer.status_code, "can't open a vault" in answer.text.replace("&#39;", "'")) == (409, True)
    assert not house.services.accounts.exists("grace@example.org")

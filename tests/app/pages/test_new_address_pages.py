"""Another e-mail address: a code from the new mailbox, word to the old one, and nothing told to anybody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from starlette.testclient import TestClient

from auth.sessions import Session
from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed
from vault.audit.events import Origin
from vault.errors import Forbidden

ORIGIN = Origin("192.0.2.7", "a browser")

OLD, NEW = "ada@example.org", "ada.new@example.net"


def letters(house: House) -> list[tuple[str, str]]:
    """(subject, text) of every mail, oldest first."""
    folder = Path(house.services.settings.data) / "outbox"
    found = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
    parsed = [message_from_bytes(path.read_bytes(), policy=default) for path in found]
    return [(str(each["Subject"]), each.get_content()) for each in parsed]


def code_in(house: House) -> str:
    found = re.search(r"\d{4} \d{4}", letters(house)[-1][1])
    assert found
    return found[0]


def signs_in(house: House, email: str) -> int:
    return int(house.client.post("/api/sessions", json={"email": email, "passphrase": PASSPHRASE}).status_code)


def test_the_address_moves_once_the_code_came_back_and_the_old_one_is_told(house: House) -> None:
    citizen = confirmed(house)
    assert OLD in citizen.get("/account/e-mail").text
    asked = citizen.post("/account/e-mail", data={"email": f" {NEW.upper()} "})
    assert (asked.status_code, NEW in asked.text) == (200, True)
    assert (signs_in(house, OLD), signs_in(house, NEW)) == (201, 401)
    done = citizen.post(
        "/account/e-mail/confirm", data={"email": NEW, "mail_code": code_in(house)}, follow_redirects=False
    )
    assert (done.status_code, done.headers["location"]) == (303, "/account?address=1")
    account = citizen.get(done.headers["location"]).text
    assert NEW in account
    assert "Your address is changed" in account
    assert (signs_in(house, OLD), signs_in(house, NEW)) == (401, 201)
    subject, text = letters(house)[-1]
    assert "has changed" in subject
    assert NEW not in text
    assert "address-changed" in [line["reason"] for line in citizen.get("/api/log").json()["items"]]
    confirmed(house, OLD)  # It is free again.


def test_a_code_is_good_once_for_one_account_and_one_address(sqlite_house: House) -> None:
    house = sqlite_house
    citizen, eve = confirmed(house), confirmed(house, "eve@example.org")
    assert citizen.post("/api/account/email", json={"email": NEW}).status_code == 204
    code = code_in(house)
    for client, email, typed in (
        (eve, NEW, code),
        (citizen, "another@example.net", code),
        (citizen, NEW, "0000 0000" if code != "0000 0000" else "1"),
    ):
        refused = client.post("/api/account/email/confirm", json={"email": email, "code": typed})
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong-mail-code")
    assert citizen.post("/api/account/email/confirm", json={"email": NEW, "code": code}).status_code == 204
    again = citizen.post("/api/account/email/confirm", json={"email": NEW, "code": code})
    assert again.json()["code"] == "same-email"


def test_that_an_address_is_somebody_s_is_told_to_its_mailbox_alone(sqlite_house: House) -> None:
    house = sqlite_house
    citizen, _ = confirmed(house), confirmed(house, "eve@example.org")
    free = citizen.post("/account/e-mail", data={"email": NEW})
    taken = citizen.post("/account/e-mail", data={"email": "eve@example.org"})
    assert free.text.replace(NEW, "") == taken.text.replace("eve@example.org", "")
    subject, text = letters(house)[-1]
    assert "already" in subject
    assert not re.search(r"\d{4}", text)


def test_who_is_quicker_gets_an_address(sqlite_house: House) -> None:
    house = sqlite_house
    citizen = confirmed(house)
    citizen.post("/api/account/email", json={"email": NEW})
    code = code_in(house)
    confirmed(house, NEW)
    late = citizen.post("/api/account/email/confirm", json={"email": NEW, "code": code})
    assert (late.status_code, late.json()["code"]) == (409, "email-taken")
    assert citizen.get("/api/account").json()["email"] == OLD


def test_bad_addresses_stay_in_the_form_with_one_clear_fault(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    for typed, fault in (
        ("", "Please enter the new address"),
        ("ada at home", "such as name@example.org"),
        (OLD, "your address already"),
    ):
        answer = citizen.post("/account/e-mail", data={"email": typed})
        assert answer.status_code == 422
        assert fault in answer.text
        assert f'value="{typed}"' in answer.text


def test_it_takes_a_fresh_proof_and_no_sample(sqlite_house: House) -> None:
    house = sqlite_house
    citizen = confirmed(house)
    session = house.services.sessions.resume(citizen.headers["Authorization"].removeprefix("Bearer "))
    house.clock.advance(timedelta(minutes=11))
    refused = citizen.post("/api/account/email", json={"email": NEW})
    assert refused.json()["code"] == "proof-needed"
    assert refuses_sample(house, replace(session, sample=True)) == "sample-stays"


def refuses_sample(house: House, session: Session) -> str:
    try:
        house.services.new_address.ask(session, NEW, ORIGIN)
    except Forbidden as error:
        return error.code
    return ""


def test_asking_is_slowed_and_a_mailbox_is_not_flooded(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    statuses = [asks(citizen, NEW) for _ in range(5)]
    assert (statuses[0], statuses[-1]) == (204, 429)


def asks(client: TestClient, email: str) -> int:
    return int(client.post("/api/account/email", json={"email": email}).status_code)

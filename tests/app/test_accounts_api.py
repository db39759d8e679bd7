"""Accounts and sessions over HTTP."""

from __future__ import annotations

import pytest

from tests.app.conftest import ANOTHER, PASSPHRASE, House

NEW = {"email": "ada@example.org", "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}


def test_an_account_works_at_once(house: House) -> None:
    made = house.client.post("/api/accounts", json=NEW).json()
    assert set(made) == {"account_id", "vault_id", "recovery_code", "token"}
    assert house.bearer(made["token"]).get("/api/results").json() == {"items": [], "next": None}


def test_an_address_that_is_taken_is_a_conflict(house: House) -> None:
    house.citizen()
    answer = house.client.post("/api/accounts", json=NEW)
    assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")


def test_a_weak_passphrase_is_refused_with_advice_and_four_words(house: House) -> None:
    answer = house.client.post("/api/accounts", json=NEW | {"passphrase": "password1234"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (422, "weak-passphrase", "passphrase")
    assert len(body["suggestion"].split()) == 4


def test_signing_in_and_out(house: House) -> None:
    house.citizen()
    answer = house.client.post("/api/sessions", json={"email": NEW["email"], "passphrase": PASSPHRASE})
    assert (answer.status_code, set(answer.json())) == (201, {"token", "expires_at"})
    assert answer.json()["expires_at"] == "2026-03-02T00:00:00Z"
    person = house.bearer(answer.json()["token"])
    assert person.delete("/api/sessions/current").status_code == 204
    assert person.get("/api/records").status_code == 401


def test_signing_out_everywhere_ends_every_token(house: House) -> None:
    first = house.citizen()
    second = house.bearer(
        house.client.post("/api/sessions", json={"email": NEW["email"], "passphrase": PASSPHRASE}).json()["token"]
    )
    assert first.delete("/api/sessions").status_code == 204
    assert [each.get("/api/records").status_code for each in (first, second)] == [401, 401]


def test_wrong_passphrase_and_unknown_account_look_the_same(house: House) -> None:
    house.citizen()
    answers = [
        house.client.post("/api/sessions", json={"email": email, "passphrase": ANOTHER})
        for email in (NEW["email"], "nobody@example.org")
    ]
    assert [each.status_code for each in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "wrong-credentials"


def test_guessing_is_slowed_with_a_time_to_wait(house: House) -> None:
    house.citizen()
    for _ in range(5):
        house.client.post("/api/sessions", json={"email": NEW["email"], "passphrase": ANOTHER})
    answer = house.client.post("/api/sessions", json={"email": NEW["email"], "passphrase": PASSPHRASE})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_recovery_brings_back_with_a_new_code(house: House) -> None:
    made = house.client.post("/api/accounts", json=NEW).json()
    body = {"email": NEW["email"], "recovery_code": made["recovery_code"], "new_passphrase": ANOTHER}
    back = house.client.post("/api/sessions", json=body)
    assert back.status_code == 201
    assert back.json()["recovery_code"] != made["recovery_code"]
    assert house.client.post("/api/sessions", json=body).status_code == 401
    group = back.json()["recovery_code"][-4:]
    person = house.bearer(back.json()["token"])
    assert person.post("/api/account/recovery-code/confirm", json={"last_group": "0000x"}).status_code == 422
    assert person.post("/api/account/recovery-code/confirm", json={"last_group": group}).status_code == 204


def test_changing_the_passphrase(house: House) -> None:
    person = house.citizen()
    path = "/api/account/passphrase"
    assert person.post(path, json={"passphrase": ANOTHER, "new_passphrase": ANOTHER}).status_code == 401
    assert person.post(path, json={"passphrase": PASSPHRASE, "new_passphrase": ANOTHER}).status_code == 204
    for passphrase, status in ((PASSPHRASE, 401), (ANOTHER, 201)):
        answer = house.client.post("/api/sessions", json={"email": NEW["email"], "passphrase": passphrase})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": "a@example.org"}, "missing-field"),
        ({"email": "a@example.org", "recovery_code": "x"}, "missing-field"),
        ({"email": "a@example.org", "passphrase": "x", "new_passphrase": "y"}, "unknown-field"),
        ({"email": "a@example.org", "passphrase": "x", "recovery_code": "y", "new_passphrase": "z"}, "unknown-field"),
        ({"email": 1, "passphrase": "x"}, "wrong-type"),
        ({"email": "a@example.org", "passphrase": "x", "<script>": 1}, "unknown-field"),
        ([], "wrong-type"),
    ],
)
def test_a_sign_in_of_the_wrong_shape_is_named_and_not_echoed(sqlite_house: House, body: object, code: str) -> None:
    answer = sqlite_house.client.post("/api/sessions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "script" not in answer.text


def test_an_account_tells_its_owner_who_they_are_and_until_when(house: House) -> None:
    body = house.citizen().get("/api/account").json()
    told = {name: body[name] for name in ("role", "sample", "email", "name", "birth_date", "session_ends_at")}
    assert told == {
        "role": "citizen",
        "sample": False,
        "email": NEW["email"],
        "name": NEW["name"],
        "birth_date": NEW["birth_date"],
        "session_ends_at": "2026-03-01T14:00:00Z",
    }
    admin = house.admin().get("/api/account").json()
    assert (admin["role"], admin["name"]) == ("admin", None)
    assert house.client.get("/api/account").status_code == 401


def test_a_new_recovery_code_ends_the_old_one_and_waits_to_be_confirmed(sqlite_house: House) -> None:
    made = sqlite_house.client.post("/api/accounts", json=NEW).json()
    person = sqlite_house.bearer(made["token"])
    path = "/api/account/recovery-code"
    assert person.post(path, json={"passphrase": ANOTHER}).status_code == 401
    code = person.post(path, json={"passphrase": PASSPHRASE}).json()["recovery_code"]
    assert code != made["recovery_code"]
    assert person.get("/api/account").json()["recovery_confirmed"] is False
    assert person.post(f"{path}/confirm", json={"last_group": made["recovery_code"][-4:]}).status_code == 422
    assert person.post(f"{path}/confirm", json={"last_group": code[-4:]}).status_code == 204
    assert person.get("/api/account").json()["recovery_confirmed"] is True


def test_a_sample_comes_by_the_api_too_in_a_demo_only(sqlite_house: House) -> None:
    assert sqlite_house.client.post("/api/samples").status_code == 404

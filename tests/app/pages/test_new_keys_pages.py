"""New keys at the pages and by the API: a phone is taken out, everybody else is signed out, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

from starlette.testclient import TestClient

from app.deps import COOKIE
from auth.sessions import Session
from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in
from vault.audit.events import Origin
from vault.ids import text_of

ORIGIN = Origin("192.0.2.7", "a browser")


def session_of(house: House, client: TestClient) -> Session:
    return house.services.sessions.resume(client.headers["Authorization"].removeprefix("Bearer "))


def phone_of(house: House, client: TestClient) -> str:
    """The id of a second passphrase, which stands for what was on the phone."""
    made = house.services.ways_in.add_passphrase(session_of(house, client), ANOTHER, "My old phone", ORIGIN)
    return text_of(made)


def signs_in(house: House, passphrase: str) -> bool:
    body = {"email": "ada@example.org", "passphrase": passphrase}
    return bool(house.client.post("/api/sessions", json=body).status_code == 201)


def test_a_lost_phone_is_taken_out_and_everything_stays(house: House) -> None:
    citizen = confirmed(house)
    record, elsewhere = type_in(citizen), house.bearer(sign_in(house))
    phone = phone_of(house, citizen)
    assert signs_in(house, ANOTHER)
    page = citizen.get("/new-keys").text
    assert "My old phone" in page
    assert f'value="{phone}"' in page
    done = citizen.post("/new-keys", data={"what": "lost", "lost": phone}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/new-keys/done?lost=1&later=0")
    fresh = house.bearer(done.cookies[COOKIE])
    assert fresh.get(f"/records/{record}").status_code == 200
    assert "Everywhere else you are signed out" in fresh.get(done.headers["location"]).text
    assert ("keys", "way-in-lost") in [
        (each["event"], each["reason"]) for each in fresh.get("/api/log").json()["items"]
    ]
    for ended in (citizen, elsewhere):
        assert ended.get("/api/records").status_code == 401
    assert (signs_in(house, ANOTHER), signs_in(house, PASSPHRASE)) == (False, True)


def sign_in(house: House) -> str:
    body = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    return str(house.client.post("/api/sessions", json=body).json()["token"])


def test_all_keys_change_without_anything_lost(house: House) -> None:
    citizen = confirmed(house)
    record = type_in(citizen)
    for generation in (2, 3):
        answer = citizen.post("/api/keys", json={})
        assert (answer.status_code, answer.json()["generation"], answer.json()["done"]) == (201, generation, True)
        assert citizen.get("/api/records").status_code == 401
        citizen = house.bearer(answer.json()["token"])
        assert citizen.get(f"/records/{record}").status_code == 200


def test_nothing_ticked_is_said_at_the_field(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    answer = citizen.post("/new-keys", data={"what": "lost"})
    assert answer.status_code == 422
    assert "Please tick what was lost" in answer.text


def test_a_code_a_stranger_s_way_in_and_the_last_two_are_not_lost(sqlite_house: House) -> None:
    house = sqlite_house
    citizen, eve = confirmed(house), confirmed(house, "eve@example.org")
    session = session_of(house, citizen)
    own, _ = sorted(house.services.ways_in.list(session), key=lambda way: way.kind)
    few = citizen.post("/api/keys", json={"lost": [text_of(own.slot_id)]})
    assert (few.status_code, few.json()["code"]) == (409, "too-few-slots")
    code, theirs = house.services.ways_in.add_recovery_code(session, "", ORIGIN), phone_of(house, eve)
    for lost, status, error in (
        (text_of(code.slot_id), 422, "code-not-lost"),
        (theirs, 404, "not-found"),
        ("nonsense", 404, "not-found"),
    ):
        answer = citizen.post("/api/keys", json={"lost": [lost]})
        assert (answer.status_code, answer.json()["code"]) == (status, error)
    assert citizen.get("/api/records").status_code == 200


def test_it_asks_for_a_fresh_proof(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    sqlite_house.clock.advance(timedelta(minutes=11))
    refused = citizen.post("/api/keys", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "proof-needed")
    assert citizen.get("/new-keys", follow_redirects=False).headers["location"] == "/prove?to=/new-keys"


def test_a_rotation_that_was_cut_off_is_finished_at_the_next_sign_in(house: House) -> None:
    citizen = confirmed(house)
    record = type_in(citizen)
    services = house.services
    cut = services.rotations._start(session_of(house, citizen), ORIGIN, (), None)
    assert services.sessions.resume(cut.token).keyring.previous == 1
    token = sign_in(house)
    assert services.sessions.resume(token).keyring.previous is None
    for each in (token, cut.token):
        assert house.bearer(each).get(f"/records/{record}").status_code == 200
    assert "keys" in [each["event"] for each in house.bearer(token).get("/api/log").json()["items"]]

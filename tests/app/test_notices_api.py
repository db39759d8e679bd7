"""Notices, freezing, asking again and the choice of mail over HTTP."""

from __future__ import annotations

import time

from starlette.testclient import TestClient

from app.doors import BEAT_SECONDS
from auth.throttle import ASK
from tests.app.conftest import House
from tests.app.test_sharing_api import filled, granted, link_path

GONE = (404, "link-gone")


def unseen(person: TestClient) -> int:
    return int(person.get("/api/notices").json()["unseen"])


def test_a_first_open_is_noticed_seen_and_frozen_and_let_go_again(house: House) -> None:
    person = filled(house)
    made = granted(person)
    path, reader = link_path(made), house.client
    assert unseen(person) == 0
    body = reader.post(path, json={"recipient": "Dr Stranger", "embeddedLengthMax": 0}).json()
    (notice,) = person.get("/api/notices").json()["items"]
    assert (notice["kind"], notice["grant_id"], notice["seen_at"]) == ("first-open", made["grant_id"], None)
    opened = next(each for each in person.get("/api/log").json()["items"] if each["entry_id"] == notice["entry_id"])
    assert opened["accountability"]["recipient"] == "Dr Stranger"
    frozen = person.post(f"/api/grants/{made['grant_id']}/freeze")
    assert (frozen.status_code, frozen.json()) == (200, {"state": "frozen"})
    ticket = body["files"][0]["location"].removeprefix("http://localhost:8000")
    for answer in (reader.post(path, json={"recipient": "Dr Stranger"}), reader.get(ticket)):
        assert (answer.status_code, answer.json()["code"]) == GONE
    assert person.get(f"/api/grants/{made['grant_id']}").json()["state"] == "frozen"
    assert person.post(f"/api/grants/{made['grant_id']}/unfreeze").json() == {"state": "active"}
    assert reader.post(path, json={"recipient": "Dr Stranger"}).status_code == 200
    seen = person.post("/api/notices/seen", json={"notice_ids": [notice["notice_id"]]})
    assert (seen.status_code, unseen(person)) == (204, 1)
    assert (person.post("/api/notices/seen", json={}).status_code, unseen(person)) == (204, 0)


def test_nobody_freezes_or_sees_what_is_another_s(sqlite_house: House) -> None:
    person, other = filled(sqlite_house), sqlite_house.citizen("bob@example.org")
    made = granted(person)
    sqlite_house.client.post(link_path(made), json={"recipient": "Dr Grey"})
    for act in ("freeze", "unfreeze"):
        assert other.post(f"/api/grants/{made['grant_id']}/{act}").status_code == 404
        assert sqlite_house.client.post(f"/api/grants/{made['grant_id']}/{act}").status_code == 401
    notice_id = person.get("/api/notices").json()["items"][0]["notice_id"]
    assert other.get("/api/notices").json()["items"] == []
    other.post("/api/notices/seen", json={"notice_ids": [notice_id]})
    assert unseen(person) == 1
    assert person.post("/api/notices/seen", json={"notice_ids": ["x"]}).status_code == 404
    assert sqlite_house.admin().get("/api/notices").status_code == 403


def test_asking_again_is_answered_alike_whatever_the_link_is(sqlite_house: House) -> None:
    person = filled(sqlite_house)
    living, ended = granted(person), granted(person)
    person.post(f"/api/grants/{ended['grant_id']}/withdraw")
    reader = sqlite_house.client
    paths = [link_path(living), link_path(ended), "/shl/" + "A" * 43, "/shl/x"]
    answers = []
    for path in paths:
        began = time.monotonic()
        answer = reader.post(path + "/ask", json={"recipient": "Dr Grey", "wants": "time"})
        assert time.monotonic() - began >= BEAT_SECONDS
        assert answer.headers["access-control-allow-origin"] == "*"
        answers.append((answer.status_code, answer.json(), sorted(answer.headers)))
    assert answers == [(202, {}, answers[0][2])] * len(paths)
    assert [each["kind"] for each in person.get("/api/notices").json()["items"]] == ["asks"]
    assert reader.post(paths[1] + "/ask", json={}).json()["code"] == "recipient-missing"
    assert reader.post(paths[2] + "/ask", json={"recipient": "x", "wants": "money"}).json()["code"] == "bad-ask"


def test_one_network_that_asks_too_often_is_not_heard_and_not_told(sqlite_house: House) -> None:
    person = filled(sqlite_house)
    ended = granted(person)
    person.post(f"/api/grants/{ended['grant_id']}/withdraw")
    for _ in range(30):
        sqlite_house.services.throttle.reserve((ASK, "testclient"))
    answer = sqlite_house.client.post(link_path(ended) + "/ask", json={"recipient": "Dr Grey"})
    assert (answer.status_code, answer.json()) == (202, {})
    assert unseen(person) == 0


def test_mail_is_chosen_in_a_live_session_and_the_choice_is_logged(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    assert person.get("/api/account/notices").json() == {"by_mail": False, "can_mail": False}
    for _ in range(2):
        assert person.put("/api/account/notices", json={"by_mail": True}).status_code == 204
    assert person.get("/api/account/notices").json()["by_mail"] is True
    person.put("/api/account/notices", json={"by_mail": False})
    log = [each["reason"] for each in person.get("/api/log").json()["items"] if each["event"] == "notice"]
    assert sorted(log) == ["by-mail", "in-app-only"]
    assert sqlite_house.client.put("/api/account/notices", json={"by_mail": True}).status_code == 401

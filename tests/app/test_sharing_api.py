"""Consent, links and the log over HTTP: the main job, end to end."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.headers import OPEN_TO_ALL
from tests.app.conftest import House, fhir, observation

JSON = {"Content-Type": "application/fhir+json"}
TERMS: dict[str, Any] = {
    "recipient": {"name": "Dr Grey"},
    "purpose": "treatment",
    "include": [{"analyte": "magnesium"}],
    "exclude": [],
    "expires_at": "2026-03-08T12:00:00Z",
    "actions": ["view"],
}

_EDGE = "from=0001-01-01T00:00:00%2B14:00"


def filled(house: House) -> TestClient:
    person = house.citizen()
    person.post("/api/imports", content=fhir(observation()), headers=JSON)
    return person


def granted(person: TestClient, **more: Any) -> dict[str, Any]:
    terms = TERMS | more
    preview = person.post("/api/grants/preview", json=terms).json()
    statement = {"id": preview["statement"]["id"], "version": preview["statement"]["version"]}
    answer = person.post("/api/grants", json=terms | {"statement": statement})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def link_path(made: dict[str, Any]) -> str:
    """The path of the manifest, read from the link's payload as a viewer does."""
    payload = made["shlink"].removeprefix("shlink:/")
    url: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["url"]
    assert url.startswith("http://localhost:8000/shl/")
    return url.removeprefix("http://localhost:8000")


def test_magnesium_is_shared_opened_stopped_and_all_of_it_is_seen(house: House) -> None:
    person = filled(house)
    made = granted(person)
    assert set(made) == {"grant_id", "link", "shlink", "expires_at"}
    assert made["link"].startswith("http://localhost:8000/view#shlink:/")
    path = link_path(made)
    reader = house.client
    opened = reader.post(path, json={"recipient": "Dr Grey"})
    assert opened.status_code == 200
    (file,) = opened.json()["files"]
    assert ("embedded" in file) != ("location" in file)
    assert opened.headers["access-control-allow-origin"] == "*"
    smaller = reader.post(path, json={"recipient": "Dr Grey", "embeddedLengthMax": 0}).json()["files"][0]
    location = smaller["location"].removeprefix("http://localhost:8000")
    jwe = reader.get(location)
    assert (jwe.status_code, jwe.headers["content-type"]) == (200, "application/jose")
    shown = person.get(f"/api/grants/{made['grant_id']}").json()
    assert (shown["state"], shown["opens"], shown["link"]) == ("active", 1, made["link"])
    assert (shown["last_opened_at"], shown["end_receipt"]) == ("2026-03-01T12:00:00Z", None)
    stopped = person.post(f"/api/grants/{made['grant_id']}/withdraw")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "withdrawn")
    for answer in (reader.post(path, json={"recipient": "Dr Grey"}), reader.get(location)):
        assert (answer.status_code, answer.json()["code"]) == (404, "link-gone")
    events = [each["event"] for each in person.get("/api/log").json()["items"]]
    assert {"sign-in", "import", "grant", "open", "file", "refusal", "withdraw"} <= set(events)
    refusal = next(each for each in person.get("/api/log").json()["items"] if each["event"] == "refusal")
    assert refusal["grant_id"] == made["grant_id"]
    ended = person.get(f"/api/grants/{made['grant_id']}").json()
    assert "link" not in ended
    assert ended["end_receipt"]["receipt"]["receipt_of"] == "end"


def test_a_preview_shows_what_is_held_back_and_a_stale_one_is_409(house: House) -> None:
    person = filled(house)
    preview = person.post("/api/grants/preview", json=TERMS | {"include": [{"kind": "observation"}]})
    assert preview.status_code == 200
    statement = {key: preview.json()["statement"][key] for key in ("id", "version")}
    answer = person.post("/api/grants", json=TERMS | {"statement": statement})
    assert (answer.status_code, answer.json()["code"]) == (409, "preview-stale")
    empty = person.post("/api/grants/preview", json=TERMS | {"include": [{"analyte": "potassium"}]}).json()
    assert empty["permitted"] == []
    statement = {key: empty["statement"][key] for key in ("id", "version")}
    answer = person.post("/api/grants", json=TERMS | {"include": [{"analyte": "potassium"}], "statement": statement})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-to-share")


def test_a_preview_warns_of_what_may_contradict_the_wish(house: House) -> None:
    person = filled(house)
    named = {"subject": {"reference": "Patient/1"}}
    other = {"resourceType": "Patient", "id": "1", "name": [{"text": "Eve Else"}], "birthDate": "1999-01-01"}
    made = person.post("/api/imports", content=fhir(other, observation("0.91", **named)), headers=JSON)
    assert made.json()["warnings"]
    terms = TERMS | {"include": [{"analyte": "magnesium"}], "actions": ["view", "download"], "passcode": "1234"}
    shown = person.post("/api/grants/preview", json=terms).json()
    assert [each["code"] for each in shown["warnings"]] == ["simple-passcode", "other-person", "download"]
    (record,) = shown["warnings"][1]["records"]
    assert record in shown["permitted"]


def test_a_replayed_grant_is_a_grant_of_its_own_and_a_replayed_stop_changes_nothing(sqlite_house: House) -> None:
    person = filled(sqlite_house)
    first, second = granted(person), granted(person)
    assert first["grant_id"] != second["grant_id"]
    path = f"/api/grants/{first['grant_id']}/withdraw"
    assert person.post(path).json() == person.post(path).json()
    states = [each["state"] for each in person.get("/api/grants").json()["items"]]
    assert sorted(states) == ["active", "withdrawn"]


def test_a_wrong_passcode_says_how_many_tries_are_left(house: House) -> None:
    person = filled(house)
    path = link_path(granted(person, passcode="2468"))
    reader = house.client
    asked = reader.post(path, json={"recipient": "Dr Grey"})
    assert (asked.status_code, asked.json()["remainingAttempts"]) == (401, 10)
    wrong = reader.post(path, json={"recipient": "Dr Grey", "passcode": "1111"})
    assert (wrong.status_code, wrong.json()["remainingAttempts"]) == (401, 9)
    right = reader.post(path, json={"recipient": "Dr Grey", "passcode": "2468"}, headers={"Vault-Viewing": "new"})
    assert right.status_code == 200
    token = right.headers["vault-viewing"]
    again = reader.post(path, json={"recipient": "Dr Grey"}, headers={"Vault-Viewing": token})
    assert again.status_code == 200


@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS", "PUT"])
def test_links_are_open_to_every_origin_whatever_the_answer(sqlite_house: House, method: str) -> None:
    for path in ("/shl/unknown", "/shl/unknown/files/nothing", "/shl/"):
        answer = sqlite_house.client.request(method, path, headers={"Origin": "https://elsewhere.example"})
        for name, value in OPEN_TO_ALL.items():
            assert answer.headers[name] == value
        assert "access-control-allow-credentials" not in answer.headers


def test_unknown_expired_and_stopped_links_answer_alike(house: House) -> None:
    person = filled(house)
    expired, stopped = granted(person), granted(person)
    paths = [link_path(each) for each in (expired, stopped)]
    person.post(f"/api/grants/{stopped['grant_id']}/withdraw")
    house.clock.advance(timedelta(days=8))
    answers = [house.client.post(path, json={"recipient": "x"}) for path in (*paths, "/shl/" + "A" * 43, "/shl/%00")]
    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    assert len({tuple(sorted(each.headers.items())) for each in answers}) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"recipient": ""}', b'{"recipient": 1}'])
def test_a_manifest_request_without_recipient_is_refused(sqlite_house: House, body: bytes) -> None:
    person = filled(sqlite_house)
    answer = sqlite_house.client.post(link_path(granted(person)), content=body)
    assert answer.status_code == 400


def test_the_admin_sees_public_parts_and_the_look_is_logged(house: House) -> None:
    person = filled(house)
    made = granted(person)
    admin = house.admin()
    items = admin.get(f"/api/admin/log?grant={made['grant_id']}").json()["items"]
    assert [each["event"] for each in items] == ["grant"]
    assert "Dr Grey" not in admin.get("/api/admin/log").text
    citizen = items[0]["citizen"]
    found = admin.get(f"/api/admin/log?citizen={citizen}&event=import&outcome=done").json()["items"]
    assert [each["event"] for each in found] == ["import"]
    looks = [each for each in person.get("/api/log").json()["items"] if each["event"] == "admin-look"]
    assert len(looks) == 2
    future = admin.get("/api/admin/log?from=2027-01-01T00:00:00Z&until=2028-01-01T00:00:00Z").json()
    assert future == {"items": [], "next": None}
    for query in (
        "event=nonsense",
        "grant=nonsense",
        "citizen=1",
        "from=yesterday",
        "until=2026-01-01T00:00:00",
        _EDGE,
    ):
        assert admin.get(f"/api/admin/log?{query}").status_code == 422

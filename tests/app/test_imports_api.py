"""Importing in two steps by the API, undoing, and settling what was left aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from tests.app.conftest import House, fhir, observation

OTHER = {"resourceType": "Patient", "name": [{"given": ["Otto"], "family": "Other"}], "birthDate": "1999-12-31"}
JSON = {"Content-Type": "application/json"}


def stage(client: TestClient, data: bytes) -> Any:
    answer = client.post("/api/imports/staged?filename=export.json", content=data, headers=JSON)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_file_is_staged_looked_at_and_confirmed_once(house: House) -> None:
    citizen = house.citizen()
    staged = stage(citizen, fhir(observation(), observation(day="2026-02-30")))
    assert (staged["added"], staged["results"], staged["tests"]) == (1, 1, [{"name": "Magnesium", "count": 1}])
    assert staged["kept_until"] == "2026-03-02T12:00:00Z"
    assert citizen.get("/api/records").json()["items"] == []
    address = f"/api/imports/staged/{staged['import_id']}"
    assert citizen.get(address).json() == staged
    (line,) = citizen.get("/api/imports/staged").json()["items"]
    assert (line["filename"], line["doubtful"], line["asks_whose"]) == ("export.json", 1, False)
    done = citizen.post(f"{address}/confirm", json={})
    assert (done.status_code, done.json()["added"]) == (201, 1)
    for again in (citizen.post(f"{address}/confirm", json={}), citizen.get(address), citizen.delete(address)):
        assert (again.status_code, again.json()["code"]) == (404, "not-waiting")
    assert house.citizen("bob@example.org").get(address).status_code == 404


def test_another_person_s_file_needs_an_answer_when_staged_and_warns_in_one_step(sqlite_house: House) -> None:
    citizen = sqlite_house.citizen()
    staged = stage(citizen, fhir(OTHER, observation()))
    assert [warning["code"] for warning in staged["warnings"]] == ["other-name", "other-birth-date"]
    assert "Otto" not in str(staged)
    address = f"/api/imports/staged/{staged['import_id']}"
    refused = citizen.post(f"{address}/confirm", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "whose-is-it")
    wrong = citizen.post(f"{address}/confirm", json={"whose": "theirs"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "unknown-answer", "whose")
    assert citizen.post(f"{address}/confirm", json={"whose": "apart"}).status_code == 201
    assert citizen.get("/api/results").json()["items"] == []
    joined = citizen.post("/api/imports", content=fhir(OTHER, observation()), headers=JSON).json()
    assert [warning["code"] for warning in joined["warnings"]] == ["other-name", "other-birth-date"]
    assert len(citizen.get("/api/results").json()["items"]) == 1


def test_a_staged_file_is_taken_away_or_gone_after_a_day(sqlite_house: House) -> None:
    citizen = sqlite_house.citizen()

    def back() -> TestClient:
        secrets = {"email": "ada@example.org", "passphrase": "copper lantern orbit thistle"}
        return sqlite_house.bearer(sqlite_house.client.post("/api/sessions", json=secrets).json()["token"])

    first, second = stage(citizen, fhir(observation())), stage(citizen, fhir(observation("0.9")))
    assert citizen.delete(f"/api/imports/staged/{first['import_id']}").status_code == 204
    assert len(citizen.get("/api/imports/staged").json()["items"]) == 1
    sqlite_house.clock.advance(timedelta(hours=11))
    assert back().get(f"/api/imports/staged/{second['import_id']}").status_code == 200
    sqlite_house.clock.advance(timedelta(hours=14))
    later = back()
    assert later.get(f"/api/imports/staged/{second['import_id']}").status_code == 404
    assert later.get("/api/imports/staged").json()["items"] == []


def test_an_import_is_undone_brought_back_and_its_parts_set_aside(house: House) -> None:
    citizen = house.citizen()
    bad = observation(day="2026-02-30")
    done = citizen.post("/api/imports?filename=a.json", content=fhir(observation(), bad), headers=JSON).json()
    address = f"/api/imports/{done['import_id']}"
    shown = citizen.get(address).json()
    assert (shown["live"], shown["in_bin"], shown["undone_at"], len(shown["parts"])) == (1, 0, None, 1)
    assert citizen.post(f"{address}/undo").json() == {"moved": 1}
    assert citizen.post(f"{address}/undo").json() == {"moved": 0}
    shown = citizen.get(address).json()
    assert (shown["live"], shown["in_bin"], shown["undone_at"]) == (0, 1, "2026-03-01T12:00:00Z")
    assert citizen.get("/api/records").json()["items"] == []
    assert citizen.post(f"{address}/restore").json() == {"moved": 1}
    assert citizen.post(f"{address}/parts/discard", json={"parts": [7]}).status_code == 404
    assert citizen.post(f"{address}/parts/discard", json={"parts": [0]}).json() == {"moved": 1}
    assert citizen.post(f"{address}/parts/discard", json={}).json() == {"moved": 0}
    assert citizen.get(address).json()["parts"][0]["settled"] == "discarded"
    stranger = house.citizen("bob@example.org")
    for answer in (stranger.get(address), stranger.post(f"{address}/undo"), stranger.post(f"{address}/restore")):
        assert answer.status_code == 404


def test_a_file_of_which_no_record_is_left_can_be_destroyed(house: House) -> None:
    citizen = house.citizen()
    good, bad = fhir(observation()), fhir(observation(day="2026-02-30"))
    kept = citizen.post("/api/imports?filename=good.json", content=good, headers=JSON).json()["import_id"]
    empty = citizen.post("/api/imports?filename=bad.json", content=bad, headers=JSON).json()["import_id"]
    assert {line["filename"] for line in citizen.get("/api/imports").json()["items"]} == {"good.json", "bad.json"}
    refused = citizen.delete(f"/api/imports/{kept}")
    assert (refused.status_code, refused.json()["code"]) == (409, "import-still-needed")
    assert citizen.delete(f"/api/imports/{empty}").status_code == 204
    assert citizen.get(f"/api/imports/{empty}").status_code == 404
    assert citizen.delete(f"/api/imports/{empty}").status_code == 404
    assert len(citizen.get("/api/imports").json()["items"]) == 1
    assert len(citizen.get("/api/results").json()["items"]) == 1

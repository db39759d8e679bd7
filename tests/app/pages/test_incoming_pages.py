"""A file is shown before it joins; whose it is is asked; an import is undone; what was left aside is settled."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from tests.app.conftest import fhir, observation

OTHER = {"resourceType": "Patient", "name": [{"given": ["Otto"], "family": "Other"}], "birthDate": "1999-12-31"}


def choose(client: TestClient, data: bytes, name: str = "export.json") -> Any:
    return client.post("/import", files={"file": (name, data, "application/json")})


def act(page: Any, last: str) -> str:
    """The address of the form on a page that ends so."""
    found: list[str] = re.findall(rf'action="(/imports/[^"]+/{last})"', page.text)
    return found[0]


def records(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/records").json()["items"]
    return found


def test_a_preview_says_what_was_found_and_nothing_has_joined(citizen: TestClient) -> None:
    page = choose(citizen, fhir(observation(), observation("0.91", day="2026-02-01"), observation(day="2026-02-30")))
    assert page.url.path.startswith("/imports/waiting/")
    for words in ("<strong>2</strong> results", "Magnesium", "1 part has a fault", "entry 3", "export.json"):
        assert words in page.text, words
    assert records(citizen) == []
    assert "Waiting for your answer" in citizen.get("/add").text


def test_what_is_confirmed_joins_and_what_is_not_wanted_leaves_nothing(citizen: TestClient) -> None:
    page = choose(citizen, fhir(observation()))
    report = citizen.post(act(page, "confirm"), data={"whose": ""})
    assert "1 record added" in report.text
    again = citizen.post(act(page, "confirm"), data={"whose": ""})
    assert again.status_code == 404
    assert "not waiting any more" in again.text
    other = choose(citizen, fhir(observation("0.91")))
    left = citizen.post(act(other, "discard"), data={"x": ""})
    assert "Nothing of this file was kept" in left.text
    assert len(records(citizen)) == 1
    assert "Waiting for your answer" not in citizen.get("/add").text


def test_whose_it_is_is_asked_before_results_join(citizen: TestClient) -> None:
    page = choose(citizen, fhir(OTHER, observation()))
    assert "Whose is it?" in page.text
    assert "Otto Other" in page.text
    assert "Otto" not in str(page.url)
    refused = citizen.post(act(page, "confirm"), data={"whose": ""})
    assert refused.status_code == 422
    assert "Please say whose it is." in refused.text
    assert records(citizen) == []
    apart = citizen.post(act(page, "confirm"), data={"whose": "apart"})
    assert "Kept apart." in apart.text
    assert "/records/" in apart.text
    assert [row["kind"] for row in records(citizen)] == ["document"]
    assert citizen.get("/api/results").json()["items"] == []
    third = choose(citizen, fhir(OTHER, observation()))
    citizen.post(act(third, "confirm"), data={"whose": "none"})
    fourth = choose(citizen, fhir(OTHER, observation()))
    assert "2 records added" in citizen.post(act(fourth, "confirm"), data={"whose": "mine"}).text
    assert "Otto" not in citizen.get("/who-looked").text


def test_an_import_is_undone_on_its_report_and_comes_back(citizen: TestClient) -> None:
    report = citizen.post(act(choose(citizen, fhir(observation(), observation("0.9"))), "confirm"), data={"whose": ""})
    undone = citizen.post(act(report, "undo"), data={"x": ""})
    assert "This import is undone" in undone.text
    assert "2 records of this file are in the bin" in undone.text
    assert records(citizen) == []
    back = citizen.post(act(undone, "restore"), data={"x": ""})
    assert "It is all back." in back.text
    assert len(records(citizen)) == 2
    assert "undid adding a file" in citizen.get("/who-looked").text


def test_what_was_left_aside_is_typed_in_or_left_out(citizen: TestClient) -> None:
    no_status = observation("0.66") | {"status": "made-up"}
    page = choose(citizen, fhir(observation(), no_status, {"resourceType": "Condition", "recordedDate": "x"}))
    report = citizen.post(act(page, "confirm"), data={"whose": ""})
    first, second = re.findall(r'href="(/imports/[^"]+/parts/\d)"', report.text)
    part = citizen.get(first).text
    assert 'value="0.66"' in part
    assert '<option value="magnesium" selected>' in part
    typed = {"analyte": "magnesium", "value": "0.66", "unit": "mmol/L", "taken_at": "2026-01-20"}
    assert citizen.post(f"{first}/type-in", data=typed | {"value": "0,66"}).status_code == 422
    assert citizen.post(f"{first}/type-in", data=typed | {"taken_at": "2027-01-20"}).status_code == 422
    assert citizen.post(f"{first}/type-in", data=typed | {"taken_at": "0026-01-20"}).status_code == 422
    done = citizen.post(f"{first}/type-in", data=typed)
    assert "Typed in by you" in done.text
    assert "1 still open" in done.text
    assert "not a test result" in citizen.get(second).text
    assert "Left out" in citizen.post(act(done, "parts/discard"), data={"part": "1"}).text
    assert citizen.post(act(done, "parts/discard"), data={"part": "9"}).status_code == 404
    assert sorted(row["source"] == "typed" for row in records(citizen)) == [False, True]


def test_files_are_listed_and_one_without_records_can_be_thrown_away(citizen: TestClient) -> None:
    assert "You have not added a file yet." in citizen.get("/imports").text
    page = choose(citizen, fhir(observation(day="2026-02-30")), "broken.json")
    report = citizen.post(act(page, "confirm"), data={"whose": ""})
    assert "Nothing was added" in report.text
    assert "broken.json" in citizen.get("/imports").text
    gone = citizen.post(act(report, "remove"), data={"x": ""})
    assert "gone for good" in gone.text
    assert "broken.json" not in gone.text

"""Import, results and records over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.app.conftest import House, fhir, observation

JSON = {"Content-Type": "application/fhir+json"}


def test_an_import_is_read_back_as_results_and_records(house: House) -> None:
    person = house.citizen()
    file = fhir(observation("0.80", day="2026-01-20"), observation("0.75", day="2025-01-20"))
    done = person.post("/api/imports?filename=lab.json", content=file, headers=JSON)
    assert done.status_code == 201
    assert done.json() | {"import_id": ""} == {
        "import_id": "",
        "added": 2,
        "duplicates": 0,
        "quarantined": [],
        "warnings": [],
        "document": None,
    }
    items = person.get("/api/results?analyte=magnesium").json()["items"]
    assert [(each["taken_at"], each["value"], each["unit"]) for each in items] == [
        ("2026-01-20", "0.8", "mmol/L"),
        ("2025-01-20", "0.75", "mmol/L"),
    ]
    record = person.get(f"/api/records/{items[0]['record_id']}")
    assert record.json()["resource"] == observation("0.80")
    original = person.get(f"/api/records/{items[0]['record_id']}/original")
    assert original.content == file
    assert original.headers["content-disposition"] == "attachment; filename=\"lab.json\"; filename*=UTF-8''lab.json"
    assert "sandbox" in original.headers["content-security-policy"]
    again = person.post("/api/imports?filename=lab.json", content=file, headers=JSON).json()
    assert (again["added"], again["duplicates"]) == (0, 2)


def test_measured_numbers_pass_through_no_float(house: House) -> None:
    person = house.citizen()
    body = fhir(observation()).replace(b"0.8,", b"0.80000000000000000001,")
    person.post("/api/imports", content=body, headers=JSON)
    (item,) = person.get("/api/results").json()["items"]
    assert item["value"] == "0.80000000000000000001"
    assert b"0.80000000000000000001" in person.get(f"/api/records/{item['record_id']}").content


def test_a_typed_result_converts_on_request_with_the_original_beside_it(house: House) -> None:
    person = house.citizen()
    typed = {
        "analyte": "magnesium",
        "value": "0.80",
        "unit": "mmol/L",
        "taken_at": "2026-02-01",
        "range_low": "0.85",
        "range_high": "1.00",
        "lab": "City Lab",
    }
    made = person.post("/api/results", json=typed)
    assert made.status_code == 201
    assert person.post("/api/results", json=typed).json() == made.json()
    (item,) = person.get("/api/results?analyte=magnesium&unit=mEq/L").json()["items"]
    assert (item["value"], item["unit"], item["flag"], item["lab"]) == ("1.6", "mEq/L", "low", "City Lab")
    assert item["original"] == {"value": "0.80", "unit": "mmol/L"}
    assert set(item["range"]) == {"low", "high", "text"}


def test_a_typed_result_may_name_a_code(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    code = {"system": "http://loinc.org", "code": "2601-3"}
    body = {"code": code, "value": "<0.5", "unit": "mmol/L", "taken_at": "2026-02-01"}
    assert person.post("/api/results", json=body).status_code == 201
    (item,) = person.get("/api/results").json()["items"]
    assert (item["analyte"], item["value"]) == ("magnesium", "<0.5")


@pytest.mark.parametrize(
    "query", ["unit=mg/dL", "analyte=magnesium&unit=kg", "analyte=nonsense", "limit=0", "limit=201", "limit=-1",
              "limit=x", "after=nonsense", "analyt=magnesium", "limit=1&limit=2"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_422(sqlite_house: House, query: str) -> None:
    answer = sqlite_house.citizen().get(f"/api/results?{query}")
    assert answer.status_code == 422, answer.text


def test_lists_page_newest_first_without_gap_or_repeat(house: House) -> None:
    person = house.citizen()
    file = fhir(*(observation(day=f"2025-01-{day:02d}") for day in range(1, 8)))
    person.post("/api/imports", content=file, headers=JSON)
    for path, key in (("/api/results?analyte=magnesium", "record_id"), ("/api/records?kind=observation", "record_id")):
        whole = [each[key] for each in person.get(path).json()["items"]]
        assert len(whole) == 7
        seen: list[str] = []
        after = ""
        while True:
            page = person.get(f"{path}&limit=3{after}").json()
            assert len(page["items"]) <= 3
            seen += [each[key] for each in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == whole


@pytest.mark.parametrize("path", ["/api/log", "/api/admin/log"])
def test_the_logs_page_fifty_at_a_time_unless_asked_otherwise(sqlite_house: House, path: str) -> None:
    person = sqlite_house.citizen()
    for _ in range(60):
        person.get("/api/results")
        sqlite_house.clock.advance(timedelta(seconds=1))
    reader = person if path == "/api/log" else sqlite_house.admin()
    first = reader.get(path).json()
    rest = reader.get(f"{path}?limit=200&after={first['next']}").json()
    assert (len(first["items"]), rest["next"]) == (50, None)
    entries = [each["entry_id"] for page in (first, rest) for each in page["items"]]
    assert len(entries) == len(set(entries)) >= 61
    times = [each["at"] for page in (first, rest) for each in page["items"]]
    assert times == sorted(times, reverse=True)


def test_a_deleted_record_is_gone_until_it_is_restored(house: House) -> None:
    person = house.citizen()
    person.post("/api/imports", content=fhir(observation()), headers=JSON)
    (item,) = person.get("/api/records").json()["items"]
    path = f"/api/records/{item['record_id']}"
    assert [person.delete(path).status_code for _ in range(2)] == [204, 204]
    assert person.get("/api/records").json()["items"] == []
    assert person.get("/api/results").json()["items"] == []
    assert person.post(f"{path}/restore").status_code == 204
    assert person.get("/api/records").json()["items"] == [item]


def test_any_other_file_is_a_document_byte_for_byte(house: House) -> None:
    person = house.citizen()
    data = bytes(range(256)) * 3
    name = "scan%0d%0aX-Evil:%201%22%3Cb%3E.bin"
    assert person.post(f"/api/imports?filename={name}", content=data).json()["added"] == 1
    (item,) = person.get("/api/records?kind=document").json()["items"]
    answer = person.get(f"/api/records/{item['record_id']}/original")
    assert answer.content == data
    assert "x-evil" not in answer.headers
    assert person.get(f"/api/records/{item['record_id']}").json()["resource"] is None


def test_a_document_of_ten_mebibytes_is_kept_and_one_byte_more_is_413(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    limit = 10 * 1024 * 1024
    data = b"\x89scan" + b"x" * (limit - 5)
    assert person.post("/api/imports?filename=a.bin", content=data).status_code == 201
    answer = person.post("/api/imports?filename=b.bin", content=data + b"x")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert len(person.get("/api/records").json()["items"]) == 1


def test_faults_inside_a_well_formed_file_are_quarantined(house: House) -> None:
    person = house.citizen()
    two_values = observation() | {"valueString": "also this"}
    file = fhir(observation(), observation(day="2026-02-30"), two_values)
    done = person.post("/api/imports?filename=x.json", content=file, headers=JSON).json()
    assert done["added"] == 1
    assert len(done["quarantined"]) == 2
    assert all(each["where"] and each["reason"] for each in done["quarantined"])


def test_another_persons_record_and_a_malformed_id_are_404_alike(house: House) -> None:
    mine, other = house.citizen(), house.citizen("eve@example.org")
    mine.post("/api/imports", content=fhir(observation()), headers=JSON)
    (item,) = mine.get("/api/records").json()["items"]
    bodies = set()
    for record_id in (item["record_id"], "0b0f5d0e-0000-4000-8000-000000000000", "nonsense", "%00", "1%27--"):
        for method, path in (("GET", ""), ("GET", "/original"), ("DELETE", ""), ("POST", "/restore")):
            answer = other.request(method, f"/api/records/{record_id}{path}")
            assert answer.status_code == 404
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert mine.get(f"/api/records/{item['record_id']}").status_code == 200


def test_the_vocabulary_names_magnesium_and_its_units(sqlite_house: House) -> None:
    words = sqlite_house.client.get("/api/vocabulary").json()
    magnesium = next(each for each in words["analytes"] if each["key"] == "magnesium")
    assert {"mmol/L", "mg/dL", "mEq/L"} <= set(magnesium["units"])
    assert [each["key"] for each in words["purposes"]] == ["treatment", "second-opinion", "family", "support"]
    assert [each["key"] for each in words["actions"]] == ["view", "print", "download"]
    assert {each["key"] for each in words["kinds"]} == {
        "observation", "document", "condition", "medication", "immunization", "other"
    }  # fmt: skip
    assert json.dumps(words)

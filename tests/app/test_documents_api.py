"""Documents by the API: pages as pictures, a locked PDF by its password, results that name their document."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import House
from tests.vault.documents.locked import locked_pdf
from tests.vault.documents.papers import pdf, photo
from vault.documents.jpeg import is_bare_jpeg

RESULT = {"analyte": "magnesium", "value": "0.68", "unit": "mmol/L", "taken_at": "2026-01-20"}


@pytest.fixture
def citizen(sqlite_house: House) -> TestClient:
    return sqlite_house.citizen()


def bring(client: TestClient, data: bytes, name: str = "a.pdf") -> str:
    answer = client.post("/api/imports", content=data, params={"filename": name})
    assert answer.status_code == 201
    return str(answer.json()["document"])


def test_an_import_says_which_document_it_became(citizen: TestClient) -> None:
    record_id = bring(citizen, photo(), "IMG_1.jpg")
    shown = citizen.get(f"/api/documents/{record_id}").json()
    assert (shown["kind"], shown["pages"], shown["why"], shown["results"]) == ("jpeg", 1, None, [])
    assert shown["record"]["record_id"] == record_id
    assert citizen.post("/api/imports", content=b'{"resourceType":"Patient"}').json()["document"] is None


def test_pages_are_pictures_and_one_look_covers_them(citizen: TestClient) -> None:
    record_id = bring(citizen, pdf("one", "two"))
    look = citizen.get(f"/api/documents/{record_id}").json()["look"]
    before = len(citizen.get("/api/log").json()["items"])
    for number in (1, 2):
        page = citizen.get(f"/api/documents/{record_id}/pages/{number}", params={"look": look})
        assert is_bare_jpeg(page.content)
    assert len(citizen.get("/api/log").json()["items"]) == before
    assert citizen.get(f"/api/documents/{record_id}/pages/1").status_code == 200
    assert len(citizen.get("/api/log").json()["items"]) == before + 1


def test_a_locked_pdf_opens_by_its_password_for_that_one_answer(citizen: TestClient) -> None:
    record_id = bring(citizen, locked_pdf("night train", "Magnesium"))
    assert citizen.get(f"/api/documents/{record_id}").json()["why"] == "document-locked"
    address = f"/api/documents/{record_id}/pages/1"
    assert citizen.get(address).json()["code"] == "document-locked"
    wrong = citizen.post(address, json={"password": "day train"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (
        422,
        "document-password-wrong",
        "password",
    )
    assert is_bare_jpeg(citizen.post(address, json={"password": "night train"}).content)
    assert citizen.get(address).json()["code"] == "document-locked"


def test_files_that_have_no_pages_say_why(citizen: TestClient) -> None:
    words = bring(citizen, b"plain words", "notes.txt")
    shown = citizen.get(f"/api/documents/{words}").json()
    assert (shown["kind"], shown["pages"], shown["why"]) == (None, None, "document-not-shown")
    assert citizen.get(f"/api/documents/{words}/pages/1").json()["code"] == "document-not-shown"
    broken = bring(citizen, b"%PDF-1.7 nothing")
    assert citizen.get(f"/api/documents/{broken}").json()["why"] == "document-unreadable"


def test_results_name_their_document_one_or_many(citizen: TestClient) -> None:
    record_id = bring(citizen, photo())
    one = citizen.post("/api/results", json=RESULT | {"document": record_id})
    assert one.status_code == 201
    many = [RESULT | {"value": "0.70"}, RESULT | {"value": "0.72"}]
    kept = citizen.post(f"/api/documents/{record_id}/results", json={"results": many})
    assert kept.status_code == 201
    listed = {each["record_id"] for each in citizen.get(f"/api/documents/{record_id}").json()["results"]}
    assert listed == {one.json()["record_id"], *kept.json()["record_ids"]}
    record = citizen.get(f"/api/records/{one.json()['record_id']}").json()
    assert record["source"] == f"document:{record_id}"
    assert record["resource"]["derivedFrom"] == [{"reference": f"urn:uuid:{record_id}"}]


def test_of_many_results_all_are_kept_or_none_and_the_wrong_one_is_named(citizen: TestClient) -> None:
    record_id = bring(citizen, photo())
    cases: list[tuple[Any, str]] = [
        ([RESULT, RESULT | {"value": "0,70"}], "results.1.value"),
        ([RESULT, {"value": "1"}], "results.1.taken_at"),
        ([], "results"),
        ([RESULT] * 51, "results"),
    ]
    for results, field in cases:
        answer = citizen.post(f"/api/documents/{record_id}/results", json={"results": results})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert citizen.get("/api/results").json()["items"] == []


def test_documents_of_others_are_not_found_and_admins_have_none(citizen: TestClient, sqlite_house: House) -> None:
    record_id = bring(citizen, photo())
    other, admin = sqlite_house.citizen("eve@example.org"), sqlite_house.admin()
    result = citizen.post("/api/results", json=RESULT).json()["record_id"]
    for client, wanted, status in (
        (other, record_id, 404),
        (admin, record_id, 403),
        (citizen, result, 404),
        (citizen, "x", 404),
    ):
        for path in ("", "/pages/1"):
            assert client.get(f"/api/documents/{wanted}{path}").status_code == status
        answer = client.post(f"/api/documents/{wanted}/results", json={"results": [RESULT]})
        assert answer.status_code == status
    for unknown in (record_id, "x"):
        answer = other.post("/api/results", json=RESULT | {"document": unknown})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-document")
    for number, status in ((0, 422), (2, 404), (1001, 422), ("x", 422)):
        assert citizen.get(f"/api/documents/{record_id}/pages/{number}").status_code == status

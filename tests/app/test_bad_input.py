"""Bad input: each gets a clear problem+json, never a 500, nothing half-kept, nothing echoed."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.openapi import describe
from tests.app.conftest import PASSPHRASE, House, fhir, observation
from vault.database import table_of
from vault.paging import encode_cursor
from vault.records.tables import RecordTable

ACCOUNT = {"email": "eve@example.org", "name": "Eve", "birth_date": "1990-01-01", "passphrase": PASSPHRASE}
RESULT = {"analyte": "magnesium", "value": "0.80", "unit": "mmol/L", "taken_at": "2026-02-01"}
TERMS: dict[str, Any] = {
    "recipient": {"name": "Dr Grey"},
    "purpose": "treatment",
    "include": [{"analyte": "magnesium"}],
    "expires_at": "2026-03-08T12:00:00Z",
    "actions": ["view"],
}
JSON = {"Content-Type": "application/json"}
BROKEN = {
    "syntax": b'{"value": ',
    "not-a-number": b'{"value": NaN}',
    "infinity": b'{"value": -Infinity}',
    "ten-thousand-deep": b'{"value": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "duplicate-keys": b'{"value": "1", "value": "2"}',
    "invalid-utf-8": b'{"value": "\xff\xfe"}',
    "lone-surrogate": b'{"value": "\\ud800"}',
    "empty": b"",
    "huge-number": b'{"value": ' + b"9" * 10_000 + b"}",
    "null-byte": b"\x00",
}
HOSTILE = (
    "'; DROP TABLE account;--",
    "<script>alert(1)</script>",
    "a\r\nSet-Cookie: x=1",
    "\x00",
    "\u202etxt",
    "💊" * 300,
)


# What a session must be for an address is asked before its body is read.
FOR_FEW = {"/api/sessions/current/give-back", "/api/sessions/current/code"}


def kept(house: House) -> int:
    with house.services.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table_of(RecordTable))) or 0


def paths_with_bodies(house: House) -> list[tuple[str, str]]:
    found = []
    for path, item in describe(house.app)["paths"].items():
        for method, operation in item.items():
            needs_more = any(
                each["in"] == "header" and each.get("required") for each in operation.get("parameters", ())
            )
            if needs_more or path in FOR_FEW:
                continue
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                filled = path.replace("{link_id}", "A" * 43).replace("{number}", "1")
                found.append((method, re.sub(r"\{\w+_id\}", str(UUID(int=7)), filled)))
    return found


@pytest.fixture
def person(sqlite_house: House) -> TestClient:
    return sqlite_house.citizen()


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_json_is_refused_at_every_address_that_reads_json(
    sqlite_house: House, person: TestClient, fault: str
) -> None:
    paths = paths_with_bodies(sqlite_house)
    assert len(paths) >= 20
    for method, path in paths:
        answer = person.request(method, path, content=BROKEN[fault], headers=JSON)
        if path.startswith("/shl/") and answer.status_code == 400:  # The protocol's own, where nothing of it is there.
            continue
        assert answer.status_code == 422, f"{path} {answer.text}"
        assert answer.json()["code"] in {"malformed-json", "empty-file", "wrong-type"}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("sent_as", ["application/json", "application/fhir+json", "a file named x.json"])
def test_what_calls_itself_json_and_is_broken_is_never_kept(
    sqlite_house: House, person: TestClient, fault: str, sent_as: str
) -> None:
    named = "?filename=x.json" if " " in sent_as else ""
    headers = {} if named else {"Content-Type": sent_as}
    answer = person.post(f"/api/imports{named}", content=BROKEN[fault], headers=headers)
    assert answer.status_code == 422
    assert kept(sqlite_house) == 0


def test_an_oversized_body_is_413_everywhere(sqlite_house: House, person: TestClient) -> None:
    body = b'{"x": "' + b"x" * (256 * 1024) + b'"}'
    for method, path in paths_with_bodies(sqlite_house):
        answer = person.request(method, path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Encoding": "gzip", "Content-Type": "application/json"},
        {"Content-Encoding": "br", "Content-Type": "application/json"},
    ],
)
def test_multipart_and_compressed_bodies_are_415_everywhere(
    sqlite_house: House, person: TestClient, headers: dict[str, str]
) -> None:
    for method, path in [*paths_with_bodies(sqlite_house), ("post", "/api/imports")]:
        answer = person.request(method, path, content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_form_or_text_is_no_json(person: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        assert (
            person.post("/api/results", content=json.dumps(RESULT), headers={"Content-Type": kind}).status_code == 415
        )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"taken_at": "2026-02-30"}, "taken_at"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"taken_at": None}, "taken_at"),
        ({"unit": "bananas"}, "unit"),
        ({"value": ""}, "value"),
        ({"value": 0.8}, "value"),
        ({"analyte": "nonsense"}, "analyte"),
        ({"analyte": None}, "analyte"),
        ({"range_low": "2", "range_high": "1"}, None),
        ({"range_low": "low"}, "range_low"),
        ({"code": {"system": "http://loinc.org"}}, "code.code"),
        ({"valeu": "0.80"}, None),
    ],
)
def test_faults_of_a_typed_result_are_422_and_name_the_field(
    sqlite_house: House, person: TestClient, change: dict[str, Any], field: str | None
) -> None:
    answer = person.post("/api/results", json=RESULT | change)
    assert answer.status_code == 422, answer.text
    if field:
        assert answer.json()["field"] == field
    assert "bananas" not in answer.text
    assert "valeu" not in answer.text
    assert kept(sqlite_house) == 0


@pytest.mark.parametrize("field", ["value", "unit", "taken_at", "range_low", "lab", "analyte"])
@pytest.mark.parametrize("filler", ["1", "1.", " 1", "é"])
def test_two_hundred_kilobytes_in_one_field_cost_a_moment(person: TestClient, field: str, filler: str) -> None:
    long = filler * (100_000 // len(filler)) + "x"
    began = time.process_time()
    answer = person.post("/api/results", json=RESULT | {field: long})
    assert answer.status_code == 422
    assert time.process_time() - began < 5  # Seconds of CPU; reading a number so long the slow way takes minutes.


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_kept_as_text_or_refused(
    sqlite_house: House, person: TestClient, text: str
) -> None:
    for field in ACCOUNT:
        answer = sqlite_house.client.post("/api/accounts", json=ACCOUNT | {field: text})
        assert answer.status_code in {201, 409, 422}
        assert text not in answer.text
    for field in (*RESULT, "range_low", "range_high", "lab"):
        assert person.post("/api/results", json=RESULT | {field: text}).status_code in {201, 422}
    for change in (
        {"recipient": {"name": text}},
        {"recipient": {"name": "x", "email": text}},
        {"purpose": text},
        {"include": [{"analyte": text}]},
        {"include": [{"record_id": text}]},
        {"expires_at": text},
        {"passcode": text},
        {"actions": ["view", text]},
    ):
        assert person.post("/api/grants/preview", json=TERMS | change).status_code in {200, 422}
    assert person.get("/api/results", params={"analyte": text}).status_code == 422
    assert person.get("/api/records", params={"kind": text, "after": text}).status_code == 422
    assert person.get("/api/records").status_code == 200


def test_a_passphrase_of_ten_kilobytes_is_refused_clearly(sqlite_house: House, person: TestClient) -> None:
    long = "x y" * 3_500
    answer = sqlite_house.client.post("/api/accounts", json=ACCOUNT | {"passphrase": long})
    assert (answer.status_code, answer.json()["code"]) == (422, "passphrase-length")
    answer = sqlite_house.client.post("/api/sessions", json={"email": "ada@example.org", "passphrase": long})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-credentials")


def test_an_address_of_two_hundred_kilobytes_is_nobodys(sqlite_house: House) -> None:
    long = "a" * 200_000
    for secret in ({"passphrase": PASSPHRASE}, {"recovery_code": "x", "new_passphrase": PASSPHRASE}):
        answer = sqlite_house.client.post("/api/sessions", json={"email": long} | secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-credentials")
    answer = sqlite_house.client.post("/api/accounts", json=ACCOUNT | {"email": long})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-email")


@pytest.mark.parametrize("path", ["/api/results", "/api/records", "/api/grants", "/api/log"])
@pytest.mark.parametrize("query", ["limit=-1", "limit=0", "limit=201", "limit=1e3", "limit=", "after=-1", "page=-1"])
def test_negative_and_made_up_paging_is_422(sqlite_house: House, person: TestClient, path: str, query: str) -> None:
    answer = person.get(f"{path}?{query}")
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("moment", ["9" * 18, "9" * 23, "-" + "9" * 23, "9" * 30, "9" * 200, "now"])
def test_a_cursor_beyond_the_calendar_is_never_a_fault_of_ours(
    sqlite_house: House, person: TestClient, moment: str
) -> None:
    admin = sqlite_house.admin()
    for last in ("aa" * 16, "", "zz"):
        for cursor in (encode_cursor(moment, last), encode_cursor(moment, last, "0")):
            for path in ("/api/grants", "/api/log", "/api/results", "/api/records"):
                assert person.get(f"{path}?after={cursor}").status_code in {200, 422}
            assert admin.get(f"/api/admin/log?after={cursor}").status_code in {200, 422}


def test_a_cursor_of_another_list_is_refused(sqlite_house: House, person: TestClient) -> None:
    file = fhir(observation(day="2026-01-01"), observation(day="2026-01-02"))
    person.post("/api/imports", content=file, headers=JSON)
    cursor = person.get("/api/results?limit=1").json()["next"]
    assert cursor
    assert person.get(f"/api/grants?after={cursor}").status_code == 422


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8001"},
        {},
    ],
)
def test_a_cross_site_post_with_the_cookie_does_nothing(sqlite_house: House, headers: dict[str, str]) -> None:
    token = sqlite_house.citizen().headers["authorization"].removeprefix("Bearer ")
    browser = sqlite_house.client
    sent = {"Cookie": f"__Host-session={token}", **headers}
    for path in ("/api/results", "/api/sessions", "/sign-out"):
        answer = browser.post(path, json=RESULT, headers=sent)
        assert answer.status_code == 403, path
    assert browser.delete("/api/sessions", headers=sent).status_code == 403
    ours = {"Cookie": f"__Host-session={token}", "Sec-Fetch-Site": "same-origin"}
    assert browser.get("/api/records", headers=ours).json()["items"] == []
    assert browser.post("/api/results", json=RESULT, headers=ours).status_code == 201


def test_a_cross_site_sign_in_is_refused_without_any_cookie(sqlite_house: House) -> None:
    for path in ("/api/sessions", "/api/accounts"):
        answer = sqlite_house.client.post(path, json=ACCOUNT, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer x", "Basic eDp5", "Bearer " + "é" * 90, "hv1_", "Bearer " + "A" * 5000]
)
def test_a_bad_token_is_401_and_not_helped_by_a_cookie(sqlite_house: House, value: str) -> None:
    token = sqlite_house.citizen().headers["authorization"].removeprefix("Bearer ")
    headers = {"Authorization": value.encode(), "Cookie": f"__Host-session={token}".encode()}
    answer = sqlite_house.client.get("/api/records", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_wrong_method_and_an_unknown_address_are_problems_too(sqlite_house: House) -> None:
    assert sqlite_house.client.put("/api/results").status_code == 405
    assert sqlite_house.client.put("/api/results").headers["allow"]
    assert sqlite_house.client.get("/api/nothing").status_code == 404
    assert sqlite_house.client.get("/api/results/").status_code == 404


def test_random_bodies_never_make_a_500(sqlite_house: House, person: TestClient) -> None:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
    fields = ("recipient", "purpose", "include", "exclude", "expires_at", "passcode", "max_opens", "actions")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from([*RESULT, *fields, "statement", "lab"]), values, max_size=5))
    def attempt(body: dict[str, Any]) -> None:
        for path, base in (("/api/results", RESULT), ("/api/grants/preview", TERMS), ("/api/grants", TERMS)):
            raw = json.dumps(base | body).encode()
            assert person.post(path, content=raw, headers=JSON).status_code in {200, 201, 422, 409}

    attempt()

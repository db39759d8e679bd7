"""Attacks on a link that one signed-in person opens, through the app, with providers that lie as they are told to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import House, fhir, observation, open_house
from tests.app.pages.conftest import with_cookies
from tests.app.test_sharing_api import JSON as FHIR
from tests.app.test_sharing_api import filled, granted, link_path
from tests.conftest import FixedClock
from tests.fake_sign_in_provider import FakeProvider, with_providers
from tests.security.test_single_sign_on import BACK, ada, address_in
from vault.database import Database

GREY = {"name": "Dr Grey", "email": "grey@example.org"}


@pytest.fixture
def fake(clock: FixedClock) -> FakeProvider:
    return FakeProvider(clock, subject="grey")


@pytest.fixture
def other(clock: FixedClock) -> FakeProvider:
    return FakeProvider(clock, name="other", host="other.example", subject="grey")


@pytest.fixture
def house(
    database: Database, tmp_path: Path, clock: FixedClock, fake: FakeProvider, other: FakeProvider
) -> Iterator[House]:
    for house in open_house(database, tmp_path, clock):
        yield with_providers(house, fake, other)


@pytest.fixture
def person(house: House) -> TestClient:
    return filled(house)


@pytest.fixture
def path(person: TestClient, fake: FakeProvider) -> str:
    return link_path(granted(person, recipient=GREY, sign_in=fake.issuer))


def begin(client: TestClient, path: str) -> str:
    return address_in(client.post("/view/sign-in", data={"link_id": path.rsplit("/", 1)[1]}).text)


def proof_in(answer: Any) -> str:
    found = re.search(r'data-proof="(reader_[^"]+)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def sign_in(house: House, path: str, fake: FakeProvider, back: str = BACK) -> Any:
    client = with_cookies(house)
    return client.get(back, params=fake.visit(begin(client, path)), follow_redirects=False)


def read(house: House, path: str, proof: str = "") -> Any:
    return house.client.post(path, json={"recipient": "Dr Grey"}, headers={"Vault-Reader": proof} if proof else {})


def refusals(person: TestClient) -> list[str]:
    return [each["reason"] for each in person.get("/api/log").json()["items"] if each["event"] == "refusal"]


def test_only_the_signed_in_person_opens_it(house: House, person: TestClient, path: str, fake: FakeProvider) -> None:
    refused = read(house, path)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-needed")
    assert refused.json()["signIn"] == fake.issuer
    proof = proof_in(sign_in(house, path, fake))
    assert read(house, path, proof).status_code == 200
    opens = [each for each in person.get("/api/log").json()["items"] if each["event"] == "open"]
    assert [each["accountability"]["proven"] for each in opens] == ["grey@example.org at sign-in.example"]


@pytest.mark.parametrize("email", ["other@example.org", "grey@example.org.evil.example", "gr\u0435y@example.org"])
def test_somebody_else_is_told_so_and_the_patient_reads_who_tried(
    house: House, person: TestClient, path: str, fake: FakeProvider, email: str
) -> None:
    fake.claims = {"email": email}
    answer = sign_in(house, path, fake)
    assert answer.status_code == 403
    assert "This is for somebody else" in answer.text
    assert "data-proof" not in answer.text
    assert refusals(person) == ["sign-in-wrong"]
    assert read(house, path).status_code == 403


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_address_that_nobody_confirmed_opens_nothing(
    house: House, path: str, fake: FakeProvider, claims: dict[str, Any]
) -> None:
    fake.claims = claims
    answer = sign_in(house, path, fake)
    assert answer.status_code == 403
    assert "data-proof" not in answer.text


def test_another_provider_that_confirms_the_same_address_opens_nothing(
    house: House, path: str, other: FakeProvider
) -> None:
    client = with_cookies(house)
    asked = other.visit(begin(client, path))
    answer = client.get("/sign-in/back/other", params=asked, follow_redirects=False)
    assert answer.status_code == 403
    assert "data-proof" not in answer.text


def test_another_browser_can_not_bring_back_somebodys_sign_in(house: House, path: str, fake: FakeProvider) -> None:
    brought = fake.visit(begin(with_cookies(house), path))
    thief = with_cookies(house)
    answer = thief.get(BACK, params=brought, follow_redirects=False)
    assert answer.status_code == 403
    assert "data-proof" not in answer.text


def test_a_sign_in_for_one_link_opens_no_other(house: House, person: TestClient, path: str, fake: FakeProvider) -> None:
    second = link_path(granted(person, recipient=GREY, sign_in=fake.issuer))
    proof = proof_in(sign_in(house, path, fake))
    assert read(house, second, proof).status_code == 403


def test_a_citizens_sign_in_there_proves_no_reader(house: House, path: str, fake: FakeProvider) -> None:
    client = with_cookies(house)
    begin(client, path)
    begun = address_in(client.post("/sign-in/with/example").text)
    answer = client.get(BACK, params=fake.visit(begun), follow_redirects=False)
    assert "data-proof" not in answer.text
    assert "__Host-session" not in client.cookies


@pytest.mark.parametrize("link_id", ["", "x", "A" * 43, "é" * 43, "A" * 10_000])
def test_what_is_no_link_begins_no_sign_in(house: House, link_id: str) -> None:
    answer = with_cookies(house).post("/view/sign-in", data={"link_id": link_id})
    assert answer.status_code == 404


def test_a_link_for_anybody_begins_no_sign_in(house: House, person: TestClient) -> None:
    link_id = link_path(granted(person)).rsplit("/", 1)[1]
    assert with_cookies(house).post("/view/sign-in", data={"link_id": link_id}).status_code == 404


def test_a_provider_that_was_taken_out_lets_nobody_in_and_the_page_says_so(
    house: House, path: str, other: FakeProvider
) -> None:
    with_providers(house, other)
    assert with_cookies(house).post("/view/sign-in", data={"link_id": path.rsplit("/", 1)[1]}).status_code == 404
    assert read(house, path).status_code == 403


def test_neither_proof_nor_key_is_in_an_address_or_a_cookie(house: House, path: str, fake: FakeProvider) -> None:
    client = with_cookies(house)
    address = begin(client, path)
    answer = client.get(BACK, params=fake.visit(address), follow_redirects=False)
    proof = proof_in(answer)
    assert path.rsplit("/", 1)[1] not in address
    assert all(proof not in value for value in client.cookies.values())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("sign_in_at", "email", "field", "code"),
    [
        ("https://unknown.example", "grey@example.org", "sign_in", "unknown-choice"),
        ("https://sign-in.example", None, "recipient.email", "reader-unnamed"),
        ("https://sign-in.example", "nonsense", "recipient.email", "bad-email"),
        (7, "grey@example.org", "sign_in", "wrong-type"),
    ],
)
def test_a_demand_that_could_never_be_met_is_refused_by_its_field(
    person: TestClient, sign_in_at: object, email: str | None, field: str, code: str
) -> None:
    terms = {
        "recipient": {"name": "Dr Grey", "email": email},
        "purpose": "treatment",
        "include": [{"analyte": "magnesium"}],
        "expires_at": "2026-03-08T12:00:00Z",
        "actions": ["view"],
        "sign_in": sign_in_at,
    }
    answer = person.post("/api/grants/preview", json=terms)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_the_words_that_may_be_used_name_where_readers_sign_in(house: House, fake: FakeProvider) -> None:
    found = house.client.get("/api/vocabulary").json()["sign_ins"]
    assert {"key": fake.issuer, "name": "Example"} in found


def test_it_is_not_shown_on_the_citizens_own_phone(house: House, fake: FakeProvider) -> None:
    citizen = ada(house, "cleo@example.org")
    citizen.post("/api/imports", content=fhir(observation()), headers=FHIR)
    made = granted(citizen, recipient=GREY, sign_in=fake.issuer)
    page = f"/shares/{made['grant_id']}"
    assert "Show on this phone" not in citizen.get(page).text
    refused = citizen.post(f"{page}/show")
    assert refused.status_code == 409
    assert "they sign in first" in refused.text

"""A citizen at the pages: signed in, with a confirmed recovery code."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import URL
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House

PERSON = {"email": "ada@example.org", "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}


def confirmed(house: House, email: str = "ada@example.org") -> TestClient:
    made = house.client.post("/api/accounts", json=PERSON | {"email": email}).json()
    client = house.bearer(made["token"])
    answer = client.post("/api/account/recovery-code/confirm", json={"last_group": made["recovery_code"][-4:]})
    assert answer.status_code == 204
    return client


def with_cookies(house: House) -> TestClient:
    """A client that sends its ``Secure`` cookies back, as a browser does from our own pages."""
    client = house.client
    client.base_url = URL("https://localhost:8000")
    client.headers["Sec-Fetch-Site"] = "same-origin"
    return client


def answer_all(client: TestClient, email: str = PERSON["email"]) -> Any:
    """The four questions of creating a vault; the answer to the last, which shows the recovery sheet."""
    client.post("/sign-up", data={"name": PERSON["name"]})
    client.post("/sign-up/born", data={"birth_day": "5", "birth_month": "4", "birth_year": "1980"})
    client.post("/sign-up/e-mail", data={"email": email})
    return client.post("/sign-up/passphrase", data={"passphrase": PASSPHRASE}, follow_redirects=False)


@pytest.fixture
def citizen(sqlite_house: House) -> TestClient:
    return confirmed(sqlite_house)


def type_in(client: TestClient, value: str = "0.66", **more: str) -> str:
    """The record id of one typed magnesium result."""
    result = {"analyte": "magnesium", "value": value, "unit": "mmol/L", "taken_at": "2026-01-20"} | more
    answer = client.post("/api/results", json=result)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["record_id"])

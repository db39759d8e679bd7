"""Headers on every answer, faults included; and a server log that holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.headers import EVERYWHERE
from app.logs import configure_logs
from tests.app.conftest import PASSPHRASE, FixedClock, House, fhir, observation, open_house
from vault.database import Database


@pytest.mark.parametrize(
    "path", ["/", "/view", "/sign-in", "/api/docs", "/api/openapi.json", "/api/records", "/nothing", "/health/live"]
)
def test_every_answer_carries_the_strict_headers(sqlite_house: House, path: str) -> None:
    answer = sqlite_house.client.get(path)
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_static_files_may_be_kept_and_are_asked_for_again(sqlite_house: House) -> None:
    answer = sqlite_house.client.get("/static/icon.svg")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_a_fault_of_ours_is_a_500_without_contents_and_with_all_headers(
    sqlite_house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("info")

    @sqlite_house.app.get("/api/broken", include_in_schema=False)
    def broken() -> None:
        raise RuntimeError("canary")

    sqlite_house.app.router.routes.insert(0, sqlite_house.app.router.routes.pop())
    answer = sqlite_house.client.get("/api/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    printed = capsys.readouterr().out
    assert '"kind": "RuntimeError"' in printed
    assert "canary" not in printed + answer.text


def test_https_is_remembered_where_the_vault_is_served_by_it(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    for house in open_house(sqlite_database, tmp_path, clock, base_url="https://vault.example.org"):
        assert "max-age" in house.client.get("/").headers["strict-transport-security"]


def test_a_preflight_for_a_link_is_answered(sqlite_house: House) -> None:
    asked = {"Origin": "https://viewer.example", "Access-Control-Request-Method": "POST"}
    answer = sqlite_house.client.options("/shl/abc", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Vault-Viewing" in answer.headers["access-control-allow-headers"]


def test_a_session_cookie_cannot_be_read_or_sent_elsewhere(sqlite_house: House) -> None:
    sqlite_house.citizen()
    form = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    answer = sqlite_house.client.post(
        "/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-session=hv1_")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()


def test_the_server_log_holds_no_secret(sqlite_house: House, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("debug")
    person = sqlite_house.citizen("canary@example.org")
    person.post(
        "/api/imports?filename=canary.json", content=fhir(observation()), headers={"Content-Type": "application/json"}
    )
    person.get("/api/records/canary")
    sqlite_house.client.post("/shl/canary-link", json={"recipient": "canary"})
    sqlite_house.client.get("/shl/canary-link/files/canary-ticket")
    sqlite_house.client.get("/canary")
    token = person.headers["authorization"].removeprefix("Bearer ")
    lines = capsys.readouterr().out.strip().splitlines()
    requests = [json.loads(line) for line in lines]
    assert {"method", "route", "status", "ms"} <= set(requests[0])
    for secret in ("canary", token, PASSPHRASE, "Ada", "testclient"):
        assert secret not in "\n".join(lines)

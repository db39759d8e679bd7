"""Step-up: asked before what reaches far, by page and by API, with nothing typed lost and nowhere else to lead."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from auth.step_up import HOLDS_FOR
from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import PERSON, confirmed, with_cookies
from vault.audit.tables import AuditEntry
from vault.database import table_of

LATER = HOLDS_FOR + timedelta(seconds=1)


def browser(house: House) -> TestClient:
    """Signed in by cookie, with a confirmed code."""
    confirmed(house)
    client = with_cookies(house)
    answer = client.post("/sign-in", data=PERSON, follow_redirects=False)
    assert answer.status_code == 303
    return client


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def token_of(client: TestClient) -> str:
    return str(client.cookies["__Host-session"])


def test_a_form_that_reaches_far_is_asked_for_after_ten_minutes_and_nothing_typed_is_lost(sqlite_house: House) -> None:
    client = browser(sqlite_house)
    answers = {"include": "kind:observation", "recipient.name": "Dr Adams", "purpose": "treatment", "days": "7"}
    sqlite_house.clock.advance(LATER)
    asked = client.post("/share/agree", data=answers | {"passcode": "4711-0815", "passphrase": "never carried"})
    assert (asked.status_code, "Is it you?" in asked.text) == (403, True)
    assert "never carried" not in asked.text
    wrong = client.post("/prove", data=hidden(asked.text) | {"passphrase": ANOTHER})
    assert (wrong.status_code, 'id="passphrase-fault"' in wrong.text) == (401, True)
    again = client.post("/prove", data=hidden(wrong.text) | {"passphrase": PASSPHRASE})
    assert again.status_code == 200
    assert 'action="/share/agree"' in again.text
    assert hidden(again.text) == answers | {"passcode": "4711-0815"}
    went_on = client.post("/share/agree", data=hidden(again.text))
    assert "Is it you?" not in went_on.text


def test_a_page_is_asked_for_before_it_is_shown_and_then_shown(sqlite_house: House) -> None:
    client = browser(sqlite_house)
    sqlite_house.clock.advance(LATER)
    asked = client.get("/shares/AAAAAAAAAAAAAAAAAAAAAA/unfreeze?from=x%26y", follow_redirects=False)
    assert asked.headers["location"] == "/prove?to=/shares/AAAAAAAAAAAAAAAAAAAAAA/unfreeze%3Ffrom%3Dx%2526y"
    page = client.get(asked.headers["location"])
    led = client.post("/prove", data=hidden(page.text) | {"passphrase": PASSPHRASE}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/shares/AAAAAAAAAAAAAAAAAAAAAA/unfreeze?from=x%26y")
    assert client.get(led.headers["location"]).status_code == 404


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/prove",
        "/prove?to=/prove",
        "",
        "results",
        "/" + "x" * 600,
        "/%0d%0aSet-Cookie: a=b",
    ],
)
def test_a_proof_leads_nowhere_but_into_this_vault(sqlite_house: House, to: str) -> None:
    client = browser(sqlite_house)
    fresh = client.get("/prove", params={"to": to}, follow_redirects=False)
    assert (fresh.status_code, fresh.headers["location"]) == (303, "/account")
    sqlite_house.clock.advance(LATER)
    page = client.get("/prove", params={"to": to})
    assert (page.status_code, hidden(page.text)["to"]) == (200, "/account")
    asked = {"passphrase": PASSPHRASE, "to": to}
    led = client.post("/prove", data=asked, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/account")
    if to:
        carried = client.post("/prove", data=asked | {"again": to, "kept.a": "b"})
        assert 'action="/account"' in carried.text


def test_the_token_after_a_proof_is_another_and_the_one_before_opens_nothing(sqlite_house: House) -> None:
    client = browser(sqlite_house)
    before = token_of(client)
    client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/results"}, follow_redirects=False)
    after = token_of(client)
    assert after != before
    assert sqlite_house.bearer(before).get("/api/account").status_code == 401
    assert sqlite_house.bearer(after).get("/api/account").status_code == 200


def test_a_program_is_told_what_is_needed_and_proves_it_by_its_own_call(house: House) -> None:
    client = house.citizen()
    wanted: dict[str, Any] = {"recipient": {"name": "Dr Adams"}}
    assert client.post("/api/grants", json=wanted).status_code == 422
    house.clock.advance(LATER)
    refused = client.post("/api/grants", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (403, "proof-needed")
    assert client.post("/api/sessions/current/proof", json={"passphrase": ANOTHER}).status_code == 401
    proven = client.post("/api/sessions/current/proof", json={"passphrase": PASSPHRASE})
    assert proven.status_code == 201
    assert house.bearer(proven.json()["token"]).post("/api/grants", json=wanted).status_code == 422
    assert client.get("/api/account").status_code == 401


def test_proofs_are_logged_and_guesses_are_slowed_down(house: House) -> None:
    client = house.citizen()
    vault_id = house.services.sessions.resume(client.headers["Authorization"][7:]).vault_id
    guesses = [client.post("/api/sessions/current/proof", json={"passphrase": ANOTHER}).status_code for _ in range(7)]
    assert guesses == [401] * 5 + [429] * 2
    house.clock.advance(timedelta(minutes=1))
    assert client.post("/api/sessions/current/proof", json={"passphrase": PASSPHRASE}).status_code == 201
    entry = table_of(AuditEntry)
    with house.services.database.read() as connection:
        reasons = connection.scalars(select(entry.c.reason).where(entry.c.vault_id == vault_id)).all()
    assert {"wrong-credentials", "proven-again"} <= set(reasons)


def test_an_admin_proves_it_too_before_taking_a_copy_of_the_log(sqlite_house: House) -> None:
    admin = sqlite_house.admin()
    sqlite_house.clock.advance(LATER)
    assert admin.get("/api/admin/log").status_code == 200
    assert admin.get("/api/admin/log/copy").json()["code"] == "proof-needed"
    asked = admin.post("/admin/log/copy?event=open", data={"format": "csv"})
    assert (asked.status_code, hidden(asked.text)["again"]) == (403, "/admin/log/copy?event=open")

"""Unlocking by pages, for who is signed in with nothing open yet."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from auth.accounts import find_account
from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import PERSON, confirmed, with_cookies


def locked(house: House, email: str = "ada@example.org") -> TestClient:
    """A browser whose holder has shown who they are, as a provider or a passkey would."""
    services = house.services
    with services.database.write() as connection:
        account = find_account(connection, services.provider, email)
        assert account is not None
        token = services.locked_sessions.start(connection, account, "single-sign-on:test")
    client = with_cookies(house)
    client.cookies.set("__Host-locked", token, domain="localhost.local", path="/")
    return client


def test_a_locked_session_opens_nothing_and_leads_to_no_page_of_the_vault(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    client = locked(sqlite_house)
    for path in ("/results", "/account", "/records", "/share", "/recovery-code", "/prove"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?again=1"), path
    for path in ("/api/records", "/api/account", "/api/ways-in"):
        assert client.get(path).status_code == 401
        assert (
            client.get(path, headers={"Authorization": f"Bearer {client.cookies['__Host-locked']}"}).status_code == 401
        )


def test_unlocking_greets_the_account_and_gives_a_session_with_another_token(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    client = locked(sqlite_house)
    before = client.cookies["__Host-locked"]
    page = client.get("/unlock")
    assert "<strong>ada@example.org</strong>" in page.text
    assert "no-store" in page.headers["cache-control"]
    wrong = client.post("/unlock", data={"passphrase": ANOTHER})
    assert (wrong.status_code, 'id="passphrase-fault"' in wrong.text) == (401, True)
    opened = client.post("/unlock", data={"passphrase": PASSPHRASE}, follow_redirects=False)
    assert (opened.status_code, opened.headers["location"]) == (303, "/results")
    assert before not in client.cookies["__Host-session"]
    assert "__Host-locked" not in client.cookies
    assert client.get("/results").status_code == 200
    stale = with_cookies(sqlite_house)
    stale.cookies.set("__Host-locked", before, domain="localhost.local", path="/")
    assert stale.get("/unlock", follow_redirects=False).headers["location"] == "/sign-in?again=1"


def test_the_recovery_code_unlocks_too_and_gives_a_new_sheet(sqlite_house: House) -> None:
    made = sqlite_house.client.post("/api/accounts", json=PERSON).json()
    client = locked(sqlite_house)
    typed = {"recovery_code": made["recovery_code"], "new_passphrase": ANOTHER}
    wrong = client.post("/unlock/recovery-code", data=typed | {"recovery_code": "0000-" * 8})
    assert (wrong.status_code, 'id="recovery_code-fault"' in wrong.text) == (401, True)
    weak = client.post("/unlock/recovery-code", data=typed | {"new_passphrase": "short"})
    assert (weak.status_code, 'id="new_passphrase-fault"' in weak.text) == (422, True)
    sheet = client.post("/unlock/recovery-code", data=typed)
    assert sheet.status_code == 200
    assert len(re.findall(r"<li>[0-9A-Z]{4}</li>", sheet.text)) == 8
    assert "__Host-locked" not in client.cookies
    again = locked(sqlite_house).post("/unlock", data={"passphrase": ANOTHER}, follow_redirects=False)
    assert again.headers["location"] == "/results"


def test_who_leaves_is_known_no_more_and_a_quarter_of_an_hour_forgets_too(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    for end in ("leave", "wait"):
        client = locked(sqlite_house)
        token = client.cookies["__Host-locked"]
        if end == "leave":
            left = client.post("/unlock/leave", follow_redirects=False)
            assert (left.headers["location"], "__Host-locked" in client.cookies) == ("/sign-in", False)
            client.cookies.set("__Host-locked", token, domain="localhost.local", path="/")
        else:
            sqlite_house.clock.advance(timedelta(minutes=15))
        answer = client.post("/unlock", data={"passphrase": PASSPHRASE}, follow_redirects=False)
        assert answer.headers["location"] == "/sign-in?again=1&unsent=1"


@pytest.mark.parametrize("path", ["/unlock", "/unlock/recovery-code", "/unlock/leave"])
def test_another_site_cannot_post_it(sqlite_house: House, path: str) -> None:
    confirmed(sqlite_house)
    client = locked(sqlite_house)
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert client.post(path, data={"passphrase": PASSPHRASE}, headers=header).status_code == 403
    del client.headers["Sec-Fetch-Site"]
    assert client.post(path, data={"passphrase": PASSPHRASE}).status_code == 403

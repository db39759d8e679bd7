"""Who looked, notices and Leave now without a browser: what is gathered, escaped, filtered, and who is signed out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in
from tests.app.test_sharing_api import granted, link_path

HOSTILE = "<script>alert(1)</script> & “Dr”"


def visited(house: House, person: TestClient, name: str = HOSTILE) -> dict[str, str]:
    type_in(person)
    made: dict[str, str] = granted(person)
    body = house.client.post(link_path(made), json={"recipient": name, "embeddedLengthMax": 0}).json()
    for file in body["files"]:
        assert house.client.get(file["location"].removeprefix("http://localhost:8000")).status_code == 200
    return made


def test_an_open_and_its_files_are_one_line_with_share_purpose_and_titles(
    sqlite_house: House, citizen: TestClient
) -> None:
    visited(sqlite_house, citizen)
    page = citizen.get("/who-looked?show=others").text
    assert page.count("I don\u2019t recognise this</button>") == 1
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    for words in (
        "stated",
        "opened a link",
        "Then they fetched one file.",
        "Dr Grey",
        "My care",
        "What they could see",
    ):
        assert words in page, words
    assert "You looked" not in page


def test_refused_tries_alike_are_one_line_with_their_reason(sqlite_house: House, citizen: TestClient) -> None:
    made = visited(sqlite_house, citizen, "Dr Grey")
    citizen.post(f"/api/grants/{made['grant_id']}/withdraw")
    for _ in range(3):
        sqlite_house.client.post(link_path(made), json={"recipient": "Late"})
    page = citizen.get("/who-looked?show=refused").text
    assert page.count("tried to open a link") == 1
    assert "3 times" in page
    assert "You had stopped the share" in page
    assert "recognise this</button>" not in page, "an ended share can't be frozen"


def test_filters_know_their_words_and_older_pages_keep_them(sqlite_house: House, citizen: TestClient) -> None:
    made = visited(sqlite_house, citizen)
    for number in range(60):
        sqlite_house.clock.advance(timedelta(seconds=1))
        sqlite_house.client.post(link_path(made), json={"recipient": f"Name {number}"})
    page = citizen.get("/who-looked?show=others").text
    older = re.search(r'href="(/who-looked\?show=others&amp;after=[^"]+)"', page)
    assert older is not None
    following = citizen.get(older[1].replace("&amp;", "&"))
    assert following.status_code == 200
    assert "Name 0" in following.text
    assert citizen.get("/who-looked?show=magnesium").status_code == 422
    mine = citizen.get("/who-looked?show=mine").text
    assert "Shared records".lower() in mine
    assert "Name 59" not in mine


def test_an_empty_history_says_so_and_notices_too(citizen: TestClient) -> None:
    assert "Nobody else has looked." in citizen.get("/who-looked?show=others").text
    assert "No try was refused." in citizen.get("/who-looked?show=refused").text
    assert "Nothing new." in citizen.get("/notices").text


def test_one_tap_on_a_notice_freezes_and_marks_it_seen(sqlite_house: House, citizen: TestClient) -> None:
    made = visited(sqlite_house, citizen)
    page = citizen.get("/notices").text
    assert "&lt;script&gt;" in page
    assert re.search(r'class="count">1<', page)
    notice = re.search(r'name="notice" value="([^"]+)"', page)
    assert notice is not None
    form = {"back": "notices", "notice": notice[1]}
    frozen = citizen.post(f"/shares/{made['grant_id']}/freeze", data=form, follow_redirects=False)
    assert (frozen.status_code, frozen.headers["location"]) == (303, "/notices?frozen=1")
    after = citizen.get("/notices?frozen=1").text
    assert "Frozen: nobody can open it" in after
    assert 'class="count"' not in after
    elsewhere = citizen.post(
        f"/shares/{made['grant_id']}/freeze", data={"back": "https://evil.example"}, follow_redirects=False
    )
    assert elsewhere.headers["location"] == f"/shares/{made['grant_id']}?frozen=1"
    assert citizen.get(f"/shares/{made['grant_id']}/unfreeze").status_code == 200
    citizen.post(f"/shares/{made['grant_id']}/unfreeze")
    assert "This share is not frozen." in citizen.get(f"/shares/{made['grant_id']}/unfreeze").text


def test_another_s_share_is_neither_frozen_nor_shown(sqlite_house: House, citizen: TestClient) -> None:
    made, other = visited(sqlite_house, citizen), confirmed(sqlite_house, "bob@example.org")
    for method, path in (("GET", "unfreeze"), ("POST", "unfreeze"), ("POST", "freeze")):
        answer = other.request(
            method, f"/shares/{made['grant_id']}/{path}", data={"back": "notices"} if method == "POST" else None
        )
        assert answer.status_code == 404
    assert citizen.get(f"/api/grants/{made['grant_id']}").json()["state"] == "active"


def signed_in(house: House) -> TestClient:
    confirmed(house)
    client = house.client
    client.base_url = client.base_url.copy_with(scheme="https")
    form = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    assert (
        client.post(
            "/sign-in", data=form, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"}
        ).status_code
        == 303
    )
    assert client.get("/results").status_code == 200
    return client


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_leaving_signs_out_clears_and_leads_away_for_a_while(sqlite_house: House, method: str) -> None:
    client = signed_in(sqlite_house)
    token = client.cookies["__Host-session"]
    answer = client.request(method, "/leave", follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == (303 if method == "GET" else 204)
    assert answer.headers["clear-site-data"] == '"cache"'
    assert "__Host-session" not in client.cookies
    again = client.get("/results", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "https://www.bbc.co.uk/weather")
    assert sqlite_house.bearer(token).get("/api/notices").status_code == 401
    assert client.get("/sign-in").status_code == 200


def test_a_request_made_by_another_site_leads_away_and_ends_nothing(sqlite_house: House) -> None:
    client = signed_in(sqlite_house)
    for site in ("cross-site", "same-site"):
        answer = client.get("/leave", follow_redirects=False, headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.headers.get("set-cookie")) == (303, None)
        assert client.post("/leave", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("/results").status_code == 200


def test_strangers_and_admins_have_no_leave_button(sqlite_house: House, citizen: TestClient) -> None:
    assert "data-leave" in citizen.get("/who-looked").text
    assert "data-leave" not in sqlite_house.client.get("/").text
    assert "data-leave" not in sqlite_house.admin().get("/admin/log").text

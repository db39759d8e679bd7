"""Creating a vault, one question a page: answers stay, secrets never do, and the sheet isn't lost on the way."""

from __future__ import annotations

import base64
import json
import re

import pytest
from starlette.testclient import TestClient

from app.pages.draft import COOKIE
from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import PERSON, answer_all, confirmed, with_cookies


@pytest.fixture
def visitor(sqlite_house: House) -> TestClient:
    return with_cookies(sqlite_house)


def go(client: TestClient, path: str, **fields: str) -> tuple[int, str]:
    answer = client.post(path, data=fields, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


def test_a_cookie_that_holds_no_text_is_no_answer(sqlite_house: House) -> None:
    for held in ({"name": "\ud800"}, {"name": "Ada", "birth_date": "\udfff"}):
        visitor = sqlite_house.client
        visitor.headers["Cookie"] = f"{COOKIE}={base64.urlsafe_b64encode(json.dumps(held).encode()).decode()}"
        for page in ("/sign-up", "/sign-up/born"):
            assert visitor.get(page).status_code == 200


def test_each_answer_leads_to_the_next_question_and_stays_when_going_back(visitor: TestClient) -> None:
    assert go(visitor, "/sign-up", name="Ada <b>") == (303, "/sign-up/born")
    assert go(visitor, "/sign-up/born", birth_day="05", birth_month="April", birth_year="1980") == (
        303,
        "/sign-up/e-mail",
    )
    assert go(visitor, "/sign-up/e-mail", email="ada@example.org") == (303, "/sign-up/passphrase")
    assert 'value="Ada &lt;b&gt;"' in visitor.get("/sign-up").text
    born = visitor.get("/sign-up/born").text
    assert re.findall(r'value="([0-9]+)"', born) == ["5", "4", "1980"]
    assert 'value="ada@example.org"' in visitor.get("/sign-up/e-mail").text
    made = visitor.post("/sign-up/passphrase", data={"passphrase": PASSPHRASE})
    assert "Recovery sheet of my health data vault" in made.text
    assert COOKIE not in visitor.cookies


def test_a_question_cannot_be_skipped(visitor: TestClient) -> None:
    assert visitor.get("/sign-up/passphrase", follow_redirects=False).headers["location"] == "/sign-up"
    assert go(visitor, "/sign-up/passphrase", passphrase=PASSPHRASE) == (303, "/sign-up")
    go(visitor, "/sign-up", name="Ada")
    assert visitor.get("/sign-up/e-mail", follow_redirects=False).headers["location"] == "/sign-up/born"


def test_a_changed_answer_goes_on_to_the_next_question_with_the_others_kept(visitor: TestClient) -> None:
    go(visitor, "/sign-up", name="Ada")
    go(visitor, "/sign-up/born", birth_day="5", birth_month="4", birth_year="1980")
    go(visitor, "/sign-up/e-mail", email="ada@example.org")
    assert go(visitor, "/sign-up", name="Ada Example") == (303, "/sign-up/born")
    assert 'value="1980"' in visitor.get("/sign-up/born").text


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        ("31", "2", "1980"),
        ("5", "", "1980"),
        ("5", "13", "1980"),
        ("5", "4", "80"),
        ("x", "4", "1980"),
        ("5", "4", "3026"),
    ],
)
def test_a_day_that_never_was_is_refused_on_its_own_page(visitor: TestClient, day: str, month: str, year: str) -> None:
    go(visitor, "/sign-up", name="Ada")
    answer = visitor.post("/sign-up/born", data={"birth_day": day, "birth_month": month, "birth_year": year})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "When were you born?" in answer.text
    assert f'value="{year}"' in answer.text


@pytest.mark.parametrize("month", ["4", "04", "apr", "April", "APRIL"])
def test_a_month_may_be_a_number_or_a_word(visitor: TestClient, month: str) -> None:
    go(visitor, "/sign-up", name="Ada")
    assert go(visitor, "/sign-up/born", birth_day="5", birth_month=month, birth_year="1980")[0] == 303
    kept = json.loads(base64.urlsafe_b64decode(visitor.cookies[COOKIE].strip('"')))
    assert kept["birth_date"] == "1980-04-05"


def test_a_weak_passphrase_is_refused_on_its_page_and_never_comes_back(visitor: TestClient) -> None:
    go(visitor, "/sign-up", name="Ada")
    go(visitor, "/sign-up/born", birth_day="5", birth_month="4", birth_year="1980")
    go(visitor, "/sign-up/e-mail", email="ada@example.org")
    answer = visitor.post("/sign-up/passphrase", data={"passphrase": "password1234"})
    assert answer.status_code == 422
    assert "easy to guess" in answer.text
    assert "password1234" not in answer.text
    assert "password1234" not in base64.urlsafe_b64decode(visitor.cookies[COOKIE].strip('"')).decode()


def test_an_address_that_is_taken_is_said_at_its_question(sqlite_house: House, visitor: TestClient) -> None:
    confirmed(sqlite_house)
    go(visitor, "/sign-up", name="Ada")
    go(visitor, "/sign-up/born", birth_day="5", birth_month="4", birth_year="1980")
    answer = visitor.post("/sign-up/e-mail", data={"email": PERSON["email"]})
    assert answer.status_code == 409
    assert 'id="email-fault"' in answer.text


def test_an_address_taken_meanwhile_leads_back_to_its_question(sqlite_house: House, visitor: TestClient) -> None:
    go(visitor, "/sign-up", name="Ada")
    go(visitor, "/sign-up/born", birth_day="5", birth_month="4", birth_year="1980")
    go(visitor, "/sign-up/e-mail", email=PERSON["email"])
    confirmed(sqlite_house)
    answer = visitor.post("/sign-up/passphrase", data={"passphrase": PASSPHRASE})
    assert answer.status_code == 409
    assert 'action="/sign-up/e-mail"' in answer.text
    assert PASSPHRASE not in answer.text


@pytest.mark.parametrize("cookie", ["", "%%%", "bm9uc2Vuc2U=", "WzFd", "eyJuYW1lIjogMX0=", "x" * 5000])
def test_a_cookie_that_is_not_ours_is_no_answer(sqlite_house: House, cookie: str) -> None:
    client = sqlite_house.client
    answer = client.get("/sign-up/born", headers={"Cookie": f"{COOKIE}={cookie}"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-up")


def test_the_sheet_comes_along_to_the_question_for_its_last_group(visitor: TestClient) -> None:
    sheet = answer_all(visitor)
    code = re.search(r'name="shown" value="([0-9A-Z-]{39})"', sheet.text)
    assert code is not None
    assert "localhost:8000" in sheet.text
    assert "1 Mar 2026" in sheet.text
    cookies = sheet.headers.get_list("set-cookie")
    (session,) = [each for each in cookies if each.startswith("__Host-session=")]
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(session.split("; "))
    carried = {"shown": code[1], "why": "first"}
    asked = visitor.post("/recovery-code/check", data=carried)
    assert "Type the last group" in asked.text
    assert f"<li>{code[1][:4]}</li>" not in asked.text
    assert f"<li>{code[1][:4]}</li>" in visitor.post("/recovery-code/sheet", data=carried).text
    slip = visitor.post("/recovery-code", data=carried | {"last_group": "0000"})
    assert (slip.status_code, code[1] in slip.text) == (422, True)
    forged = visitor.post("/recovery-code/check", data={"shown": "<script>"})
    assert "<script>" not in forged.text.split("<main")[1]
    kept = visitor.post("/recovery-code", data=carried | {"last_group": code[1][-4:].lower()}, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/first-result")
    start = visitor.get("/first-result").text
    for words in ("Photo or PDF", "File from hospital", "Type it in"):
        assert words in start


def test_nobody_comes_to_the_start_without_having_kept_the_code(visitor: TestClient) -> None:
    answer_all(visitor)
    assert visitor.get("/first-result", follow_redirects=False).headers["location"] == "/recovery-code"
    again = visitor.post("/recovery-code/new")
    assert (again.status_code, "Your recovery sheet" in again.text) == (200, True)

"""A phone that is lent shows one share and nothing else of the vault, on no page and no call, until the passphrase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from fastapi.routing import APIRoute
from PIL import Image
from starlette.testclient import TestClient

from app.deps import lent_session
from auth.people import normal_email
from auth.sessions import Session
from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in
from tests.app.pages.test_sharing_pages import ALL, address_of, give
from tests.app.test_refusals import break_log

NOBODYS_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def address(citizen: TestClient) -> str:
    """A share's page of the citizen."""
    type_in(citizen)
    return address_of(give(citizen))


@pytest.fixture
def lent(citizen: TestClient, address: str) -> TestClient:
    answer = citizen.post(f"{address}/show")
    assert (answer.status_code, answer.url.path) == (200, "/lent")
    return citizen


def asks_who(route: APIRoute) -> bool:
    """Whether a route wants somebody signed in: one of its dependencies answers a session, and not a lent one."""
    waiting = [route.dependant]
    while waiting:
        each = waiting.pop()
        answers = getattr(each.call, "__annotations__", {}).get("return")
        if answers in ("Session", Session) and each.call is not lent_session:
            return True
        waiting += each.dependencies
    return False


def routes_of(house: House) -> Iterator[tuple[str, str]]:
    for route in all_routes(house.app.routes):
        if asks_who(route):
            path = re.sub(r"\{(file|page|number|part|n)[^}]*\}", "1", route.path)
            for method in route.methods or ():
                yield method, re.sub(r"\{[^}]+\}", NOBODYS_ID, path)


def all_routes(routes: object) -> Iterator[APIRoute]:
    for route in routes:  # type: ignore[attr-defined]
        if isinstance(route, APIRoute):
            yield route
        else:
            inner = getattr(route, "original_router", route)
            yield from all_routes(getattr(inner, "routes", None) or ())


def test_a_lent_phone_shows_that_share_and_names_no_other_page(lent: TestClient) -> None:
    page = lent.get("/lent")
    assert page.status_code == 200
    for words in ("Ada Example", "5 Apr 1980", "Magnesium", "0.66", "mmol/L", "typed by the patient", "Chosen by the"):
        assert words in page.text
    assert set(re.findall(r'href="(/[^"#]*)"', page.text)) - {"/static/icon.svg"} <= {"/", "/lent/give-back"} | set(
        re.findall(r'href="(/static/[^"]*)"', page.text)
    )
    assert "shlink" not in page.text


def test_every_route_that_knows_a_person_refuses_while_lent(lent: TestClient, sqlite_house: House) -> None:
    asked = sorted(set(routes_of(sqlite_house)))
    assert len(asked) > 50
    for method, path in asked:
        answer = lent.request(method, path, follow_redirects=False)
        if path.startswith("/api/"):
            assert (answer.status_code, answer.json()["code"]) == (403, "session-lent"), f"{method} {path}"
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/lent"), f"{method} {path}"


def test_pages_that_greet_anybody_lead_to_what_is_lent(lent: TestClient) -> None:
    for path in ("/", "/sign-in", "/sign-up", "/come-back", "/admin/sign-in", "/hand-over"):
        assert lent.get(path, follow_redirects=False).headers["location"] == "/lent", path
    assert lent.post("/sign-out", follow_redirects=False).headers["location"] == "/lent"
    assert lent.get("/lent").status_code == 200


def test_only_the_passphrase_gives_the_phone_back(lent: TestClient, address: str) -> None:
    assert "Please enter your passphrase" in lent.post("/lent/give-back", data={"passphrase": ""}).text
    wrong = lent.post("/lent/give-back", data={"passphrase": "not this one at all"})
    assert (wrong.status_code, "This is not your passphrase" in wrong.text) == (401, True)
    assert lent.get("/results", follow_redirects=False).headers["location"] == "/lent"
    back = lent.post("/lent/give-back", data={"passphrase": PASSPHRASE})
    assert (back.status_code, back.url.path) == (200, address)
    assert lent.get("/results").status_code == 200
    assert lent.get("/lent", follow_redirects=False).headers["location"] == "/"
    assert lent.get("/lent/give-back").status_code == 409


def test_guessing_the_passphrase_at_a_lent_phone_is_slowed(lent: TestClient) -> None:
    answers = [lent.post("/lent/give-back", data={"passphrase": f"not this one {n}"}).status_code for n in range(8)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_lending_showing_and_giving_back_are_in_the_history(lent: TestClient) -> None:
    lent.get("/lent")
    lent.get("/results")
    lent.post("/lent/give-back", data={"passphrase": PASSPHRASE})
    entries = [(each["event"], each["reason"]) for each in lent.get("/api/log").json()["items"]]
    for entry in (("handover", "lent"), ("view", "in-person"), ("refusal", "session-lent"), ("sign-in", "given-back")):
        assert entry in entries


def test_other_sign_ins_of_the_same_person_stay_as_they_are(lent: TestClient, sqlite_house: House) -> None:
    body = {"email": normal_email("ada@example.org"), "passphrase": PASSPHRASE}
    other = sqlite_house.bearer(sqlite_house.client.post("/api/sessions", json=body).json()["token"])
    assert other.get("/results").status_code == 200
    assert other.get("/lent", follow_redirects=False).headers["location"] == "/"


def test_a_share_that_ends_while_lent_shows_nothing_more(lent: TestClient, address: str, sqlite_house: House) -> None:
    body = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    other = sqlite_house.bearer(sqlite_house.client.post("/api/sessions", json=body).json()["token"])
    other.post(f"{address}/stop")
    page = lent.get("/lent")
    assert (page.status_code, "This share is over" in page.text, "0.66" in page.text) == (409, True, False)


def test_nobody_shows_or_prints_another_s_share(address: str, sqlite_house: House) -> None:
    eve = confirmed(sqlite_house, "eve@example.org")
    for answer in (eve.post(f"{address}/show"), eve.get(f"{address}/print"), eve.get(f"{address}/hand-over")):
        assert answer.status_code == 404


def test_an_ended_share_is_neither_shown_nor_printed(citizen: TestClient, address: str) -> None:
    citizen.post(f"{address}/stop")
    assert citizen.post(f"{address}/show").status_code == 409
    assert citizen.get(f"{address}/print").status_code == 409
    assert "work any more" in citizen.get(f"{address}/hand-over").text


def test_a_working_share_is_handed_over_however_many_ended_after_it(citizen: TestClient, address: str) -> None:
    for _ in range(51):
        citizen.post(f"{address_of(give(citizen))}/stop")
    offered = re.findall(r'name="share" id="[^"]+" value="([^"]+)"', citizen.get("/hand-over").text)
    assert offered == [address.rpartition("/")[2]]


def test_the_printed_page_is_what_the_link_shows_and_is_an_entry(citizen: TestClient, address: str) -> None:
    page = citizen.get(f"{address}/print").text
    for words in ("Ada Example", "5 Apr 1980", "May not be complete", "Magnesium", "0.66", "typed by the patient"):
        assert words in page
    assert f'src="{address}/qr.svg"' in page
    assert ("export", "printed") in {(e["event"], e["reason"]) for e in citizen.get("/api/log").json()["items"]}


def test_a_document_of_a_share_is_on_the_printed_and_the_lent_page(citizen: TestClient) -> None:
    address = share_of_a_picture(citizen)
    printed = citizen.get(f"{address}/print")
    assert_pictures(citizen, printed.text, f"{address}/print")
    lent = citizen.post(f"{address}/show")
    assert_pictures(citizen, lent.text, "/lent")


def test_a_picture_without_the_look_of_its_page_is_an_entry_of_its_own(
    citizen: TestClient, sqlite_house: House
) -> None:
    address = share_of_a_picture(citizen)
    looks = [look_in(citizen.get(f"{address}/print").text)]
    other = share_of_a_picture(citizen)
    looks.append(look_in(citizen.get(f"{other}/print").text))
    asked = (f"?look={looks[0]}", "", "?look=made-up", f"?look={looks[1]}")
    told = [how_many_more(citizen, f"{address}/print/1/1.jpg{each}") for each in asked]
    assert told == [0, 1, 1, 1]
    sqlite_house.clock.advance(timedelta(hours=1, seconds=1))
    assert how_many_more(citizen, f"{address}/print/1/1.jpg{asked[0]}") == 1


def test_no_picture_leaves_while_the_log_is_down(citizen: TestClient, sqlite_house: House) -> None:
    address = share_of_a_picture(citizen)
    break_log(sqlite_house)
    assert citizen.get(f"{address}/print/1/1.jpg").status_code == 503


def how_many_more(client: TestClient, picture: str) -> int:
    before = shown_in_log(client)
    assert client.get(picture).status_code == 200
    return shown_in_log(client) - before


def shown_in_log(client: TestClient) -> int:
    """How often this share was shown or printed, as the log has it; a lent phone can't read the log."""
    answer = client.get("/api/log?limit=100")
    if answer.status_code == 403:
        return 0
    return sum(each["reason"] in {"in-person", "printed"} for each in answer.json()["items"])


def look_in(page: str) -> str:
    return re.findall(r"look=([\w-]+)", page)[0]


def share_of_a_picture(citizen: TestClient) -> str:
    picture = BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture, "PNG")
    headers = {"Content-Type": "image/png"}
    citizen.post("/api/imports?filename=letter.png", content=picture.getvalue(), headers=headers)
    record_id = citizen.get("/api/records").json()["items"][0]["record_id"]
    return address_of(give(citizen, ALL | {"include": [f"record_id:{record_id}"]}))


def assert_pictures(client: TestClient, page: str, pictures: str) -> None:
    found = re.search(rf'src="({pictures}/1/1\.jpg\?look=[\w-]+)"', page)
    assert found
    before = shown_in_log(client)
    answer = client.get(found.group(1))
    assert shown_in_log(client) == before
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8")
    assert [client.get(f"{pictures}/{which}.jpg").status_code for which in ("1/2", "2/1", "0/1")] == [404] * 3


def test_the_same_by_the_api(citizen: TestClient, address: str) -> None:
    grant_id = address.rsplit("/", 1)[1]
    assert citizen.post(f"/api/grants/{grant_id}/show").status_code == 204
    assert citizen.get("/api/grants").status_code == 403
    assert citizen.post("/api/sessions/current/give-back", json={"passphrase": "something else"}).status_code == 401
    assert citizen.post("/api/sessions/current/give-back", json={"passphrase": PASSPHRASE}).status_code == 204
    assert citizen.get("/api/grants").status_code == 200
    assert citizen.post("/api/sessions/current/give-back", json={"passphrase": PASSPHRASE}).status_code == 409

"""The home page, and looking around with sample data: nobody signs up, nobody meets anybody, nothing stays for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from app.samples import content
from app.samples.looking_around import LookingAround
from auth.samples import Limits
from auth.sessions import Session
from tests.app.conftest import PASSPHRASE, House, open_house
from tests.app.pages.conftest import confirmed
from tests.conftest import FixedClock
from vault.audit.events import Origin
from vault.database import Database


@pytest.fixture
def demo(database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(database, tmp_path, clock, demo=True)


@pytest.fixture
def sqlite_demo(sqlite_database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(sqlite_database, tmp_path, clock, demo=True)


def around(house: House) -> LookingAround:
    found: LookingAround = house.app.state.looking_around
    return found


def visitor(house: House) -> TestClient:
    """Somebody who pressed the button, with the token that the answer's cookie holds."""
    answer = house.client.post("/look-around", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/results")
    return house.bearer(token_in(answer.headers["set-cookie"]))


def token_in(cookie: str) -> str:
    return cookie.split("=", 1)[1].split(";", maxsplit=1)[0]


def session_of(house: House, client: TestClient) -> Session:
    return house.services.sessions.resume(client.headers["Authorization"].removeprefix("Bearer "))


def events(client: TestClient) -> list[tuple[str, str, str]]:
    items = client.get("/api/log").json()["items"]
    return [(each["event"], each["outcome"], each["reason"] or "") for each in items]


def test_one_press_gives_results_shares_and_a_log_of_what_was_really_done(demo: House) -> None:
    someone = visitor(demo)
    rows = someone.get("/api/results?analyte=magnesium").json()["items"]
    assert len(rows) == 11
    assert {each["unit"] for each in rows if each["unit"]} == {"mmol/L", "mg/dL", "mEq/L"}
    assert {each["lab"] for each in rows} == {content.CITY, content.HILLSIDE, content.RIVERBANK}
    assert len({str(each["range"]) for each in rows}) > 4
    assert [each["value"] for each in rows if each["value"].startswith("<")] == ["<0.5"]
    (corrected,) = [each["record_id"] for each in rows if each["value"] == "0.68"]
    assert someone.get(f"/api/records/{corrected}").json()["version"] == 2
    assert "Sample damaged, not measured" in [each["value"] for each in rows]
    assert someone.get("/api/records?kind=document").json()["items"]
    assert sorted(each["state"] for each in someone.get("/api/grants").json()["items"]) == ["active", "withdrawn"]
    logged = events(someone)
    assert ("refusal", "refused", "passcode-wrong") in logged
    assert sorted(each[0] for each in logged if each[0] in {"open", "admin-look"}) == ["admin-look", "open"]


def test_two_visitors_have_a_vault_each(sqlite_demo: House) -> None:
    one, other = visitor(sqlite_demo), visitor(sqlite_demo)
    record = one.get("/api/results").json()["items"][0]["record_id"]
    assert one.delete(f"/api/records/{record}").status_code == 204
    assert other.get(f"/api/records/{record}").status_code == 404
    assert len(other.get("/api/results?analyte=magnesium").json()["items"]) == 11


def test_every_page_of_a_sample_says_so_and_no_page_of_a_citizen_does(sqlite_demo: House) -> None:
    someone, citizen = visitor(sqlite_demo), confirmed(sqlite_demo)
    for path in ("/results", "/add", "/records", "/shares", "/who-looked", "/account", "/sign-up"):
        assert "Sample: not a real person." in someone.get(path).text, path
        assert "Sample: not a real person." not in citizen.get(path).text, path


def test_trying_to_be_the_doctor_leads_to_the_link_with_the_passcode_in_sight(sqlite_demo: House) -> None:
    someone = visitor(sqlite_demo)
    answer = someone.get("/look-around/doctor", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/view#shlink:/")
    assert content.PASSCODE in someone.get("/view").text
    assert content.PASSCODE not in confirmed(sqlite_demo).get("/view").text
    for grant in someone.get("/api/grants").json()["items"]:
        someone.post(f"/api/grants/{grant['grant_id']}/withdraw")
    assert "That is how stopping works" in someone.get("/look-around/doctor").text
    assert sqlite_demo.client.get("/look-around/doctor", follow_redirects=False).status_code == 303


def test_starting_again_gives_a_fresh_vault_and_the_old_one_is_gone(demo: House) -> None:
    someone = visitor(demo)
    old = session_of(demo, someone)
    record = someone.get("/api/results").json()["items"][0]["record_id"]
    someone.delete(f"/api/records/{record}")
    answer = someone.post("/look-around/again", follow_redirects=False)
    fresh = demo.bearer(token_in(answer.headers["set-cookie"]))
    assert len(fresh.get("/api/results?analyte=magnesium").json()["items"]) == 11
    assert someone.get("/api/results").status_code == 401
    assert left_of(demo, old) == {"audit_entry"}


def left_of(house: House, session: Session) -> set[str]:
    tables = [table for table in SQLModel.metadata.sorted_tables if "vault_id" in table.c]
    with house.services.database.read() as connection:
        counts = {
            table.name: connection.execute(
                select(func.count()).select_from(table).where(table.c.vault_id == session.vault_id)
            ).scalar_one()
            for table in tables
        }
    return {name for name, count in counts.items() if count}


def test_leaving_or_a_day_erases_a_sample_and_nothing_else(sqlite_demo: House, clock: FixedClock) -> None:
    citizen = confirmed(sqlite_demo)
    someone, other = visitor(sqlite_demo), visitor(sqlite_demo)
    gone, old = session_of(sqlite_demo, someone), session_of(sqlite_demo, other)
    someone.post("/sign-out")
    assert left_of(sqlite_demo, gone) == {"audit_entry"}
    clock.advance(timedelta(hours=23))
    assert around(sqlite_demo).sweep() == 0
    clock.advance(timedelta(hours=1))
    assert around(sqlite_demo).sweep() == 1
    assert left_of(sqlite_demo, old) == {"audit_entry"}
    signed_in = citizen.post("/api/sessions", json={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert signed_in.status_code == 201


def test_an_admin_can_still_look_at_what_an_erased_sample_left_in_the_log(sqlite_demo: House) -> None:
    someone, admin = visitor(sqlite_demo), sqlite_demo.admin()
    pseudonym = session_of(sqlite_demo, someone).trail.pseudonym.hex()
    someone.post("/sign-out")
    answer = admin.get("/api/admin/log", params={"pseudonym": pseudonym})
    assert answer.status_code in {200, 422}, answer.text


def test_what_waits_ready_is_taken_once_and_by_one_visitor(sqlite_demo: House) -> None:
    around(sqlite_demo).make_ready()
    waiting = set(around(sqlite_demo)._ready)
    assert len(waiting) == 2
    someone, other = visitor(sqlite_demo), visitor(sqlite_demo)
    assert session_of(sqlite_demo, someone).vault_id != session_of(sqlite_demo, other).vault_id
    assert not around(sqlite_demo)._ready
    for token in waiting:  # Whoever made it has it no more.
        assert sqlite_demo.bearer(token).get("/api/results").status_code == 401


def test_samples_are_few_and_the_oldest_gives_way_after_an_hour(sqlite_demo: House, clock: FixedClock) -> None:
    sqlite_demo.app.state.looking_around = LookingAround(sqlite_demo.services, Limits(in_all=2, per_network=2))
    first, _ = visitor(sqlite_demo), visitor(sqlite_demo)
    refused = sqlite_demo.client.post("/look-around")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
    assert "Many people are looking around just now" in refused.text
    clock.advance(timedelta(hours=1))
    third = visitor(sqlite_demo)
    assert third.get("/api/results").status_code == 200
    assert first.get("/api/results").status_code == 401


def test_one_network_is_slowed_before_others_are_kept_out(sqlite_demo: House) -> None:
    sqlite_demo.app.state.looking_around = LookingAround(sqlite_demo.services, Limits(in_all=9, per_network=1))
    visitor(sqlite_demo)
    assert sqlite_demo.client.post("/look-around").status_code == 429
    assert around(sqlite_demo).start(Origin("198.51.100.9", "")) != ""


def test_without_the_demo_there_is_no_looking_around(sqlite_house: House) -> None:
    home = sqlite_house.client.get("/").text
    assert "Look around" not in home
    assert "Create my vault" in home
    for method, path in (("POST", "/look-around"), ("POST", "/look-around/again"), ("GET", "/look-around/doctor")):
        assert sqlite_house.client.request(method, path).status_code == 404


def test_another_site_cannot_make_samples(sqlite_demo: House) -> None:
    answer = sqlite_demo.client.post("/look-around", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_who_is_signed_in_keeps_their_own_start(sqlite_demo: House) -> None:
    citizen = confirmed(sqlite_demo)
    for answer in (citizen.get("/", follow_redirects=False), citizen.post("/look-around", follow_redirects=False)):
        assert answer.status_code == 303
        assert "set-cookie" not in answer.headers
    assert re.search("/results$", citizen.get("/", follow_redirects=False).headers["location"])


def test_a_sample_comes_by_the_api_too(sqlite_demo: House) -> None:
    made = sqlite_demo.client.post("/api/samples")
    assert made.status_code == 201
    someone = sqlite_demo.bearer(made.json()["token"])
    assert someone.get("/api/account").json()["sample"] is True
    sqlite_demo.app.state.looking_around = LookingAround(sqlite_demo.services, Limits(in_all=1, per_network=1))
    refused = sqlite_demo.client.post("/api/samples")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-samples")


def test_a_sample_never_wants_mail(sqlite_demo: House) -> None:
    someone = visitor(sqlite_demo)
    session = session_of(sqlite_demo, someone)
    services = sqlite_demo.services
    services.mailboxes.choose(session, True, Origin("", ""))
    assert services.mailboxes.of_vault(session.vault_id) is None


@pytest.mark.parametrize("path", ["/sign-out", "/leave"])
def test_however_a_visitor_leaves_the_sample_is_erased(sqlite_demo: House, path: str) -> None:
    someone = visitor(sqlite_demo)
    session = session_of(sqlite_demo, someone)
    someone.post(path, follow_redirects=False)
    assert left_of(sqlite_demo, session) == {"audit_entry"}

"""What a citizen keeps from a carer, through the app on both databases: it is nowhere there, and so are its shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House, fhir, observation, open_house
from tests.app.pages.conftest import confirmed, with_cookies
from tests.app.test_caring_api import done, let_in, refused
from tests.app.test_sharing_api import JSON, granted, link_path
from tests.conftest import FixedClock
from vault.database import Database

SECRET, PLAIN = "0.77", "0.88"


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(database, tmp_path, clock)


@pytest.fixture
def ada(house: House) -> TestClient:
    person = confirmed(house)
    for value, day in ((SECRET, "2026-01-20"), (PLAIN, "2026-01-21")):
        name = f"/api/imports?filename=of-{day}.json"
        assert person.post(name, content=fhir(observation(value, day=day)), headers=JSON).status_code == 201
    return person


@pytest.fixture
def ben(house: House, ada: TestClient) -> TestClient:
    """Ada's carer, with every power, at work in her vault."""
    carer = confirmed(house, "ben@example.org")
    let_in(ada, carer, "view", "upload", "share")
    (person,) = done(carer, "GET", "/looking-after")["items"]
    done(carer, "POST", f"/looking-after/{person['vault_id']}/act", status=204)
    return carer


def records(person: TestClient) -> dict[str, str]:
    """Day → record id."""
    return {each["taken_at"]: each["record_id"] for each in done(person, "GET", "/records")["items"]}


def hide(ada: TestClient) -> str:
    record_id = records(ada)["2026-01-20"]
    done(ada, "PUT", f"/records/{record_id}/private", status=204)
    return record_id


def everything_of(person: TestClient) -> str:
    """What all that a carer may open says."""
    paths = ["records", "results", "results/latest", "log", "log?show=mine", "grants", "notices", "imports"]
    return " ".join(str(done(person, "GET", f"/{path}")) for path in paths)


def test_a_private_record_and_all_that_speaks_of_it_vanish_for_the_carer(
    house: House, ada: TestClient, ben: TestClient
) -> None:
    both = granted(ada, include=[{"analyte": "magnesium"}], recipient={"name": "Dr Hidden"})
    ada.get(f"/api/records/{records(ada)['2026-01-20']}")
    house.client.post(link_path(both), json={"recipient": "Somebody at Dr Hidden"})
    assert "Dr Hidden" in everything_of(ben)
    record_id = hide(ada)
    later = granted(ada, include=[{"record_id": record_id}], recipient={"name": "Dr Later"})
    house.client.post(link_path(later), json={"recipient": "Somebody at Dr Later"})
    ada.get(f"/api/records/{record_id}")
    ada.get("/api/results")
    seen = everything_of(ben)
    for trace in (
        record_id,
        SECRET,
        "of-2026-01-20",
        both["grant_id"],
        later["grant_id"],
        "Hidden",
        "Later",
        "private",
    ):
        assert trace not in seen, trace
    assert "2026-01-21" in seen
    assert list(records(ben)) == ["2026-01-21"]
    for path in (f"records/{record_id}", f"records/{record_id}/original", f"results/{record_id}"):
        assert refused(ben, "GET", f"/{path}") == (404, "not-found")
    for grant in (both, later):
        assert refused(ben, "GET", f"/grants/{grant['grant_id']}") == (404, "not-found")
        assert refused(ben, "POST", f"/grants/{grant['grant_id']}/withdraw") == (404, "not-found")


def test_the_citizen_still_has_all_of_it(house: House, ada: TestClient) -> None:
    both = granted(ada, include=[{"analyte": "magnesium"}], recipient={"name": "Dr Hidden"})
    record_id = hide(ada)
    shown = everything_of(ada)
    for trace in (record_id, SECRET, "of-2026-01-20", both["grant_id"], "Dr Hidden", "kept-private"):
        assert trace in shown, trace
    assert done(ada, "GET", f"/records/{record_id}")["private"] is True
    assert done(ada, "GET", f"/records/{records(ada)['2026-01-21']}")["private"] is False
    assert house.client.post(link_path(both), json={"recipient": "Dr Hidden"}).status_code == 200


def test_what_a_carer_shares_and_takes_never_holds_it(ada: TestClient, ben: TestClient) -> None:
    record_id = hide(ada)
    terms: dict[str, Any] = {
        "recipient": {"name": "Dr Grey"},
        "purpose": "treatment",
        "include": [{"kind": "observation"}],
        "expires_at": "2026-03-08T12:00:00Z",
        "actions": ["view"],
    }
    assert done(ben, "POST", "/grants/preview", terms)["permitted"] == [records(ada)["2026-01-21"]]
    alone = ben.post("/api/grants/preview", json=terms | {"include": [{"record_id": record_id}]})
    assert record_id not in alone.text.replace(f'"value":"{record_id}"', "")
    again = ben.post("/api/imports?filename=b.json", content=fhir(observation(SECRET)), headers=JSON)
    assert (again.json()["added"], again.json()["duplicates"]) == (1, 0)


def test_no_carer_keeps_anything_private_or_uncovers_it(ada: TestClient, ben: TestClient) -> None:
    record_id = hide(ada)
    for each in (record_id, records(ben)["2026-01-21"]):
        for method in ("PUT", "DELETE"):
            assert refused(ben, method, f"/records/{each}/private")[0] == 403
    assert done(ada, "GET", f"/records/{record_id}")["private"] is True


def test_it_comes_back_for_the_carer_and_shares_that_held_it_stay_private(ada: TestClient, ben: TestClient) -> None:
    both = granted(ada, include=[{"analyte": "magnesium"}], recipient={"name": "Dr Hidden"})
    record_id = hide(ada)
    done(ada, "DELETE", f"/records/{record_id}/private", status=204)
    assert records(ben).keys() == {"2026-01-20", "2026-01-21"}
    assert SECRET in str(done(ben, "GET", f"/records/{record_id}"))
    seen = everything_of(ben)
    assert both["grant_id"] not in seen
    assert "private" not in seen


def test_removing_a_carer_or_hiding_something_tells_nobody(
    house: House, ada: TestClient, ben: TestClient, tmp_path: Path
) -> None:
    outbox = tmp_path / "data" / "outbox"
    before = sorted(outbox.glob("*.eml")) if outbox.exists() else []
    hide(ada)
    (carer,) = done(ada, "GET", "/carers")["items"]
    done(ada, "DELETE", f"/carers/{carer['carer_id']}", status=204)
    assert (sorted(outbox.glob("*.eml")) if outbox.exists() else []) == before
    assert done(ben, "GET", "/notices")["items"] == []
    assert done(ada, "GET", "/notices")["items"] == []


def test_nobodys_and_somebody_elses_record_is_not_there(house: House, ada: TestClient) -> None:
    record_id, mallory = records(ada)["2026-01-20"], confirmed(house, "mallory@example.org")
    for each in (record_id, "0b0f5d0e-0000-4000-8000-000000000000", "nonsense"):
        for method in ("PUT", "DELETE"):
            assert refused(mallory, method, f"/records/{each}/private") == (404, "not-found")
    assert done(ada, "GET", f"/records/{record_id}")["private"] is False


def test_by_the_pages_it_is_one_press_and_one_press_back(house: House, ada: TestClient) -> None:
    record_id, browser = records(ada)["2026-01-20"], with_cookies(house)
    browser.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert "Keep private" in browser.get(f"/records/{record_id}").text
    page = browser.post(f"/records/{record_id}/private", data={"keep": "yes"})
    assert "Kept private." in page.text
    assert ">Private</span>" in browser.get("/records").text
    assert "Nobody who looks after you sees it" in browser.get("/who-looked").text
    assert "No longer private." in browser.post(f"/records/{record_id}/private", data={"keep": "no"}).text
    assert ">Private</span>" not in browser.get("/records").text

"""Looking after people by the API: every step that the pages have, within the same powers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import House
from tests.app.pages.conftest import confirmed, type_in
from tests.auth.conftest import ANOTHER

SAM = {"name": "Sam Example", "birth_date": "2018-05-06", "colour": "plum"}
RESULT = {"analyte": "magnesium", "value": "0.91", "unit": "mmol/L", "taken_at": "2026-01-20"}


@pytest.fixture
def ada(sqlite_house: House) -> TestClient:
    return confirmed(sqlite_house)


@pytest.fixture
def ben(sqlite_house: House) -> TestClient:
    return confirmed(sqlite_house, "ben@example.org")


def done(client: TestClient, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.request(method, f"/api{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(client: TestClient, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = client.request(method, f"/api{path}", json=body)
    return answer.status_code, answer.json()["code"]


def make_sam(ada: TestClient) -> str:
    vault_id: str = done(ada, "POST", "/looking-after", SAM, 201)["vault_id"]
    return vault_id


def let_in(owner: TestClient, carer: TestClient, *powers: str) -> dict[str, Any]:
    invited = done(owner, "POST", "/carers/invitations", {"called": "My brother", "powers": list(powers)}, 201)
    done(carer, "POST", "/looking-after/answers", {"invitation": invited["link"].partition("#")[2]}, 204)
    (waiting,) = done(owner, "GET", "/carers")["invitations"]
    assert (waiting["answered_by"], waiting["called"]) == ("Ada Example", "My brother")
    path = f"/carers/invitations/{invited['invitation_id']}/accept"
    carer_shown: dict[str, Any] = done(owner, "POST", path, {"powers": list(powers)}, 201)
    return carer_shown


def test_a_vault_is_made_for_somebody_and_acted_in_until_one_goes_back(ada: TestClient) -> None:
    vault_id = make_sam(ada)
    people = done(ada, "GET", "/looking-after")
    assert people["acting_for"] is None
    (sam,) = people["items"]
    assert (sam["vault_id"], sam["name"], sam["holds"], sam["review_due"]) == (vault_id, "Sam Example", True, None)
    done(ada, "POST", f"/looking-after/{vault_id}/act", status=204)
    assert done(ada, "GET", "/looking-after")["acting_for"] == vault_id
    done(ada, "POST", "/results", RESULT, 201)
    assert len(done(ada, "GET", "/results/latest")["items"]) == 1
    done(ada, "POST", "/looking-after/back", status=204)
    assert done(ada, "GET", "/results/latest")["items"] == []
    assert refused(ada, "DELETE", f"/looking-after/{vault_id}") == (409, "vault-still-held")


def test_a_vault_is_held_again_by_its_recovery_sheet(ada: TestClient, ben: TestClient) -> None:
    made = done(ada, "POST", "/looking-after", SAM, 201)
    assert refused(ben, "POST", "/looking-after/sheet", made | {"recovery_code": "x"}) == (401, "wrong-credentials")
    assert refused(ben, "POST", "/looking-after/sheet", made | {"vault_id": "x"}) == (404, "not-found")
    held = done(ben, "POST", "/looking-after/sheet", made, 201)
    assert (held["vault_id"], held["recovery_code"] != made["recovery_code"]) == (made["vault_id"], True)
    assert [each["holds"] for each in done(ben, "GET", "/looking-after")["items"]] == [True]
    assert refused(ada, "POST", f"/looking-after/{made['vault_id']}/act") == (404, "not-found")


def test_a_citizen_gives_a_carer_powers_over_their_own_vault_changes_them_and_takes_them_away(
    ada: TestClient, ben: TestClient
) -> None:
    record_id = type_in(ada)
    carer = let_in(ada, ben, "view")
    (person,) = done(ben, "GET", "/looking-after")["items"]
    assert (person["name"], person["holds"]) == ("Ada Example", False)
    done(ben, "POST", f"/looking-after/{person['vault_id']}/act", status=204)
    done(ben, "GET", f"/results/{record_id}")
    assert refused(ben, "POST", "/results", RESULT) == (403, "power-missing")
    done(ada, "PUT", f"/carers/{carer['carer_id']}/powers", {"powers": ["upload"]}, 204)
    assert refused(ben, "GET", f"/results/{record_id}") == (403, "power-missing")
    done(ben, "POST", "/results", RESULT, 201)
    assert len(done(ada, "GET", "/records")["items"]) == 2
    acts = [(line["role"], line["carer"], line["event"]) for line in done(ada, "GET", "/log")["items"]]
    assert ("carer", "Ada Example", "import") in acts
    done(ada, "DELETE", f"/carers/{carer['carer_id']}", status=204)
    assert done(ben, "GET", "/records")["items"] == []
    assert done(ben, "GET", "/looking-after")["acting_for"] is None
    assert refused(ben, "POST", f"/looking-after/{person['vault_id']}/act") == (404, "not-found")


def test_what_no_power_names_is_refused_to_a_carer(ada: TestClient, ben: TestClient) -> None:
    carer = let_in(ada, ben, "view", "upload", "share")
    (person,) = done(ben, "GET", "/looking-after")["items"]
    done(ben, "POST", f"/looking-after/{person['vault_id']}/act", status=204)
    assert refused(ben, "GET", "/account") == (403, "not-while-acting")
    assert refused(ben, "GET", "/sessions") == (403, "not-while-acting")
    assert refused(ben, "POST", "/erase", {"confirm": "erase everything"}) == (403, "not-while-acting")
    for method, path, body in (
        ("POST", "/carers/invitations", {"called": "Eve", "powers": ["view"]}),
        ("PUT", f"/carers/{carer['carer_id']}/powers", {"powers": ["view"]}),
        ("DELETE", f"/carers/{carer['carer_id']}", None),
        ("POST", "/looking-after/hand-over/invitation", None),
        ("GET", "/looking-after/hand-over", None),
    ):
        assert refused(ben, method, path, body) == (403, "not-the-holder"), path
    assert done(ben, "GET", "/carers")["invitations"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/looking-after", SAM | {"colour": "green"}, "bad-value"),
        ("POST", "/looking-after", SAM | {"birth_date": "2999-01-01"}, "bad-birth-date"),
        ("POST", "/looking-after/answers", {"invitation": "hvi1_x"}, "bad-invitation"),
        ("POST", "/carers/invitations", {"called": "Ben", "powers": []}, "no-powers"),
        ("POST", "/carers/invitations", {"called": "Ben", "powers": ["rule"]}, "bad-value"),
        ("POST", "/take-over", {"invitation": "x", "email": "a@example.org", "new_passphrase": "x"}, "bad-invitation"),
        ("POST", "/take-over/answer", {"invitation": "x", "offer": "x", "last_group": "x"}, "bad-invitation"),
    ],
)
def test_bad_input_is_refused_by_name(ada: TestClient, method: str, path: str, body: Any, code: str) -> None:
    assert refused(ada, method, path, body) == (422, code)


def test_a_vault_is_handed_over_by_the_api(sqlite_house: House, ada: TestClient, ben: TestClient) -> None:
    vault_id = make_sam(ada)
    done(ada, "POST", f"/looking-after/{vault_id}/act", status=204)
    let_in(ada, ben, "view")
    done(ada, "POST", "/results", RESULT, 201)
    assert refused(ada, "POST", "/looking-after/hand-over", {"digits": "000000"}) == (409, "invitation-not-answered")
    link = done(ada, "POST", "/looking-after/hand-over/invitation", status=201)["link"]
    invitation, sam = link.partition("#")[2], sqlite_house.client
    stated = {"invitation": invitation, "email": "sam@example.org", "new_passphrase": ANOTHER}
    made = done(sam, "POST", "/take-over", stated)
    kept = {"invitation": invitation, "offer": made["offer"], "last_group": made["recovery_code"][-4:]}
    digits = done(sam, "POST", "/take-over/answer", kept)["digits"]
    assert done(ada, "GET", "/looking-after/hand-over")["email"] == "sam@example.org"
    wrong = {"digits": f"{(int(digits) + 1) % 1_000_000:06d}"}
    assert refused(ada, "POST", "/looking-after/hand-over", wrong) == (422, "wrong-digits")
    handed = done(ada, "POST", "/looking-after/hand-over", {"digits": digits})
    assert handed == {"email": "sam@example.org"}
    assert done(ada, "GET", "/looking-after") == {"items": [], "acting_for": None}
    assert done(ada, "GET", "/records")["items"] == []
    token = done(sam, "POST", "/sessions", {"email": "sam@example.org", "passphrase": ANOTHER}, 201)["token"]
    theirs = sam.get("/api/results", headers={"Authorization": f"Bearer {token}"})
    assert "0.91" in theirs.text
    (letter,) = (sqlite_house.services.settings.data / "outbox").glob("*.eml")
    assert b"The vault is yours" in letter.read_bytes()

"""Whatever takes an id answers for another citizen's as for one that nobody has, and changes nothing of theirs."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from tests.app.conftest import House
from tests.app.pages.conftest import confirmed, type_in
from tests.app.pages.test_lent_pages import all_routes, asks_who, share_of_a_picture
from tests.app.test_handover_api import register

NOBODYS = "00000000-0000-4000-8000-000000000000"
# What is not there is as good as seen, or over.
ALIKE_WITHOUT_404 = {"/notices/{notice_id}/seen", "/notices/{notice_id}/again", "/hand-over/{handover_id}/stop"}
# Digits are looked for among all who ask just now.
ALIKE_WITHOUT_404 |= {"/trusted-by/{vault_id}/hand-over"}

FIELDS = {"share": NOBODYS, "whose": "mine", "password": "x", "unseen": "1", "powers": "view", "digits": "0000"}
RESULT = {"analyte": "magnesium", "value": "1", "unit": "mmol/L", "taken_at": "2026-02-01"}
PROGRAM = {"name": "A script", "scopes": "read", "days": 7}
BODIES = {
    "/api/deliveries/{delivery_id}/answer": {"whose": "mine"},
    "/api/ways-in/{way_id}/confirm": {"last_group": "0000"},
    "/api/ways-in/{way_id}/name": {"name": "Mine"},
    "/api/documents/{record_id}/pages/{number}": {"password": "x"},
    "/api/documents/{record_id}/results": {"results": [RESULT]},
    "/api/carers/{carer_id}/powers": {"powers": ["view"]},
    "/api/carers/invitations/{invitation_id}/accept": {"powers": ["view"]},
}


def test_every_route_with_an_id_answers_alike_for_another_s_and_for_nobody_s(sqlite_house: House) -> None:
    ada, eve = confirmed(sqlite_house), confirmed(sqlite_house, "eve@example.org")
    theirs = ids_of(sqlite_house, ada)
    before = what_is_there(ada)
    tried = 0
    for route in all_routes(sqlite_house.app.routes):
        names = re.findall(r"\{(\w+_id)\}", route.path)
        if not names or not asks_who(route):
            continue
        for method in sorted(route.methods or ()):
            for theirs_id in theirs[names[0]]:
                found = ask(eve, method, route.path, theirs_id)
                assert found == ask(eve, method, route.path, NOBODYS), f"{method} {route.path}"
                assert found[0] == 404 or route.path in ALIKE_WITHOUT_404, f"{method} {route.path} {found[0]}"
                tried += 1
    assert tried > 50
    assert what_is_there(ada) == before


def ask(client: TestClient, method: str, path: str, wanted: str) -> tuple[int, str]:
    """Status and answer; words of their own for each asking, and the id itself, are taken out."""
    filled = re.sub(r"\{(file|page|number|part|n)[^}]*\}", "1", re.sub(r"\{\w+_id\}", wanted, path))
    sent: dict[str, Any] = {}
    if method in {"POST", "PUT"}:
        sent = {"json": BODIES.get(path, {})} if path.startswith("/api/") else {"data": FIELDS}
    answer = client.request(method, filled, follow_redirects=False, **sent)
    return answer.status_code, (answer.text + answer.headers.get("location", "")).replace(wanted, "")


def ids_of(house: House, ada: TestClient) -> dict[str, list[str]]:
    """One or more of everything that has an id, all of it Ada's."""
    typed = type_in(ada)
    grant_id = share_of_a_picture(ada).rsplit("/", 1)[1]
    document = next(each["record_id"] for each in ada.get("/api/records").json()["items"] if each["record_id"] != typed)
    _, screen = register(house.client, house.services.waiting)
    claim = {"code": screen["code"], "grant_id": grant_id}
    assert ada.post("/api/handovers/claims", json=claim).status_code == 201
    staged = ada.post("/api/imports/staged?filename=x.txt", content=b"words").json()["import_id"]
    (imported,) = ada.get("/api/imports").json()["items"]
    return {
        "record_id": [typed, document],
        "grant_id": [grant_id],
        "import_id": [imported["import_id"], staged],
        "handover_id": [screen["handover_id"]],
        "notice_id": [NOBODYS],
        "sign_in_id": [each["session_id"] for each in ada.get("/api/sessions").json()["items"]],
        "way_id": [each["way_id"] for each in ada.get("/api/ways-in").json()["items"]],
        "delivery_id": [NOBODYS],
        "sender_id": [ada.post("/api/senders", json={"name": "A lab"}).json()["sender_id"]],
        "program_id": [ada.post("/api/programs", json=PROGRAM).json()["program_id"]],
        "passkey_id": ["ab" * 32],
        "linked_id": ["cd" * 32],
    } | ids_of_caring(ada)


def ids_of_caring(ada: TestClient) -> dict[str, list[str]]:
    """Somebody whom Ada looks after, an invitation, and a carer of that vault."""
    made = ada.post("/looking-after/new", data={"name": "Sam Example", "birth_date": "2018-05-06"}).text
    (vault_id,) = re.findall(r'action="/looking-after/([^/"]+)/go"', made)
    ada.post("/carers/invite", data={"called": "Ben", "powers": "view"})
    (invitation_id,) = re.findall(r'action="/carers/invitations/([^/"]+)/withdraw"', ada.get("/carers").text)
    ada.post(f"/looking-after/{vault_id}/go")
    (carer,) = ada.get("/api/carers").json()["items"]
    ada.post("/looking-after/back")
    slots = [carer["carer_id"]]
    return {"vault_id": [vault_id], "invitation_id": [invitation_id], "slot_id": slots, "carer_id": slots}


def what_is_there(ada: TestClient) -> list[object]:
    paths = ("/api/records", "/api/grants", "/api/imports", "/api/imports/staged", "/api/carers", "/api/looking-after")
    return [ada.get(path).json() for path in paths]

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

FIELDS = {"share": NOBODYS, "whose": "mine", "password": "x", "unseen": "1"}
RESULT = {"analyte": "magnesium", "value": "1", "unit": "mmol/L", "taken_at": "2026-02-01"}
BODIES = {
    "/api/documents/{record_id}/pages/{number}": {"password": "x"},
    "/api/documents/{record_id}/results": {"results": [RESULT]},
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
    if method == "POST":
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
    }


def what_is_there(ada: TestClient) -> list[object]:
    paths = ("/api/records", "/api/grants", "/api/imports", "/api/imports/staged")
    return [ada.get(path).json() for path in paths]

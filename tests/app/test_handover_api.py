"""Hand-overs by the API, each answer held to the document; the screen proves itself by its secret alone."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient

from sharing.handover.digits import commitment_of
from sharing.handover.requests import write_bytes
from sharing.handover.waiting import Waiting
from tests.app.conftest import House
from tests.app.test_sharing_api import filled, granted
from tests.sharing.handover.screens import Screen

SECRET = "Handover-Secret"


def register(client: TestClient, waiting: Waiting) -> tuple[Screen, dict[str, Any]]:
    """A screen as a program would be one, and the answer of its registration."""
    screen = Screen(waiting, ec.generate_private_key(ec.SECP256R1()))
    body = {
        "public_key": write_bytes(screen.point),
        "commitment": write_bytes(commitment_of(screen.point, screen.nonce)),
    }
    answer = client.post("/api/handovers", json=body)
    assert answer.status_code == 201, answer.text
    return screen, answer.json()


@pytest.fixture
def citizen(house: House) -> TestClient:
    return filled(house)


def test_a_share_is_handed_over_by_two_programs(house: House, citizen: TestClient) -> None:
    grant_id = granted(citizen)["grant_id"]
    desk = house.client
    screen, made = register(desk, house.services.waiting)
    mine, path = {SECRET: made["secret"]}, f"/api/handovers/{made['handover_id']}"
    assert desk.get(path, headers=mine).json() == {
        "state": "waiting",
        "expires_at": made["expires_at"],
        "citizen_nonce": None,
    }
    claimed = citizen.post("/api/handovers/claims", json={"code": made["code"], "grant_id": grant_id})
    assert (claimed.status_code, claimed.json()["digits"]) == (201, None)
    assert citizen.post(f"{path}/give", json={}).json()["code"] == "handover-not-ready"
    assert desk.post(f"{path}/fetch", headers=mine).status_code == 404
    revealed = desk.post(f"{path}/reveal", headers=mine, json={"nonce": write_bytes(screen.nonce)})
    assert (revealed.status_code, revealed.json()["state"]) == (200, "comparing")
    assert len(citizen.get(f"{path}/digits").json()["digits"]) == 4
    assert citizen.post(f"{path}/give", json={"with_passcode": False}).json()["state"] == "sealed"
    assert len(desk.post(f"{path}/fetch", headers=mine).json()["sealed"]) > 600
    assert desk.post(f"{path}/fetch", headers=mine).json()["code"] == "handover-gone"


def test_strangers_without_the_secret_learn_nothing(house: House, citizen: TestClient) -> None:
    _, made = register(house.client, house.services.waiting)
    path = f"/api/handovers/{made['handover_id']}"
    for headers in ({SECRET: "x"}, {SECRET: made["secret"][:-1] + "_"}):
        asked = [
            house.client.get(path, headers=headers),
            house.client.post(f"{path}/fetch", headers=headers),
            house.client.post(f"{path}/reveal", headers=headers, json={"nonce": "A" * 43}),
        ]
        assert {(each.status_code, each.json()["code"]) for each in asked} == {(404, "handover-gone")}
        assert house.client.delete(path, headers=headers).status_code == 204
    assert house.client.get(path).status_code == 422
    assert citizen.get(f"{path}/digits").json()["code"] == "handover-gone"
    assert house.client.get(path, headers={SECRET: made["secret"]}).json()["state"] == "waiting"
    assert house.client.get("/api/handovers/nothing", headers={SECRET: "x"}).json()["code"] == "handover-gone"


def test_another_citizen_s_grant_and_a_stopped_one_are_refused(house: House, citizen: TestClient) -> None:
    grant_id = granted(citizen)["grant_id"]
    _, made = register(house.client, house.services.waiting)
    stranger = house.citizen("eve@example.org")
    body = {"code": made["code"], "grant_id": grant_id}
    assert stranger.post("/api/handovers/claims", json=body).status_code == 404
    assert citizen.post(f"/api/grants/{grant_id}/withdraw").status_code == 200
    assert citizen.post("/api/handovers/claims", json=body).json()["code"] == "share-not-active"
    assert house.client.post("/api/handovers/claims", json=body).status_code == 401
    assert house.admin().post("/api/handovers/claims", json=body).status_code == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing-field"),
        ({"public_key": 5, "commitment": "A" * 43}, "wrong-type"),
        ({"public_key": "A" * 87, "commitment": "A" * 43}, "bad-point"),
        ({"public_key": "A" * 86, "commitment": "A" * 43}, "bad-bytes"),
        ({"public_key": "A" * 200_000, "commitment": "A" * 43}, "bad-bytes"),
        ({"public_key": "!" * 87, "commitment": "A" * 43}, "bad-bytes"),
        ({"public_key": "A" * 87, "commitment": "A" * 43, "more": 1}, "unknown-field"),
    ],
)
def test_a_screen_that_sends_nonsense_is_refused(sqlite_house: House, body: dict[str, Any], code: str) -> None:
    answer = sqlite_house.client.post("/api/handovers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_oversized_bodies_and_secrets_are_refused(sqlite_house: House) -> None:
    client = sqlite_house.client
    assert client.post("/api/handovers", content=b'{"public_key":"' + b"A" * 300_000).status_code == 413
    path = "/api/handovers/0b0f5d0e-0000-4000-8000-0000000000ff"
    assert client.get(path, headers={SECRET: "A" * 65}).status_code == 422


def test_a_screen_may_leave_and_a_citizen_may_stop(house: House, citizen: TestClient) -> None:
    grant_id = granted(citizen)["grant_id"]
    _, left = register(house.client, house.services.waiting)
    path = f"/api/handovers/{left['handover_id']}"
    assert house.client.delete(path, headers={SECRET: left["secret"]}).status_code == 204
    body = {"code": left["code"], "grant_id": grant_id}
    assert citizen.post("/api/handovers/claims", json=body).json()["code"] == "wrong-handover-code"
    _, other = register(house.client, house.services.waiting)
    citizen.post("/api/handovers/claims", json=body | {"code": other["code"]})
    assert citizen.post(f"/api/handovers/{other['handover_id']}/stop").status_code == 204
    again = house.client.get(f"/api/handovers/{other['handover_id']}", headers={SECRET: other["secret"]})
    assert again.status_code == 404

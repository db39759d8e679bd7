"""Ways in by API: the same rules, and nothing changes without a fresh proof."""

from __future__ import annotations

from datetime import timedelta

from auth.step_up import HOLDS_FOR
from tests.app.conftest import ANOTHER, House


def test_ways_in_are_added_confirmed_named_and_removed(house: House) -> None:
    client = house.citizen()
    added = client.post("/api/ways-in/passphrases", json={"new_passphrase": ANOTHER, "name": "Tablet"}).json()["way_id"]
    made = client.post("/api/ways-in/recovery-codes", json={}).json()
    assert client.post(f"/api/ways-in/{made['way_id']}/confirm", json={"last_group": "0000"}).status_code == 422
    group = made["recovery_code"][-4:]
    assert client.post(f"/api/ways-in/{made['way_id']}/confirm", json={"last_group": group}).status_code == 204
    assert client.put(f"/api/ways-in/{added}/name", json={"name": "Old tablet"}).status_code == 204
    shown = {each["way_id"]: each for each in client.get("/api/ways-in").json()["items"]}
    assert (shown[added]["kind"], shown[added]["name"]) == ("passphrase", "Old tablet")
    assert (shown[made["way_id"]]["kind"], shown[made["way_id"]]["confirmed"]) == ("recovery_code", True)
    assert client.delete(f"/api/ways-in/{added}").status_code == 204
    assert len(client.get("/api/ways-in").json()["items"]) == 3
    last = client.delete(f"/api/ways-in/{made['way_id']}")
    assert (last.status_code, last.json()["code"]) == (409, "last-recovery-code")


def test_changing_the_ways_in_needs_a_fresh_proof(house: House) -> None:
    client = house.citizen()
    way_id = client.get("/api/ways-in").json()["items"][0]["way_id"]
    house.clock.advance(HOLDS_FOR + timedelta(seconds=1))
    answers = [
        client.post("/api/ways-in/passphrases", json={"new_passphrase": ANOTHER}),
        client.post("/api/ways-in/recovery-codes", json={}),
        client.delete(f"/api/ways-in/{way_id}"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "proof-needed")] * 3
    assert len(client.get("/api/ways-in").json()["items"]) == 2

"""Deliveries over HTTP: a lab with a key, a citizen who sees what arrived, and everybody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House, fhir, observation
from tests.app.pages.conftest import confirmed, with_cookies
from vault.deliveries.format import MEDIA_TYPE, File, encode, seal_delivery
from vault.deliveries.receipts import check_receipt
from vault.ids import make_id, parse_id, text_of
from vault.keys.delivery import read_address
from vault.keys.provider import Purpose

EMAIL = "ada@example.org"


def issue(house: House, person: TestClient, name: str = "Hill Street") -> dict[str, Any]:
    answer = person.post("/api/senders", json={"name": name})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made | {"path": made["address"].removeprefix("http://localhost:8000")}


def sign_in(house: House) -> TestClient:
    answer = house.client.post("/api/sessions", json={"email": EMAIL, "passphrase": PASSPHRASE})
    return house.bearer(answer.json()["token"])


def test_a_lab_delivers_into_a_locked_vault_and_it_is_there_at_the_next_sign_in(house: House) -> None:
    person = confirmed(house)
    sender = issue(house, person)
    person.delete("/api/sessions")
    lab = house.bearer(sender["key"])
    receipt = lab.post(f"{sender['path']}?filename=r.json", content=fhir(observation()))
    assert receipt.status_code == 201
    check_receipt(receipt.json(), house.services.provider.public_key(Purpose.RECEIPTS))
    back = sign_in(house)
    assert [each["value"] for each in back.get("/api/results").json()["items"]] == ["0.8"]
    (entry,) = [each for each in back.get("/api/log").json()["items"] if each["reason"] == "delivery-opened"]
    assert entry["event"] == "delivery"
    assert back.get("/api/notices").json()["unseen"] == 1


def test_a_key_to_deliver_reads_nothing(sqlite_house: House) -> None:
    person = confirmed(sqlite_house)
    sender = issue(sqlite_house, person)
    lab = sqlite_house.bearer(sender["key"])
    for path in ("/api/records", "/api/results", "/api/deliveries", "/api/senders", "/api/log", "/api/account"):
        assert lab.get(path).status_code == 401, path


def test_what_a_sender_sealed_itself_arrives_too(sqlite_house: House) -> None:
    house, person = sqlite_house, confirmed(sqlite_house)
    sender = issue(house, person)
    lab = house.bearer(sender["key"])
    told = lab.get(sender["path"]).json()
    assert told["address"] == sender["address"]
    with house.services.database.read() as connection:
        vault_id = parse_id(sender["path"].rsplit("/", 1)[1])
        address = read_address(connection, house.services.provider, vault_id)  # type: ignore[arg-type]
    body = encode(seal_delivery(address, [File("r.json", "application/fhir+json", fhir(observation()))]))
    headers = {"Content-Type": MEDIA_TYPE}
    assert lab.post(sender["path"], content=body, headers=headers).json()["receipt"]["sealed_by"] == "sender"
    assert len(sign_in(house).get("/api/results").json()["items"]) == 1
    wrong = lab.post(sender["path"], content=body[:-1], headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed-delivery")


def test_every_wrong_address_and_key_is_one_answer(sqlite_house: House) -> None:
    house, person = sqlite_house, confirmed(sqlite_house)
    sender = issue(house, person)
    other = issue(house, confirmed(house, "grace@example.org"))
    assert person.delete(f"/api/senders/{issue(house, person, 'gone')['sender_id']}").status_code == 204
    nobodys = f"/api/deliveries/{text_of(make_id())}"
    for path, key in (
        (sender["path"], other["key"]),
        (nobodys, sender["key"]),
        ("/api/deliveries/nonsense", sender["key"]),
        (sender["path"], "nonsense"),
        (sender["path"], ""),
    ):
        answer = house.bearer(key).post(path, content=fhir(observation()))
        assert (answer.status_code, answer.json()["code"]) == (401, "delivery-refused"), (path, key)
    assert house.client.post(sender["path"], content=b"{}").json()["code"] == "delivery-refused"


def test_giving_out_a_key_asks_for_a_fresh_proof(sqlite_house: House) -> None:
    person = confirmed(sqlite_house)
    sqlite_house.clock.advance(timedelta(minutes=11))
    answer = person.post("/api/senders", json={"name": "Hill Street"})
    assert (answer.status_code, answer.json()["code"]) == (403, "proof-needed")


def test_a_vault_takes_no_more_than_it_may_hold(sqlite_house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr("vault.deliveries.receiving.MOST_WAITING", 2)
    person = confirmed(sqlite_house)
    sender = issue(sqlite_house, person)
    lab = sqlite_house.bearer(sender["key"])
    codes = [lab.post(sender["path"], content=fhir(observation(f"0.{n}"))).status_code for n in (70, 71, 72)]
    assert codes == [201, 201, 409]


def test_what_asks_is_answered_by_the_citizen_alone(sqlite_house: House) -> None:
    house, person = sqlite_house, confirmed(sqlite_house)
    lab = house.bearer((sender := issue(house, person))["key"])
    patient = {"resourceType": "Patient", "name": [{"family": "Lovelace"}], "birthDate": "1815-12-10"}
    lab.post(f"{sender['path']}?filename=hers.json", content=fhir(patient, observation("0.91")))
    back = sign_in(house)
    (kept,) = back.get("/api/deliveries").json()["items"]
    assert (kept["state"], kept["sender"], kept["proven"], kept["files"]) == (
        "asks",
        "Hill Street",
        False,
        ["hers.json"],
    )
    path = f"/api/deliveries/{kept['delivery_id']}"
    assert confirmed(house, "grace@example.org").delete(path).status_code == 404
    assert back.post(f"{path}/answer", json={"whose": "hers"}).status_code == 422
    assert back.post(f"{path}/answer", json={"whose": "mine"}).status_code == 204
    assert back.get("/api/deliveries").json()["items"] == []
    assert len(back.get("/api/results").json()["items"]) == 1
    assert back.delete(path).status_code == 404


def test_the_pages_give_a_key_once_and_take_it_back(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    person = with_cookies(sqlite_house)
    person.post("/sign-in", data={"email": EMAIL, "passphrase": PASSPHRASE})
    person.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
    empty = person.post("/deliveries/new", data={"name": " "})
    assert (empty.status_code, 'id="name-fault"' in empty.text) == (422, True)
    wrong = person.post("/deliveries/new", data={"name": "City Lab", "lab_key": "short"})
    assert (wrong.status_code, 'value="City Lab"' in wrong.text) == (422, True)
    made = person.post("/deliveries/new", data={"name": "City Lab"}).text
    assert "hvd1_" in made
    listed = person.get("/deliveries").text
    assert ("City Lab" in listed, "hvd1_" in listed) == (True, False)
    (path,) = {each for each in listed.split('"') if each.endswith("/revoke")}
    assert "Taken back" in person.post(path).text

"""Who may not: 401, 403, 404; refusals in the log; no log, no answer; commit before answer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select
from starlette.testclient import TestClient

from app.openapi import describe
from tests.app.conftest import PASSPHRASE, House, fhir, observation
from vault.audit.tables import AuditEntry, AuditFlood
from vault.database import table_of

UNKNOWN = "0b0f5d0e-0000-4000-8000-000000000000"


def signed_in_operations(house: House) -> list[tuple[str, str]]:
    return [
        (method, path.replace("{record_id}", UNKNOWN).replace("{grant_id}", UNKNOWN))
        for path, item in describe(house.app)["paths"].items()
        for method, operation in item.items()
        if operation["security"]
    ]


def test_nobody_gets_401_everywhere(sqlite_house: House) -> None:
    for method, path in signed_in_operations(sqlite_house):
        assert sqlite_house.client.request(method, path).status_code == 401, path


OWN_THINGS = ("/api/account", "/api/keys", "/api/sessions", "/api/ways-in")


def test_an_admin_gets_403_at_every_door_of_a_citizen_and_the_other_way_round(house: House) -> None:
    admin, citizen = house.admin(), house.citizen()
    for method, path in signed_in_operations(house):
        if path.startswith("/api/admin"):
            assert citizen.request(method, path).status_code == 403
        elif not path.startswith(OWN_THINGS):
            answer = admin.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong-role"), path


def test_a_wrong_role_is_an_entry_and_guesses_are_counted(house: House) -> None:
    citizen = house.citizen()
    citizen.get("/api/admin/log")
    (refusal,) = [each for each in citizen.get("/api/log").json()["items"] if each["event"] == "refusal"]
    assert (refusal["outcome"], refusal["reason"]) == ("refused", "wrong-role")
    citizen.get(f"/api/records/{UNKNOWN}")
    citizen.get("/api/records/nonsense")
    house.client.get("/api/records", headers={"Authorization": "Bearer nonsense"})
    flood = table_of(AuditFlood)
    with house.services.database.read() as connection:
        counted = {row.kind: row[1] for row in connection.execute(select(flood.c.kind, flood.c.count))}
    assert counted == {"not-found": 2, "unauthenticated": 1}


def break_log(house: House) -> None:
    """From now on the database refuses every insert into the log."""

    @event.listens_for(house.services.database.engine, "before_cursor_execute")
    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT INTO audit_entry", "INSERT INTO audit_flood")):
            raise OSError("the disk is full")


def test_when_the_log_cannot_be_written_nothing_is_shown_or_changed(house: House) -> None:
    person, admin = house.citizen(), house.admin()
    person.post("/api/imports", content=fhir(observation()), headers={"Content-Type": "application/json"})
    (item,) = person.get("/api/records").json()["items"]
    break_log(house)
    path = f"/api/records/{item['record_id']}"
    typed = {"analyte": "magnesium", "value": "1", "unit": "mmol/L", "taken_at": "2026-02-01"}
    for answer in (
        person.get(path),
        person.get(f"{path}/original"),
        person.get("/api/results"),
        person.delete(path),
        person.post("/api/results", json=typed),
        person.post("/api/imports", content=b"a document"),
        admin.get("/api/admin/log"),
        admin.get("/api/records"),
        house.client.post("/api/sessions", json={"email": "ada@example.org", "passphrase": PASSPHRASE}),
        house.client.post("/shl/unknown", json={"recipient": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "log-unavailable"), answer.request.url
        assert "0.8" not in answer.text


def test_the_answer_starts_after_the_commit(sqlite_house: House) -> None:
    person = sqlite_house.citizen()
    order: list[str] = []
    engine = sqlite_house.services.database.engine
    event.listen(engine, "begin", lambda connection: order.append("begin"))
    event.listen(engine, "commit", lambda connection: order.append("commit"))
    inner = sqlite_house.app

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            order.append(message["type"])
            await send(message)

        await inner(scope, receive, note)

    client = TestClient(watched, base_url="http://localhost:8000", headers=dict(person.headers))
    typed = {"analyte": "magnesium", "value": "1", "unit": "mmol/L", "taken_at": "2026-02-01"}
    assert client.post("/api/results", json=typed).status_code == 201
    start = order.index("http.response.start")
    assert "commit" in order[:start]
    assert order[:start].count("begin") == order[:start].count("commit")
    assert not {"begin", "commit"} & set(order[start:])


def test_a_refusal_survives_the_rollback_of_what_it_refused(house: House) -> None:
    person = house.citizen()
    body = {"passphrase": "velvet glacier pencil mango", "new_passphrase": "another unusual orchard phrase"}
    assert person.post("/api/account/passphrase", json=body).status_code == 401
    entry = table_of(AuditEntry)
    with house.services.database.read() as connection:
        found = connection.execute(select(entry.c.event, entry.c.reason).where(entry.c.outcome == "refused")).all()
    assert [tuple(each) for each in found] == [("sign-in", "wrong-credentials")]


def test_a_refusal_while_the_database_is_gone_is_503_with_every_header(sqlite_house: House) -> None:
    client = sqlite_house.client

    @event.listens_for(sqlite_house.services.database.engine, "before_cursor_execute")
    def fail(*_: Any) -> None:
        raise OSError("gone")

    crossed = client.post("/api/sessions", json={}, headers={"Origin": "https://evil.example"})
    opened = client.post("/shl/unknown", json={"recipient": "x"})
    for answer in (crossed, opened):
        assert answer.status_code == 503
        assert "gone" not in answer.text
    assert opened.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/records", "/health/ready"])
def test_a_database_that_is_gone_is_503(sqlite_house: House, path: str) -> None:
    person = sqlite_house.citizen()

    @event.listens_for(sqlite_house.services.database.engine, "before_cursor_execute")
    def fail(*_: Any) -> None:
        raise OSError("gone")

    answer = person.get(path)
    assert answer.status_code == 503
    assert "gone" not in answer.text

"""What waits for an unlocked vault is done at the next sign-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import event, update

from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.test_sharing_api import filled, granted
from vault.database import table_of
from vault.tables import SegmentTable


def test_signing_in_empties_the_bin_of_what_lay_there_thirty_days(sqlite_house: House) -> None:
    citizen = sqlite_house.citizen()
    typed = {"analyte": "magnesium", "value": "0.80", "unit": "mmol/L", "taken_at": "2026-01-05"}
    old = citizen.post("/api/results", json=typed).json()["record_id"]
    assert citizen.delete(f"/api/records/{old}").status_code == 204
    sqlite_house.clock.advance(timedelta(days=29))

    def sign_in_again() -> None:
        body = {"email": "ada@example.org", "passphrase": PASSPHRASE}
        token = sqlite_house.client.post("/api/sessions", json=body).json()["token"]
        citizen.headers["Authorization"] = f"Bearer {token}"

    sign_in_again()
    assert citizen.post(f"/api/records/{old}/restore").status_code == 204
    assert citizen.delete(f"/api/records/{old}").status_code == 204
    sqlite_house.clock.advance(timedelta(days=31))
    sign_in_again()
    assert citizen.post(f"/api/records/{old}/restore").status_code == 404


def test_records_that_cannot_be_read_keep_nobody_from_signing_in_and_stopping_a_share(house: House) -> None:
    made = granted(filled(house))
    with house.services.database.write() as connection:
        connection.execute(update(table_of(SegmentTable)).values(sealed=b"something else"))
    answer = house.client.post("/api/sessions", json={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert answer.status_code == 201
    citizen = house.bearer(answer.json()["token"])
    assert citizen.get("/api/records").status_code == 500
    assert citizen.post(f"/api/grants/{made['grant_id']}/withdraw").json()["state"] == "withdrawn"


def test_a_new_recovery_code_is_never_lost_to_tidying(sqlite_house: House) -> None:
    body = {"email": "ada@example.org", "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}
    code = sqlite_house.client.post("/api/accounts", json=body).json()["recovery_code"]

    @event.listens_for(sqlite_house.services.database.engine, "before_cursor_execute")
    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM segment" in statement:
            raise OSError("the disk is gone")

    back = {"email": "ada@example.org", "recovery_code": code, "new_passphrase": ANOTHER}
    answer = sqlite_house.client.post("/api/sessions", json=back)
    assert answer.status_code == 201
    assert answer.json()["recovery_code"] not in {None, code}

"""What waits for an unlocked vault is done at the next sign-in."""

from __future__ import annotations

from datetime import timedelta

from tests.app.conftest import PASSPHRASE, House


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

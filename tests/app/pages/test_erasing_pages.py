"""Erasing at the pages: what goes is said first, the last question is plain, the certificate has its own address."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli import main
from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in
from tests.app.pages.test_caring_pages import go, let_in, make_sam
from tests.app.pages.test_lent_pages import share_of_a_picture
from vault.erasure.certificate import check_certificate


def test_a_record_is_erased_from_its_page_after_saying_what_goes(citizen: TestClient) -> None:
    record, other = type_in(citizen), type_in(citizen, "0.77", taken_at="2026-01-21")
    assert f"/erase/{record}" in citizen.get(f"/records/{record}").text
    page = citizen.get(f"/erase/{record}").text
    assert "Magnesium" in page
    assert "This cannot be undone." in page
    done = citizen.post(f"/erase/{record}", data={"sure": "yes"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/records?erased=1")
    assert "Erased for good." in citizen.get(done.headers["location"]).text
    assert citizen.get(f"/records/{record}").status_code == 404
    assert citizen.get(f"/records/{other}").status_code == 200
    looked = citizen.get("/who-looked?show=mine").text
    assert "erased" in looked.lower()


def test_a_record_in_the_bin_is_erased_from_there(citizen: TestClient) -> None:
    record = type_in(citizen)
    citizen.post(f"/records/{record}/delete")
    assert f'href="/erase/{record}"' in citizen.get("/bin").text
    citizen.post(f"/erase/{record}", data={"sure": "yes"})
    assert record not in citizen.get("/bin").text


def test_a_share_goes_on_without_an_erased_record_and_says_so(citizen: TestClient) -> None:
    share = share_of_a_picture(citizen)
    titles = {each["record_id"]: each["title"] for each in citizen.get("/api/records").json()["items"]}
    record = next(each for each in titles if each in citizen.get(share).text or titles[each] in citizen.get(share).text)
    page = citizen.get(f"/erase/{record}").text
    assert "Who can see this?" in page
    assert share in page
    citizen.post(f"/erase/{record}", data={"sure": "yes"})
    assert citizen.get(share).status_code == 200


def test_everything_goes_only_with_the_word(citizen: TestClient) -> None:
    type_in(citizen)
    page = citizen.get("/erase").text
    assert "1 record" in page
    for typed in ("", "erase it", "yes"):
        refused = citizen.post("/erase", data={"word": typed})
        assert refused.status_code == 422
        assert "Please type the word erase" in refused.text
    assert citizen.get("/records").status_code == 200


def test_after_erasing_everything_the_certificate_comes_to_its_address(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    citizen, eve = confirmed(house), confirmed(house, "eve@example.org")
    type_in(citizen)
    theirs = type_in(eve)
    done = citizen.post("/erase", data={"word": " Erase "}, follow_redirects=False)
    assert done.status_code == 303
    address = done.headers["location"]
    assert re.fullmatch(r"/erased/[A-Za-z0-9_-]{43}", address)
    stranger = house.client
    assert "is being erased" in stranger.get(address).text
    assert stranger.get(f"/api{address}").json()["state"] == "erasing"
    assert stranger.post(f"/api{address}/certificate").status_code == 404
    house.services.runner.announce()
    house.services.runner.run_due()
    page = stranger.get(address).text
    assert "Everything is erased" in page
    assert stranger.get(f"/api{address}").json()["state"] == "erased"
    saved = stranger.post(f"/api{address}/certificate")
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert "You have saved it." in stranger.get(address).text
    key = stranger.get("/api/certificate-key").json()["public_key"]
    check_certificate(saved.content, base64.urlsafe_b64decode(key + "="))
    file = tmp_path / "certificate.json"
    file.write_bytes(saved.content)
    assert main(["certificate", "verify", str(file), "--key", key]) == 0
    assert "The certificate is as it was signed" in capsys.readouterr().out
    file.write_bytes(saved.content.replace(b'"log_entries": ', b'"log_entries": 1'))
    assert main(["certificate", "verify", str(file), "--key", key]) == 1
    said = json.dumps(saved.json()).lower()
    assert ("ada@" in said, "ada example" in said) == (False, False)
    assert citizen.get("/api/account").status_code == 401
    assert (
        house.client.post("/api/sessions", json={"email": "ada@example.org", "passphrase": "x" * 20}).status_code == 401
    )
    assert eve.get(f"/records/{theirs}").status_code == 200
    again = confirmed(house)
    assert again.get("/api/records").json()["items"] == [], "the address is free again"


def test_the_api_tells_what_goes_and_erases(citizen: TestClient) -> None:
    record = type_in(citizen)
    told = citizen.get(f"/api/erase/{record}").json()
    assert (told["versions"], told["files"], told["grants"]) == (1, [], [])
    assert citizen.post(f"/api/erase/{record}").status_code == 204
    assert citizen.post(f"/api/erase/{record}").status_code == 404
    assert citizen.post("/api/erase", json={"confirm": "yes"}).status_code == 422
    done = citizen.post("/api/erase", json={"confirm": "erase everything"})
    assert done.status_code == 202
    assert done.json()["address"].startswith("http://localhost:8000/erased/")
    assert citizen.get("/api/records").status_code == 401


def test_an_unknown_address_is_nothing(sqlite_house: House) -> None:
    for address in ("x", "A" * 43, "%C3%A9" * 43):
        assert sqlite_house.client.get(f"/erased/{address}").status_code == 404
        assert sqlite_house.client.get(f"/api/erased/{address}").status_code == 404
        assert sqlite_house.client.post(f"/api/erased/{address}/certificate").status_code == 404


def test_after_a_restore_the_server_erases_again_what_its_ledger_names(
    sqlite_house: House, citizen: TestClient
) -> None:
    """The database goes back to what it was before, as a restore does; the ledger stays."""
    house, record = sqlite_house, type_in(citizen)
    stays = type_in(citizen, "0.77", taken_at="2026-01-21")
    path = Path(str(house.services.database.url.database))
    house.services.database.truncate_wal()
    before = path.read_bytes()
    citizen.post(f"/api/erase/{record}")
    house.services.erasures.finish()
    assert house.services.settings.ledger_path.read_text().startswith("healthvault-erased-1 record ")
    house.services.database.close()
    path.write_bytes(before)
    for beside in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        beside.unlink(missing_ok=True)
    assert citizen.get(f"/api/records/{record}").status_code == 200, "it is back"
    assert house.services.apply_ledger().records == 1
    house.client.post("/api/sessions", json={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert citizen.get(f"/api/records/{record}").status_code == 404
    assert citizen.get(f"/api/records/{stays}").status_code == 200


def test_nobody_goes_while_they_hold_anothers_vault_and_that_one_can_be_erased(
    sqlite_house: House, citizen: TestClient
) -> None:
    make_sam(citizen)
    page = citizen.get("/erase").text
    assert "Sam Example" in page
    assert "Erase everything now" not in page
    assert citizen.post("/erase", data={"word": "erase"}).status_code == 409
    assert citizen.post("/api/erase", json={"confirm": "erase everything"}).status_code == 409
    stated = go(citizen)
    assert "Erase the vault of Sam Example" in citizen.get("/erase").text
    assert citizen.post("/erase", data={"word": "erase"}).status_code == 409, "a form of one's own vault"
    done = citizen.post("/erase", data={"word": "erase", "opened-in": stated}, follow_redirects=False)
    assert done.headers["location"].startswith("/erased/")
    assert "Sam Example" not in citizen.get("/looking-after").text
    assert citizen.get("/account").status_code == 200, "still signed in, in one's own vault"
    sqlite_house.services.erasures.finish()
    assert "Everything is erased" in citizen.get(done.headers["location"]).text
    assert citizen.post("/erase", data={"word": "erase"}, follow_redirects=False).status_code == 303


def test_a_carer_who_does_not_hold_a_vault_erases_nothing_in_it(citizen: TestClient, sqlite_house: House) -> None:
    ben, record = confirmed(sqlite_house, "ben@example.org"), type_in(citizen)
    let_in(citizen, ben, "view", "upload", "share")
    stated = go(ben)
    for answer in (
        ben.get("/erase"),
        ben.post("/erase", data={"word": "erase", "opened-in": stated}),
        ben.get(f"/erase/{record}"),
        ben.post(f"/erase/{record}", data={"opened-in": stated}),
        ben.post("/api/erase", json={"confirm": "erase everything"}),
        ben.post(f"/api/erase/{record}"),
    ):
        assert answer.status_code == 403
    assert citizen.get(f"/records/{record}").status_code == 200

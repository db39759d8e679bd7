"""Taking everything home: one file, which the recovery code opens offline and nothing else does."""

from __future__ import annotations

import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli import main
from tests.app.conftest import House, fhir, observation
from tests.app.pages.conftest import PERSON, confirmed, type_in
from vault.archive.format import ArchiveSlot, describe, write_archive
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotBinding, SlotKind, wrap_seed
from vault.keys.recovery_code import format_recovery_code

OTHER_CODE = format_recovery_code(bytes(20))


def open_it(raw: bytes, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Status of the command on a machine that has nothing else of the service."""
    file = folder.parent / f"{folder.name}.hvarchive"
    file.write_bytes(raw)
    monkeypatch.setattr("sys.stdin", io.StringIO(code + "\n"))
    return main(["archive", "open", str(file), "--to", str(folder)])


def taken_by(client: TestClient) -> bytes:
    answer = client.post("/api/archive")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.content


def test_everything_comes_home_and_opens_with_the_recovery_code_alone(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house.client.post("/api/accounts", json=PERSON).json()
    citizen = house.bearer(made["token"])
    citizen.post("/api/account/recovery-code/confirm", json={"last_group": made["recovery_code"][-4:]})
    file = fhir(observation("0.81"))
    assert citizen.post("/api/imports?filename=lab.json", content=file).status_code in (200, 201)
    typed, gone = type_in(citizen), type_in(citizen, "0.5", taken_at="2026-01-22")
    assert citizen.delete(f"/api/records/{gone}").status_code == 204
    raw = taken_by(citizen)
    assert b"lab.json" not in raw
    assert b"agnesium" not in raw
    folder = tmp_path / "home"
    assert open_it(raw, made["recovery_code"].lower(), folder, monkeypatch) == 0
    records = json.loads((folder / "records.json").read_text())
    assert {each["record_id"] for each in records} >= {typed}
    assert gone not in {each["record_id"] for each in records}
    assert len(records) == 2
    (named,) = [each["file"] for each in records if each["file"]]
    assert (folder / named).read_bytes() == file
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_code_a_damaged_file_and_a_folder_that_is_there_write_nothing(
    sqlite_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    citizen = confirmed(sqlite_house)
    raw, folder = taken_by(citizen), tmp_path / "home"
    assert open_it(raw, OTHER_CODE, folder, monkeypatch) == 1
    assert "doesn't open this archive" in capsys.readouterr().err
    assert open_it(b"", OTHER_CODE, folder, monkeypatch) == 1
    assert "no archive" in capsys.readouterr().err
    assert not folder.exists()
    folder.mkdir()
    assert open_it(sealed_for(OTHER_CODE), OTHER_CODE, folder, monkeypatch) == 2
    assert not list(folder.iterdir())


def test_an_archive_that_breaks_half_way_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, folder = sealed_for(OTHER_CODE), tmp_path / "home"
    assert open_it(raw[:-1] + bytes((raw[-1] ^ 1,)), OTHER_CODE, folder, monkeypatch) == 1
    assert not folder.exists()


def sealed_for(code: str) -> bytes:
    assert code == OTHER_CODE
    seed, target, data = Seed.make(), io.BytesIO(), b"[]"
    wrapped = wrap_seed(bytes(20), SlotBinding(SlotKind.RECOVERY_CODE, b"v" * 16, b"s" * 16), seed)
    slot = ArchiveSlot(SlotKind.RECOVERY_CODE, b"s" * 16, b"", wrapped, public_key_of(seed))
    part = describe("records.json", "", "application/json", data)
    write_archive(target, (b"v" * 16, b"a" * 16), [slot], [(part, lambda: data)], made_at="now", service="here")
    return target.getvalue()


def test_taking_everything_home_is_in_the_history(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    type_in(citizen)
    sqlite_house.clock.advance(timedelta(seconds=1))
    taken_by(citizen)
    newest = citizen.get("/api/log").json()["items"][0]
    assert (newest["event"], newest["outcome"], newest["count"]) == ("export", "done", 1)
    assert newest["subject"] == {"list": "archive"}


def test_the_archive_is_offered_before_everything_is_erased(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    assert 'href="/archive"' in citizen.get("/erase").text
    assert 'href="/archive"' in citizen.get("/account").text
    assert "Get the file" in citizen.get("/archive").text
    assert citizen.post("/archive").headers["content-type"] == "application/vnd.health-data-vault.archive"


def test_taking_everything_home_wants_a_fresh_proof(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    sqlite_house.clock.advance(timedelta(minutes=11))
    answer = citizen.post("/api/archive")
    assert (answer.status_code, answer.json()["code"]) == (403, "proof-needed")


def test_nobody_takes_a_vault_home_without_signing_in(sqlite_house: House) -> None:
    assert sqlite_house.client.post("/api/archive").status_code == 401

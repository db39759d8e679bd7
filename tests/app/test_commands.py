"""The command ``healthvault``, and sample data."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli import main
from app.demo import fill
from app.main import create_app
from app.services import SAMPLES
from app.settings import Settings
from tests.app.conftest import PASSPHRASE
from vault.crypto.passphrases import Cost

SIGN_IN = {"email": SAMPLES.citizen_email, "passphrase": SAMPLES.passphrase}


def create_admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str, email: str = "r@example.org") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(passphrase + "\n"))
    return main(["create-admin", "--data", str(tmp_path / "data"), "--email", email])


def test_an_admin_made_by_command_signs_in_and_sees_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert create_admin(tmp_path, monkeypatch, PASSPHRASE) == 0
    printed = capsys.readouterr().out
    assert "Recovery code" in printed
    assert PASSPHRASE not in printed
    app = create_app(Settings(data=tmp_path / "data"), cost=Cost.TEST, jobs=False)
    with TestClient(app, base_url="http://localhost:8000") as client:
        token = client.post("/api/sessions", json={"email": "r@example.org", "passphrase": PASSPHRASE}).json()["token"]
        answer = client.get("/api/admin/log", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["items"][0]["event"] == "sign-in"
        assert client.post("/api/sessions", json=SIGN_IN).status_code == 401


@pytest.mark.parametrize(
    ("passphrase", "email"), [("short", "r@example.org"), (PASSPHRASE, "nonsense"), ("", "r@x.org")]
)
def test_a_command_that_fails_says_why_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    passphrase: str,
    email: str,
) -> None:
    assert create_admin(tmp_path, monkeypatch, passphrase, email) == 2
    assert capsys.readouterr().err.strip()


def test_keys_inside_the_data_are_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert main(["serve", "--data", str(data), "--keys", str(data / "keys")]) == 2
    assert "HEALTHVAULT_KEYS" in capsys.readouterr().err
    assert not data.exists()


def test_sample_data_is_made_once_and_works_in_a_demo_only(tmp_path: Path) -> None:
    def open_app(demo: bool) -> TestClient:
        app = create_app(Settings(data=tmp_path / "data", demo=demo), cost=Cost.TEST, jobs=False)
        return TestClient(app, base_url="http://localhost:8000")

    with open_app(demo=True) as client:
        fill(client.app.state.services, SAMPLES)  # type: ignore[attr-defined]
        token = client.post("/api/sessions", json=SIGN_IN).json()["token"]
        signed_in = {"Authorization": f"Bearer {token}"}
        before = client.get("/api/results?analyte=magnesium", headers=signed_in).json()
        assert len(before["items"]) == 11
        assert "low" in {each["flag"] for each in before["items"]}
        home = client.get("/").text
        assert "Look around with sample data" in home
    with open_app(demo=True) as client:
        assert client.get("/api/results?analyte=magnesium", headers=signed_in).json() == before
    with open_app(demo=False) as client:
        assert client.post("/api/sessions", json=SIGN_IN).status_code == 401
        assert client.get("/api/results", headers=signed_in).status_code == 401
        assert "Look around" not in client.get("/").text


def test_a_key_that_begins_with_a_hyphen_is_a_key_and_no_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One key in 64 does."""
    file = tmp_path / "certificate.json"
    file.write_text("{}")
    for words in (["--key", "-" + "A" * 42], ["--key=-" + "A" * 42]):
        assert main(["certificate", "verify", str(file), *words]) == 1
        assert "no certificate" in capsys.readouterr().err

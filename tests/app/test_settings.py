"""Settings: read from the environment, overridden by options, refused where unsafe."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import BadSetting, Settings, read_settings


def test_defaults_keep_keys_beside_the_data_and_never_inside(tmp_path: Path) -> None:
    settings = read_settings(data=str(tmp_path / "data"))
    assert settings.keys_folder == tmp_path / "data-keys"
    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path / 'data' / 'vault.sqlite3'}"
    assert settings.public_url == "http://localhost:8000"


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTHVAULT_PORT", "8100")
    monkeypatch.setenv("HEALTHVAULT_BASE_URL", "https://vault.example.org/")
    assert (read_settings().port, read_settings(port=8200).port) == (8100, 8200)
    assert read_settings().public_url == "https://vault.example.org"


@pytest.mark.parametrize("keys", ["data", "data/keys", "data/../data/keys", "."])
def test_keys_and_data_inside_each_other_are_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(BadSetting):
        read_settings(data=str(tmp_path / "data"), keys=str(tmp_path / keys))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "canary"),
        ("PORT", "0"),
        ("SESSION_HOURS", "canary"),
        ("LOG_LEVEL", "canary"),
        ("BASE_URL", "canary"),
        ("BASE_URL", "ftp://canary"),
        ("BASE_URL", "https://canary/path"),
        ("BASE_URL", f"https://canary.{'x' * 66}"),
        ("THREADS", "1"),
        ("LEAVE_URL", "canary"),
        ("LEAVE_URL", "javascript:canary"),
        ("SMTP_URL", "canary"),
        ("SMTP_URL", "smtp://user:canary@mail.example.org"),
        ("MAIL_FROM", "canary"),
        ("MAIL_FROM", "vault@example.org\nBcc: canary@example.org"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"HEALTHVAULT_{name}", value)
    with pytest.raises(BadSetting) as refused:
        read_settings()
    assert name in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_sender_is_made_of_the_base_url() -> None:
    assert read_settings(base_url="https://vault.example.org").sender == "vault@vault.example.org"
    assert read_settings(base_url="http://[::1]:8000").sender == "vault@localhost"


def test_a_database_or_mail_password_is_in_no_representation() -> None:
    settings = Settings(
        database_url="postgresql+psycopg://vault:canary@localhost/vault", smtp_url="starttls://vault:canary@localhost"
    )
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)

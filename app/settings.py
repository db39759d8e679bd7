"""The only reader of the environment. Settings are read once, checked, and passed on as values.

Each field is the variable ``HEALTHVAULT_`` plus its name in capitals; docs/operations.md lists all of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.key_places import KeyPlace, parse_key_place
from sharing.links.shlink import LONGEST_BASE_URL
from vault.deliveries.senders import BadLabKey, read_lab_key
from vault.mail import BadMailSetting, SmtpServer, check_address

PREFIX = "HEALTHVAULT_"


class BadSetting(ValueError):
    """A setting that the vault can't start with. The text names the setting and never its value."""


class Settings(BaseSettings):
    """``data`` and ``keys`` are two folders: whoever has one should not have the other."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    data: Path = Field(Path("data"), description="Folder of the SQLite database.")
    keys: Path | None = Field(None, description="Folder of the server's own keys; `<data>-keys` unless set.")
    key_store: str = Field(
        "", description="Where the server's own keys are: `pkcs11:…` or `openbao+https://…`; files unless set."
    )
    key_store_secret: Path | None = Field(None, description="File with the key store's PIN or token.")
    database_url: str = Field(
        "", repr=False, description="SQLAlchemy address of the database; SQLite in the data folder unless set."
    )
    base_url: str = Field("", description="Where browsers find the vault; http://localhost:<port> unless set.")
    session_hours: int = Field(12, ge=1, le=168, description="How long a sign-in lasts.")
    session_idle_minutes: int = Field(120, ge=10, le=10_080, description="How long a sign-in lasts that nobody uses.")
    threads: int = Field(40, ge=4, le=200, description="Requests worked on at once.")
    forwarded_from: str = Field("", description="Addresses of proxies whose X-Forwarded-For is believed.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What the server log says.")
    demo: bool = Field(False, description="Fill in sample data and show its sign-in on the home page.")

    key_backup_days: int = Field(7, ge=0, le=3650, description="How long backups of key tables are kept.")
    erasure_ledger: Path | None = Field(
        None, description="File that names by digest what was erased; `<data>-erasures` unless set."
    )

    smtp_url: str = Field(
        "", repr=False, description="Mail server: `starttls://user:password@host:587` or `smtps://…`."
    )
    mail_from: str = Field("", description="Sender of mails; vault@ and the host of the base URL unless set.")
    sign_in_providers: str = Field(
        "",
        repr=False,
        description="Identity providers for single sign-on: a JSON list, or the path of a file with one.",
    )
    admins_by_provider: bool = Field(False, description="Administrators sign in by single sign-on alone.")

    labs: str = Field("", description="Labs whose signature proves a sender: a JSON object of names and their keys.")

    leave_url: str = Field("https://www.bbc.co.uk/weather", description="Where *Leave now* leads.")

    @property
    def known_labs(self) -> dict[bytes, str]:
        """Lab key (32 bytes) → name."""
        return read_labs(self.labs)

    @property
    def sender(self) -> str:
        host = urlsplit(self.public_url).hostname or ""
        return self.mail_from or f"vault@{'localhost' if ':' in host else host}"

    @property
    def keys_folder(self) -> Path:
        return self.keys if self.keys is not None else self.data.with_name(self.data.name + "-keys")

    @property
    def ledger_path(self) -> Path:
        return self.erasure_ledger or self.data.with_name(self.data.name + "-erasures")

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data.resolve() / 'vault.sqlite3'}"

    @property
    def public_url(self) -> str:
        """The base URL without a slash at its end."""
        return self.base_url.rstrip("/") or f"http://localhost:{self.port}"


def read_settings(**given: object) -> Settings:
    """Settings from the environment, overridden by what a command was ``given``; BadSetting names what is wrong."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        names = sorted({PREFIX + str(fault["loc"][0]).upper() for fault in error.errors() if fault["loc"]})
        raise BadSetting(f"Please check {', '.join(names) or 'the settings'}.") from None
    check_settings(settings)
    return settings


def check_settings(settings: Settings) -> None:
    """Refuse what would be unsafe: keys lying with the data, or a base URL that is none."""
    data, keys = settings.data.resolve(), settings.keys_folder.resolve()
    if data == keys or data in keys.parents or keys in data.parents:
        raise BadSetting(f"{PREFIX}KEYS and {PREFIX}DATA must not lie inside each other.")
    if data in settings.ledger_path.resolve().parents:
        raise BadSetting(f"{PREFIX}ERASURE_LEDGER must not lie in the data folder: it is what survives a restore.")
    read_key_store(settings.key_store, settings.key_store_secret)
    if settings.base_url:
        parts = urlsplit(settings.base_url)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.path.strip("/")
        ):
            raise BadSetting(f"{PREFIX}BASE_URL must look like https://vault.example.org.")
    if urlsplit(settings.leave_url).scheme not in {"http", "https"} or not urlsplit(settings.leave_url).hostname:
        raise BadSetting(f"{PREFIX}LEAVE_URL must look like https://www.example.org/.")
    _check_mail(settings)
    read_labs(settings.labs)
    if len(settings.public_url) > LONGEST_BASE_URL:
        raise BadSetting(f"{PREFIX}BASE_URL must have at most {LONGEST_BASE_URL} characters, or links get too long.")


def read_key_store(stated: str, secret: Path | None) -> KeyPlace | None:
    """Where the keys are, or None for files. BadSetting."""
    if not stated:
        return None
    try:
        place = parse_key_place(stated)
    except ValueError:
        raise BadSetting(
            f"{PREFIX}KEY_STORE must look like pkcs11:token=vault?module-path=/usr/lib/….so "
            "or openbao+https://bao.example.org:8200/transit."
        ) from None
    if secret is None:
        raise BadSetting(f"{PREFIX}KEY_STORE_SECRET must name the file with the key store's PIN or token.")
    return place


def read_labs(stated: str) -> dict[bytes, str]:
    """Lab key (32 bytes) → name, of a JSON object ``{"name": "key as base64url"}``. BadSetting."""
    try:
        found = json.loads(stated or "{}")
        return {read_lab_key(key): str(name) for name, key in found.items()}
    except (ValueError, AttributeError, BadLabKey):
        raise BadSetting(f'{PREFIX}LABS must look like {{"City Laboratory": "its key, 43 characters"}}.') from None


def _check_mail(settings: Settings) -> None:
    try:
        check_address(settings.sender)
    except BadMailSetting:
        raise BadSetting(f"{PREFIX}MAIL_FROM must be an e-mail address.") from None
    if settings.smtp_url:
        try:
            SmtpServer.parse(settings.smtp_url)
        except BadMailSetting:
            raise BadSetting(
                f"{PREFIX}SMTP_URL must look like starttls://user:password@host:587; a password needs TLS."
            ) from None

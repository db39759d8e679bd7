"""Letting a mail leave: to an SMTP server, or into a folder where none is set up. Nothing here knows what it is about.

Headers are made by the standard library, which refuses line breaks in them; addresses are checked before. TLS is
verified; ``smtp://`` (no TLS) takes no password, except from the same machine.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20.0
PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BadMailSetting(ValueError):
    """An SMTP address or sender that can't be used. The text holds none of it."""


class MailNotSent(Exception):
    """``is_final``: trying again would not help. The text is the kind of failure, never an address or an answer."""

    def __init__(self, kind: str, *, is_final: bool) -> None:
        super().__init__(kind)
        self.is_final = is_final


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """``name`` is the same for the same letter, so that a mail program shows one that came twice once."""

    to: str
    subject: str
    text: str
    name: str


class Mailer(Protocol):
    def send(self, letter: Letter) -> None:
        """Return once the letter is another's to deliver; MailNotSent otherwise. Blocks for at most some 20 seconds."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class SmtpServer:
    """Where and as whom. ``scheme``: ``smtp`` without TLS, ``starttls``, or ``smtps`` (TLS from the first byte)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """From ``starttls://user:password@host:587``; BadMailSetting."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BadMailSetting("an SMTP address") from None
        extra = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme not in PORTS or not parts.hostname or extra or (parts.password and not parts.username):
            raise BadMailSetting("an SMTP address")
        if parts.scheme == "smtp" and parts.username and parts.hostname not in _LOOPBACK:
            raise BadMailSetting("a password without TLS")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, password)


class Smtp:
    """One connection a letter. ``context``: whom to trust; the machine's certificate authorities unless given."""

    def __init__(
        self, server: SmtpServer, sender: str, context: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._server = server
        self._sender = check_address(sender)
        self._context = context or ssl.create_default_context()
        self._timeout = timeout

    def send(self, letter: Letter) -> None:
        message = make_message(letter, self._sender, _one_address(letter.to))
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as refused:
            raise MailNotSent(type(refused).__name__, is_final=_is_final(refused)) from None
        except smtplib.SMTPNotSupportedError as refused:
            raise MailNotSent(type(refused).__name__, is_final=False) from None
        except (smtplib.SMTPException, OSError) as failure:
            raise MailNotSent(type(failure).__name__, is_final=False) from None

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._context)
        else:
            connection = smtplib.SMTP(host, port, timeout=self._timeout)
        try:
            if self._server.scheme == "starttls":
                connection.starttls(context=self._context)  # Refused or stripped: no mail, never in the clear.
            if self._server.user:
                connection.login(self._server.user, self._server.password)
        except BaseException:
            connection.close()
            raise
        return connection


class Folder:
    """``*.eml`` files for whoever sets the vault up, without the address: who was told stays out of the folder."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = check_address(sender)

    def send(self, letter: Letter) -> None:
        message = make_message(letter, self._sender, "undisclosed-recipients:;")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            place = self._folder / f"{letter.name}.eml"
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message.as_bytes())
        except OSError as failure:
            raise MailNotSent(type(failure).__name__, is_final=False) from None


def make_message(letter: Letter, sender: str, to: str) -> EmailMessage:
    """MailNotSent for what would not be one line in a header."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"], message["To"], message["Subject"] = sender, to, letter.subject
        message["Message-ID"] = f"<{letter.name}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
    except ValueError:
        raise MailNotSent("header", is_final=True) from None
    message.set_content(letter.text)
    return message


def _one_address(stated: str) -> str:
    """One address in plain letters; MailNotSent. A mail program reads ``=?…?=`` as whatever was encoded, commas too."""
    if "=?" in stated or ADDRESS.fullmatch(stated) is None:
        raise MailNotSent("address", is_final=True)
    return stated


def check_address(stated: str) -> str:
    """A plain address; BadMailSetting."""
    if ADDRESS.fullmatch(stated) is None or not stated.isprintable():
        raise BadMailSetting("an address")
    return stated


def _is_final(refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> bool:
    """A 5xx answer about this letter. What a server says to a password is about the server, and may be mended."""
    if isinstance(refused, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return False
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in refused.recipients.values())
    return refused.smtp_code >= 500

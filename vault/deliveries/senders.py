"""API keys that a citizen issues to labs and doctors: named, write only, revocable. docs/specs/delivery.md.

What they are called, and a lab's signing key that the citizen pinned, are a sealed paper: whoever writes the database
names no sender and proves none.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.clock import Clock
from vault.crypto.secret import SessionSecret
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.deliveries.tables import DeliveryKeyRow
from vault.errors import Conflict, Invalid, NotFound, Unauthenticated
from vault.ids import PaperId, SenderId, VaultId, make_id, text_of
from vault.keys.keyring import Keyring
from vault.papers import Papers, Prepared

PREFIX: Final = "hvd1_"
PAPER: Final = "delivery-key"
MOST_KEYS: Final = 50
MOST_NAME_CHARACTERS: Final = 100
_TOKEN_CHARACTERS: Final = len(PREFIX) + 64
_KEY = table_of(DeliveryKeyRow)


class DeliveryRefused(Unauthenticated):
    """No such address, or no such key for it: always the same."""

    code = "delivery-refused"
    advice = "This address and key don't belong together, or the key was taken back."


class NoSenderName(Invalid):
    code = "no-sender-name"
    advice = "Please say who gets this key, in up to 100 characters."


class BadLabKey(Invalid):
    code = "bad-lab-key"
    advice = "This is no lab's signing key. It has 43 letters and digits."


class TooManySenders(Conflict):
    code = "too-many-senders"
    advice = "Fifty keys are out. Please take one back first."


@dataclass(frozen=True, slots=True)
class Sender:
    """One API key, as its citizen sees it. ``lab_key``: the pinned Ed25519 key, or empty."""

    sender_id: SenderId
    name: str
    lab_key: bytes
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh key; ``key`` is shown this once and stored nowhere."""

    sender_id: SenderId
    name: str
    key: str


def make_key(sender_id: SenderId, secret: SessionSecret) -> str:
    """69 characters, safe in a header."""
    return PREFIX + base64.urlsafe_b64encode(sender_id + secret.raw).decode()


def parse_key(key: str) -> tuple[SenderId, SessionSecret]:
    """The two parts; DeliveryRefused unless it is a key that ``make_key`` could have written."""
    if len(key) != _TOKEN_CHARACTERS or not key.isascii() or not key.startswith(PREFIX):
        raise DeliveryRefused
    try:
        raw = base64.b64decode(key[len(PREFIX) :], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise DeliveryRefused from None
    return SenderId(raw[:16]), SessionSecret(raw[16:])


def check_key(connection: Connection, vault_id: VaultId, key: str) -> SenderId:
    """Whose key this is, for exactly this vault. DeliveryRefused."""
    sender_id, secret = parse_key(key)
    mine = (_KEY.c.vault_id == vault_id, _KEY.c.key_id == sender_id, _KEY.c.revoked_at.is_(None))
    known = connection.execute(select(_KEY.c.secret_digest).where(*mine)).scalar_one_or_none()
    if not hmac.compare_digest(known or bytes(32), digest("delivery-key/1", secret.raw)):
        raise DeliveryRefused
    return sender_id


def note_use(connection: Connection, vault_id: VaultId, sender_id: SenderId, now: datetime) -> None:
    """In the transaction of what it delivered; DeliveryRefused if it was taken back meanwhile."""
    mine = (_KEY.c.vault_id == vault_id, _KEY.c.key_id == sender_id, _KEY.c.revoked_at.is_(None))
    if connection.execute(update(_KEY).where(*mine).values(last_used_at=now)).rowcount != 1:
        raise DeliveryRefused


def list_senders(connection: Connection, keyring: Keyring) -> tuple[Sender, ...]:
    """Every key that was ever issued, newest first; one whose paper is missing has no name and proves nothing."""
    told = {paper.paper_id: json.loads(paper.data) for paper in Papers(keyring).list(connection, PAPER)}
    rows = connection.execute(
        select(_KEY).where(_KEY.c.vault_id == keyring.vault_id).order_by(_KEY.c.created_at.desc(), _KEY.c.key_id)
    )
    return tuple(
        Sender(
            SenderId(row.key_id),
            told.get(row.key_id, {}).get("name", ""),
            bytes.fromhex(told.get(row.key_id, {}).get("lab_key", "")),
            row.created_at,
            row.last_used_at,
            row.revoked_at,
        )
        for row in rows
    )


class Senders:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(
        self, database: Database, keyring: Keyring, log: Log, clock: Clock, *, trail: Trail, origin: Origin
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._log = log
        self._clock = clock
        self._trail = trail
        self._origin = origin

    def list(self) -> tuple[Sender, ...]:
        """Every key that was issued, newest first, those taken back too."""
        with self._database.read() as connection:
            return list_senders(connection, self._keyring)

    def issue(self, name: str, lab_key: str = "") -> Issued:
        """A key for one sender; ``lab_key``: that lab's Ed25519 key as base64url, to be proven by it.

        NoSenderName, BadLabKey, TooManySenders; StaleState.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MOST_NAME_CHARACTERS or not name.isprintable():
            raise NoSenderName(field="name")
        pinned = read_lab_key(lab_key) if lab_key else b""
        sender_id, secret, now = SenderId(make_id()), SessionSecret.make(), self._clock.now()
        told = json.dumps({"name": name, "lab_key": pinned.hex()}, separators=(",", ":")).encode()
        paper = Papers(self._keyring).prepare(PAPER, told, now, PaperId(sender_id))
        row = {
            "vault_id": self._keyring.vault_id,
            "key_id": sender_id,
            "secret_digest": digest("delivery-key/1", secret.raw),
            "created_at": now,
        }
        freshness.retrying(lambda: self._store(row, paper, {"sender": name}))
        return Issued(sender_id, name, make_key(sender_id, secret))

    def revoke(self, sender_id: SenderId) -> None:
        """Nothing arrives with this key any more; twice is once. What arrived stays. NotFound."""
        mine = (_KEY.c.vault_id == self._keyring.vault_id, _KEY.c.key_id == sender_id)
        name = next((each.name for each in self.list() if each.sender_id == sender_id), None)
        if name is None:
            raise NotFound
        ended = update(_KEY).where(*mine, _KEY.c.revoked_at.is_(None)).values(revoked_at=self._clock.now())
        with self._database.write() as connection:
            if connection.execute(ended).rowcount:
                self._append(connection, "sender-removed", {"sender": name, "key": text_of(sender_id)})

    def _store(self, row: dict[str, object], paper: Prepared, told: dict[str, str]) -> None:
        with self._database.read() as connection:
            state = freshness.read(connection, self._keyring)
        live = (_KEY.c.vault_id == self._keyring.vault_id, _KEY.c.revoked_at.is_(None))
        with self._database.write() as connection:
            after = freshness.advance(connection, self._keyring, state, paper.change)
            if connection.execute(select(func.count()).select_from(_KEY).where(*live)).scalar_one() >= MOST_KEYS:
                raise TooManySenders
            Papers(self._keyring).store(connection, paper)
            connection.execute(insert(_KEY), row)
            self._append(connection, "sender-added", told | {"freshness": after.for_log()})

    def _append(self, connection: Connection, reason: str, told: dict[str, object]) -> None:
        entry = Entry(
            event=Event.DELIVERY,
            outcome=Outcome.DONE,
            reason=reason,
            subject=told,
            accountability=self._origin.as_accountability(),
        )
        self._log.append(connection, self._trail, entry, self._keyring)


def read_lab_key(text: str) -> bytes:
    """The 32 bytes of a lab's public key as base64url. BadLabKey."""
    try:
        raw = base64.b64decode(text.strip() + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadLabKey(field="lab_key") from None
    if len(raw) != 32:
        raise BadLabKey(field="lab_key")
    return raw

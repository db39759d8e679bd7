"""Signed in, and nothing is open: who somebody is has been shown, by a provider or by a passkey that opens nothing.

A locked session knows an account and no key. It lasts a quarter of an hour, enough to open a slot; then a session
with a token of its own takes its place, so that neither token ever becomes the other.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from auth.accounts import Account, read_account
from auth.tables import LockedSessionRow
from vault.clock import Clock
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.errors import Unauthenticated
from vault.ids import AccountId, VaultId

LASTS = timedelta(minutes=15)
MAX_TOKEN_CHARACTERS = 64
BY_PROVIDER = "single-sign-on:"
_LOCKED = table_of(LockedSessionRow)


@dataclass(frozen=True, slots=True)
class LockedSession:
    """``method`` says how its holder showed who they are: ``single-sign-on:<name>`` or ``passkey``."""

    account: Account
    method: str
    token_digest: bytes


class LockedSessions:
    """``samples`` as for ``Sessions``."""

    def __init__(self, database: Database, clock: Clock, *, samples: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._samples = samples

    def start(self, connection: Connection, account: Account, method: str) -> str:
        """The token of a new one, in the transaction that logs the sign-in."""
        token = secrets.token_urlsafe(32)
        row = {
            "token_digest": digest("locked/1", token.encode()),
            "vault_id": account.vault_id,
            "account_id": account.account_id,
            "method": method,
            "expires_at": self._clock.now() + LASTS,
        }
        connection.execute(insert(_LOCKED).values(row))
        return token

    def resume(self, token: str) -> LockedSession:
        """Unauthenticated if the token is unknown, ended or expired, or its account is gone."""
        if not token.isascii() or len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated
        name = digest("locked/1", token.encode())
        live = (_LOCKED.c.token_digest == name) & (_LOCKED.c.expires_at > self._clock.now())
        query = select(_LOCKED.c.vault_id, _LOCKED.c.account_id, _LOCKED.c.method).where(live)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            found = row and read_account(connection, VaultId(row.vault_id), AccountId(row.account_id))
        if row is None or found is None or (found.sample and not self._samples):
            raise Unauthenticated
        return LockedSession(found, row.method, name)

    def leave(self, locked: LockedSession) -> None:
        """Its holder goes without opening anything."""
        with self._database.write() as connection:
            connection.execute(delete(_LOCKED).where(_LOCKED.c.token_digest == locked.token_digest))

    def forget_expired(self) -> None:
        """A job's work; expired ones were refused already."""
        with self._database.write() as connection:
            connection.execute(delete(_LOCKED).where(_LOCKED.c.expires_at <= self._clock.now()))


def is_by_provider(locked: LockedSession | None) -> bool:
    """Whether a provider showed who its holder is, at this sign-in."""
    return locked is not None and locked.method.startswith(BY_PROVIDER)


def end_locked(connection: Connection, locked: LockedSession) -> None:
    """Its token is worth nothing any more, in the transaction of what takes its place. Unauthenticated if it ended."""
    gone = delete(_LOCKED).where(_LOCKED.c.token_digest == locked.token_digest)
    if connection.execute(gone).rowcount != 1:
        raise Unauthenticated

"""A code from an authenticator app (TOTP, RFC 6238) as second factor of accounts that sign in by passphrase.

The seed lies wrapped by the KeyProvider: it guards the sign-in, it opens no vault. A code of the step now, before or
after works, once: the last step used is stored, and moves only forward. Guesses are throttled and logged.
"""

from __future__ import annotations

import base64
import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyotp
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from auth.accounts import Account
from auth.errors import WrongAppCode
from auth.tables import SecondFactorRow
from auth.throttle import ACCOUNT, ADDRESS, Allowance, Throttle, network_of
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.database import Database, table_of
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.wrapped import ServerWrapped

CODE: Final = "code"
ISSUER: Final = "Health data vault"
STEP_SECONDS: Final = 30
SEED_BYTES: Final = 20
_FACTOR = table_of(SecondFactorRow)


@dataclass(frozen=True, slots=True, repr=False)
class Setup:
    """What goes into an app: the seed in base32, and the address that a QR code shows."""

    secret: str
    uri: str


class SecondFactors:
    def __init__(self, database: Database, provider: KeyProvider, log: Log, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._log = log
        self._clock = clock
        self._throttle = Throttle(database, provider, clock)

    def is_on(self, account: Account) -> bool:
        """Whether this account signs in with a code."""
        with self._database.read() as connection:
            return is_on(connection, account)

    def begin(self, account: Account) -> None:
        """A fresh seed, which counts for nothing before ``confirm``. One that is on already stays as it is."""
        wrapped = self._provider.wrap(Purpose.SECOND_FACTOR, os.urandom(SEED_BYTES), _context(account))
        row = {"vault_id": account.vault_id, "account_id": account.account_id, "wrapped_seed": wrapped}
        with self._database.write() as connection:
            connection.execute(delete(_FACTOR).where(_of(account), _FACTOR.c.since.is_(None)))
            if not _row_of(connection, account):
                connection.execute(insert(_FACTOR).values(row | {"last_step": 0, "since": None}))

    def setup(self, account: Account, name: str) -> Setup | None:
        """The seed that waits to be confirmed, under ``name`` in the app; None if none does."""
        with self._database.read() as connection:
            row = _row_of(connection, account)
        if row is None or row.since is not None:
            return None
        secret = base64.b32encode(self._seed(account, row.wrapped_seed)).decode()
        return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))

    def confirm(self, account: Account, typed: str, origin: Origin) -> None:
        """From now on sign-in by passphrase asks for a code. WrongAppCode; TooManyTries."""
        reserved = self._throttle.reserve(*_subjects(account, origin))
        with self._database.write() as connection:
            right = self._use(connection, account, typed)
            if right:
                self._throttle.give_back(connection, reserved)
                changed = update(_FACTOR).where(_of(account), _FACTOR.c.since.is_(None))
                connection.execute(changed.values(since=self._clock.now()))
                self._note(connection, account, "second-factor-on", origin)
        if not right:
            raise WrongAppCode(field="code")

    def turn_off(self, account: Account, origin: Origin) -> None:
        """The passphrase alone signs in again. Nothing happens if it was off."""
        with self._database.write() as connection:
            if connection.execute(delete(_FACTOR).where(_of(account))).rowcount:
                self._note(connection, account, "second-factor-off", origin)

    def check(self, account: Account, typed: str, origin: Origin) -> None:
        """Return once, if ``typed`` is a code of now and the factor is on. WrongAppCode, logged; TooManyTries first."""
        reserved = self._throttle.reserve(*_subjects(account, origin))
        with self._database.write() as connection:
            right = is_on(connection, account) and self._use(connection, account, typed)
            if right:
                self._throttle.give_back(connection, reserved)
        if not right:
            self._refuse(account, origin)
            raise WrongAppCode(field="code")

    def _use(self, connection: Connection, account: Account, typed: str) -> bool:
        """Whether a code is right; it is used up with that. Of two that come at once one is right."""
        row = _row_of(connection, account)
        if row is None:
            return False
        step = _step_of(self._seed(account, row.wrapped_seed), typed, self._clock.now())
        if step is None:
            return False
        forward = update(_FACTOR).where(_of(account), _FACTOR.c.last_step < step).values(last_step=step)
        return connection.execute(forward).rowcount == 1

    def _seed(self, account: Account, wrapped: bytes) -> bytes:
        return self._provider.unwrap(Purpose.SECOND_FACTOR, wrapped, _context(account))

    def _note(self, connection: Connection, account: Account, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, account.vault_id, role=account.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry)

    def _refuse(self, account: Account, origin: Origin) -> None:
        entry = Entry(Event.SIGN_IN, Outcome.REFUSED, "wrong-app-code", accountability=origin.as_accountability())
        with self._database.read() as connection:
            trail = trail_of(connection, account.vault_id, NOBODY, LogRole.ANYONE)
        self._log.refuse(self._database, trail, entry)


def is_on(connection: Connection, account: Account) -> bool:
    """Whether sign-in by passphrase asks this account for a code."""
    row = _row_of(connection, account)
    return row is not None and row.since is not None


def drop(connection: Connection, account: Account) -> None:
    """Off, in the transaction of coming back: the app may be lost with the phone."""
    connection.execute(delete(_FACTOR).where(_of(account)))


@dataclass(frozen=True, slots=True)
class _Row:
    wrapped_seed: bytes
    since: datetime | None


def _row_of(connection: Connection, account: Account) -> _Row | None:
    query = select(_FACTOR.c.wrapped_seed, _FACTOR.c.since).where(_of(account))
    row = connection.execute(query).one_or_none()
    return None if row is None else _Row(row[0], row[1])


def _of(account: Account) -> ColumnElement[bool]:
    return (_FACTOR.c.vault_id == account.vault_id) & (_FACTOR.c.account_id == account.account_id)


def _context(account: Account) -> bytes:
    return _seed_context(account.vault_id, account.account_id)


def _seed_context(vault_id: bytes, account_id: bytes) -> bytes:
    return ctx("second-factor/1", vault_id, account_id)


SERVER_WRAPPED = ServerWrapped(
    _FACTOR, "wrapped_seed", Purpose.SECOND_FACTOR, lambda row: _seed_context(row.vault_id, row.account_id)
)


def _subjects(account: Account, origin: Origin) -> tuple[tuple[Allowance, str], tuple[Allowance, str]]:
    return (ACCOUNT, "code:" + account.account_id.hex()), (ADDRESS, network_of(origin.address))


def _step_of(seed: bytes, typed: str, now: datetime) -> int | None:
    """The step whose code was typed, of now, before or after; None if it is none of them."""
    given = "".join(typed.split())
    if len(given) > 16:
        return None
    codes = pyotp.TOTP(base64.b32encode(seed).decode())
    at = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (at - 1, at, at + 1):
        if hmac.compare_digest(codes.generate_otp(step).encode(), given.encode("utf-8", "replace")):
            found = step
    return found

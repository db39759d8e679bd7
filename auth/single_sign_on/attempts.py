"""Attempts to sign in: begun here, gone to a provider, back once. Each is one browser's, for ten minutes.

An attempt is deleted as it comes back, before its code is spent, so that no answer is heard twice. An identity that
nobody has linked yet waits in a row of the same kind, sealed under what only the browser has.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from auth.single_sign_on.codes import Codes, derive_codes, make_token
from auth.single_sign_on.errors import SignInOver
from auth.single_sign_on.identity import Identity
from auth.tables import SignInAttemptRow
from vault.clock import Clock
from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.errors import Tampered

LASTS = timedelta(minutes=10)
WAITS = timedelta(hours=1)
_ATTEMPT = table_of(SignInAttemptRow)
_LIVE = ("purpose", "provider", "vault_id", "thing_id")


class Purpose(StrEnum):
    """What an attempt is for. ``WAITING`` is none: an identity waits for the account that it will be linked to."""

    CITIZEN = "citizen"
    ADMIN = "admin"
    LINK = "link"
    LINK_ADMIN = "link-admin"
    VIEWER = "viewer"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class About:
    """Whose vault an attempt is about, and which account or grant there."""

    vault_id: bytes
    thing_id: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that came back. ``about`` is set for linking (an account) and for a viewer (a grant)."""

    purpose: Purpose
    provider: str
    about: About | None


class Attempts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def start(self, token: str, purpose: Purpose, provider: str, about: About | None = None) -> None:
        """A new attempt of the browser that holds this token."""
        row = {
            "attempt_digest": _digest(token),
            "purpose": purpose.value,
            "provider": provider,
            "vault_id": about.vault_id if about else None,
            "thing_id": about.thing_id if about else None,
            "ends_at": self._clock.now() + LASTS,
        }
        with self._database.write() as connection:
            connection.execute(insert(_ATTEMPT).values(row))

    def take(self, token: str, state: str, provider: str) -> tuple[Attempt, Codes]:
        """The attempt of this browser and this answer, which is over now. SignInOver.

        A wrong state ends nothing: anybody can send a browser here.
        """
        codes = derive_codes(token)
        if not hmac.compare_digest(codes.state.encode(), state.encode("utf-8", "surrogatepass")):
            raise SignInOver("wrong-state")
        mine = (_ATTEMPT.c.attempt_digest == _digest(token)) & (_ATTEMPT.c.purpose != Purpose.WAITING)
        taken = delete(_ATTEMPT).where(mine).returning(*(_ATTEMPT.c[name] for name in _LIVE), _ATTEMPT.c.ends_at)
        with self._database.write() as connection:
            row = connection.execute(taken).one_or_none()
        if row is None or row.ends_at <= self._clock.now():
            raise SignInOver
        if row.provider != provider:
            raise SignInOver("wrong-issuer")
        about = None if row.vault_id is None else About(row.vault_id, row.thing_id)
        return Attempt(Purpose(row.purpose), row.provider, about), codes

    def keep_waiting(self, provider: str, identity: Identity) -> str:
        """Remember for an hour who came in without an account; the token by which this browser names them."""
        token = make_token()
        told = json.dumps([identity.issuer, identity.subject, identity.email]).encode()
        row = {
            "attempt_digest": _digest(token),
            "purpose": Purpose.WAITING.value,
            "provider": provider,
            "found": seal_box(derive_codes(token).sealing, ctx("sign-in-found/1"), told),
            "ends_at": self._clock.now() + WAITS,
        }
        with self._database.write() as connection:
            connection.execute(insert(_ATTEMPT).values(row))
        return token

    def waiting(self, token: str) -> Identity:
        """Who waits by this token. SignInOver."""
        mine = (_ATTEMPT.c.attempt_digest == _digest(token)) & (_ATTEMPT.c.ends_at > self._clock.now())
        query = select(_ATTEMPT.c.found).where(mine, _ATTEMPT.c.purpose == Purpose.WAITING.value)
        with self._database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise SignInOver
        try:
            return Identity(*json.loads(open_box(derive_codes(token).sealing, ctx("sign-in-found/1"), found)))
        except Tampered:
            raise SignInOver from None

    def forget_old(self) -> None:
        """A job's work; old ones were refused already."""
        with self._database.write() as connection:
            connection.execute(delete(_ATTEMPT).where(_ATTEMPT.c.ends_at <= self._clock.now()))


def end_waiting(connection: Connection, token: str) -> None:
    """It was linked, in this transaction. SignInOver if it was before."""
    if connection.execute(delete(_ATTEMPT).where(_ATTEMPT.c.attempt_digest == _digest(token))).rowcount != 1:
        raise SignInOver


def _digest(token: str) -> bytes:
    return digest("sign-in-attempt/1", token.encode("utf-8", "surrogatepass"))

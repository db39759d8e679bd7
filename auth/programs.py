"""Tokens for a citizen's own programs: named, scoped, expiring, listed with their last use, ended one by one.

A token is a slot of its own: 32 random bytes open a wrap of the vault key, and end with every change of keys. So a
scope below ``everything`` is what this server permits, not what the token could open: whoever has both the token and
the database has the vault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from auth.errors import BadLifetime, NoProgramName, NotForPrograms, TooManyPrograms, UnknownScope
from auth.people import MAX_NAME_CHARACTERS
from auth.sessions import Session
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.database import Database
from vault.errors import NotFound
from vault.ids import SessionId
from vault.keys.sessions import TOKEN
from vault.keys.unlocking import Unlocking

MOST: Final = 20
LONGEST_DAYS: Final = 365
MADE, ENDED = "program-added", "program-removed"


class Scope(StrEnum):
    """What a program may do. ``EVERYTHING`` is all but what asks a person for a fresh proof, and what is about keys."""

    READ = "read"
    ADD = "add"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Program:
    """One token, as its owner sees it. ``last_used_at`` is noted at most every five minutes."""

    program_id: SessionId
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """``token`` is shown this once and stored nowhere."""

    program_id: SessionId
    token: str
    expires_at: datetime


class Programs:
    def __init__(self, database: Database, unlocking: Unlocking, log: Log, clock: Clock) -> None:
        self._database = database
        self._sessions = unlocking.sessions
        self._log = log
        self._clock = clock

    def list(self, session: Session) -> tuple[Program, ...]:
        """Those that haven't expired, the newest first. Tampered."""
        with self._database.read() as connection:
            lines = self._sessions.list(connection, session.own_keyring, TOKEN)
        found = [
            Program(
                line.session_id,
                line.details.get("name", ""),
                scopes_of(line.scopes),
                line.created_at,
                line.expires_at,
                None if line.last_used_at == line.created_at else line.last_used_at,
            )
            for line in lines
        ]
        return tuple(sorted(found, key=lambda each: each.created_at, reverse=True))

    def issue(self, session: Session, name: str, scopes: str, days: int, origin: Origin) -> Issued:
        """A token for the session's own vault; the caller has asked for a fresh proof. ``scopes``: words with spaces.

        NoProgramName, UnknownScope, BadLifetime (1 to 365 days), TooManyPrograms; NotForPrograms.
        """
        if session.kind == TOKEN:
            raise NotForPrograms
        name, chosen = " ".join(name.split()), scopes_of(scopes)
        if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
            raise NoProgramName(field="name")
        if not chosen or len(chosen) != len(set(scopes.split())):
            raise UnknownScope(field="scopes")
        if not 1 <= days <= LONGEST_DAYS:
            raise BadLifetime(field="days")
        expires_at = self._clock.now() + timedelta(days=days)
        token, row = self._sessions.prepare(
            session.own_keyring,
            session.account_id,
            expires_at,
            kind=TOKEN,
            scopes=" ".join(chosen),
            details={"name": name},
        )
        with self._database.write() as connection:
            if len(self._sessions.list(connection, session.own_keyring, TOKEN)) >= MOST:
                raise TooManyPrograms
            self._sessions.store(connection, row)
            self._note(connection, session, MADE, origin)
        return Issued(row["session_id"], token, expires_at)

    def end(self, session: Session, program_id: SessionId, origin: Origin) -> None:
        """Its token opens nothing any more. NotFound for what is none of this account's."""
        with self._database.write() as connection:
            if self._sessions.end(connection, session.own_vault_id, program_id, kind=TOKEN) != 1:
                raise NotFound
            self._note(connection, session, ENDED, origin)

    def _note(self, connection: Connection, session: Session, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, session.own_vault_id, role=session.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, session.own_keyring)


def scopes_of(stored: str) -> tuple[Scope, ...]:
    """The known scopes among words, in the order of ``Scope``."""
    words = set(stored.split())
    return tuple(scope for scope in Scope if scope in words)

"""Where somebody is signed in: each sign-in with its device, since when, last used; ending one or all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from auth.devices import Device, device_in
from auth.sessions import Session
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.database import Database
from vault.errors import NotFound
from vault.ids import SessionId
from vault.keys.sessions import SESSION
from vault.keys.unlocking import Unlocking

ENDED, OTHERS_ENDED = "sign-in-ended", "signed-out-elsewhere"


@dataclass(frozen=True, slots=True)
class SignIn:
    """``last_used_at`` is noted at most every five minutes. ``is_this``: the one that asks."""

    session_id: SessionId
    device: Device
    since: datetime
    last_used_at: datetime
    is_this: bool


class SignIns:
    def __init__(self, database: Database, unlocking: Unlocking, log: Log) -> None:
        self._database = database
        self._sessions = unlocking.sessions
        self._log = log

    def list(self, session: Session) -> tuple[SignIn, ...]:
        """This one first, then the others, the last used before the rest. Those that ended are not told. Tampered."""
        with self._database.read() as connection:
            rows = self._sessions.list(connection, session.own_keyring, SESSION)
        found = [
            SignIn(
                row.session_id,
                device_in(row.details),
                row.created_at,
                row.last_used_at or row.created_at,
                row.session_id == session.session_id,
            )
            for row in rows
        ]
        return tuple(sorted(found, key=lambda each: (each.is_this, each.last_used_at), reverse=True))

    def end(self, session: Session, session_id: SessionId, origin: Origin) -> None:
        """That sign-in opens nothing any more. NotFound for what is none of this account's."""
        with self._database.write() as connection:
            if self._sessions.end(connection, session.own_vault_id, session_id, kind=SESSION) != 1:
                raise NotFound
            self._note(connection, session, ENDED, origin)

    def end_others(self, session: Session, origin: Origin) -> int:
        """Every sign-in but this ends; how many. Tokens of programs stay."""
        with self._database.write() as connection:
            ended = self._sessions.end_all(connection, session.own_vault_id, keep=session.session_id, kind=SESSION)
            self._note(connection, session, OTHERS_ENDED, origin)
        return ended

    def _note(self, connection: Connection, session: Session, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, session.own_vault_id, role=session.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, session.own_keyring)

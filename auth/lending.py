"""Lending: a session shows one share and nothing else, until its owner proves with the passphrase who they are.

For a phone that is handed across the desk. The mark stands at the stored session, so every process and every request
sees it. Who can write the database could remove it; who holds the phone can't.
"""

from __future__ import annotations

from auth.proving import Proving
from auth.sessions import Session
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.clock import Clock
from vault.database import Database
from vault.errors import Conflict, Forbidden
from vault.ids import GrantId
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking

LENT, GIVEN_BACK = "lent", "given-back"


class SessionLent(Forbidden):
    """Whatever it was, it is not what was lent."""

    code = "session-lent"
    advice = "Only one share can be seen here. Its owner can give the phone back to themselves with the passphrase."


class NotLent(Conflict):
    code = "session-not-lent"
    advice = "This sign-in is not lent to anybody."


class Lending:
    """``samples``: as for ``Sessions``."""

    def __init__(
        self, database: Database, provider: KeyProvider, unlocking: Unlocking, log: Log, clock: Clock, *, samples: bool
    ) -> None:
        self._database = database
        self._unlocking = unlocking
        self._log = log
        self._proving = Proving(database, provider, log, clock, samples=samples)

    def lend(self, session: Session, grant_id: GrantId, origin: Origin) -> None:
        """From now on this session shows that grant and nothing else."""
        with self._database.write() as connection:
            self._unlocking.sessions.mark_lent(connection, session.own_vault_id, session.session_id, grant_id)
            accountability = origin.as_accountability()
            entry = Entry(
                Event.HANDOVER, Outcome.DONE, LENT, grant_id=grant_id, grant_version=1, accountability=accountability
            )
            self._log.append(connection, session.trail, entry, session.keyring)

    def give_back(self, session: Session, passphrase: str, origin: Origin) -> None:
        """The session is whole again. WrongSecret, logged, for another passphrase; TooManyTries before any work.

        Visitors of a sample have no passphrase and are asked for none: nobody real is in there.
        """
        proven = None
        if not session.sample:
            claim = self._proving.by_account(session.account, origin)
            proven = self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)
        with self._database.write() as connection:
            if proven is not None:
                self._proving.settle(connection, proven)
            self._unlocking.sessions.mark_lent(connection, session.own_vault_id, session.session_id, None)
            entry = Entry(Event.SIGN_IN, Outcome.DONE, GIVEN_BACK, accountability=origin.as_accountability())
            self._log.append(connection, session.trail, entry, session.keyring)

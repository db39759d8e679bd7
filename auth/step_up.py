"""Step-up: whoever is signed in proves again who they are, before what reaches far.

A proof holds for ten minutes. It gives the session another token, so that one known to somebody else before is not
raised with it. Visitors of a sample have nothing to prove, and nobody real is in there.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from auth.errors import NotForPrograms, ProofNeeded
from auth.proving import Proving
from auth.sessions import Session
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.keys.enrolment import Enrolment, open_own_manifest
from vault.keys.provider import KeyProvider
from vault.keys.sessions import TOKEN
from vault.keys.unlocking import Unlocking

HOLDS_FOR = timedelta(minutes=10)
PROVEN = "proven-again"


class StepUp:
    """``samples``: as for ``Sessions``."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        unlocking: Unlocking,
        log: Log,
        *,
        clock: Clock,
        samples: bool = False,
    ) -> None:
        self._database = database
        self._provider = provider
        self._enrolment = enrolment
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._proving = Proving(database, provider, log, clock, samples=samples)

    def check(self, session: Session) -> None:
        """ProofNeeded unless its holder proved within ten minutes who they are. NotForPrograms for a token."""
        if session.kind == TOKEN:
            raise NotForPrograms
        if session.sample:
            return
        if session.proven_at is None or self._clock.now() - session.proven_at > HOLDS_FOR:
            raise ProofNeeded

    def ways(self, session: Session) -> frozenset[SlotKind]:
        """The kinds of ways in by which this session's holder could prove who they are."""
        with self._database.read() as connection:
            stored = self._enrolment.read_state(connection, session.own_vault_id)
        return frozenset(slot.kind for slot in open_own_manifest(self._provider, session.own_keyring, stored).slots)

    def by_passphrase(self, session: Session, passphrase: str, origin: Origin) -> str:
        """The session's new token; slow. WrongSecret, logged, for another passphrase; TooManyTries before any work."""
        claim = self._proving.by_account(session.account, origin)
        proven = self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)
        with self._database.write() as connection:
            self._proving.settle(connection, proven)
            return self.settle(connection, session, origin)

    def settle(self, connection: Connection, session: Session, origin: Origin) -> str:
        """Note the proof in the transaction of what gave it; the session's new token. The old one is worth nothing."""
        token = self._unlocking.sessions.renew(connection, session.own_keyring, session.session_id)
        trail = trail_of(connection, session.own_vault_id, role=session.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, PROVEN, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, session.own_keyring)
        return token

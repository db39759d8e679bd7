"""Erasing everything: one's own vault with its account, or the vault one holds for somebody else.

Nobody goes while they hold another's vault: it would be nobody's then, locked for ever.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from auth.carers.errors import NotTheHolder, StillHeld
from auth.carers.people import LookedAfter, prepare_people, read_people
from auth.carers.reminders import drop_reminders
from auth.sessions import Session
from vault import freshness
from vault.clock import Clock
from vault.database import Database
from vault.erasure.erasures import Erasures
from vault.keys.unlocking import Unlocking
from vault.papers import Papers


class VaultErasing:
    """Of the person signed in, in the vault that their session works in."""

    def __init__(
        self, database: Database, unlocking: Unlocking, erasures: Erasures, clock: Clock, session: Session
    ) -> None:
        self._database = database
        self._unlocking = unlocking
        self._erasures = erasures
        self._clock = clock
        self._session = session

    def held(self) -> tuple[LookedAfter, ...]:
        """Whose vaults this person holds, if it is their own that they would erase; none while acting."""
        if self._session.acting is not None:
            return ()
        with self._database.read() as connection:
            return tuple(each for each in read_people(connection, self._session.keyring).people if each.holds)

    def erase(self) -> str:
        """Everything of this vault is gone; the address of its certificate. StillHeld; NotTheHolder; LogUnavailable."""
        if self._session.acting is not None:
            if not self._session.acting.holds:
                raise NotTheHolder
            return freshness.retrying(self._erase_held)
        if self.held():
            raise StillHeld
        return self._erasures.erase(self._session.trail)

    def _erase_held(self) -> str:
        session, own = self._session, self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
        left = replace(people, people=tuple(each for each in people.people if each.vault_id != session.vault_id))
        paper = prepare_people(own, left, self._clock)

        def forget(connection: Connection) -> None:
            Papers(own).exchange(connection, state, paper)
            drop_reminders(connection, own.vault_id, people.get(session.vault_id))
            self._unlocking.sessions.mark_acting(connection, session.own_vault_id, session.session_id, None)

        return self._erasures.erase(session.trail, forget)

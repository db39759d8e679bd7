"""*I don't recognise this*: a share is frozen at once, and may be let go again. Bound to one vault and one actor.

Frozen, the link refuses everybody as if it had ended, and every open, viewing token and ticket of it is gone for good;
who is let in later starts again. Nothing sealed is read, so that nothing unreadable can keep a link open.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from sharing.links.counting import forget_opens
from sharing.links.state import link_state, state_word
from sharing.tables import StoredGrant
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.clock import Clock
from vault.database import Database, table_of
from vault.errors import NotFound
from vault.ids import GrantId
from vault.keys.keyring import Keyring

UNDONE = "undone"
_GRANT = table_of(StoredGrant)


class Freezing:
    def __init__(
        self, database: Database, keyring: Keyring, *, log: Log, trail: Trail, clock: Clock, origin: Origin
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._log = log
        self._trail = trail
        self._clock = clock
        self._origin = origin

    def freeze(self, grant_id: GrantId) -> str:
        """The share's state after it, by its word: ``frozen``, or how it had ended already. NotFound. Twice is once."""
        now = self._clock.now()
        living = (_GRANT.c.withdrawn_at.is_(None), _GRANT.c.ends_at > now, _GRANT.c.frozen_at.is_(None))
        with self._database.write() as connection:
            # The row's lock comes first: an open that was counted before it is forgotten, one after it is refused.
            done = connection.execute(update(_GRANT).where(*self._mine(grant_id), *living).values(frozen_at=now))
            if done.rowcount == 1:
                forget_opens(connection, self._keyring.vault_id, grant_id)
                self._note(connection, grant_id)
            return self._word(connection, grant_id)

    def unfreeze(self, grant_id: GrantId) -> str:
        """It was fine: the link works again for who comes next. The share's state after it. NotFound. Twice is once."""
        frozen = (_GRANT.c.withdrawn_at.is_(None), _GRANT.c.frozen_at.is_not(None))
        with self._database.write() as connection:
            done = connection.execute(update(_GRANT).where(*self._mine(grant_id), *frozen).values(frozen_at=None))
            if done.rowcount == 1:
                self._note(connection, grant_id, UNDONE)
            return self._word(connection, grant_id)

    def _mine(self, grant_id: GrantId) -> tuple[Any, Any]:
        return _GRANT.c.vault_id == self._keyring.vault_id, _GRANT.c.grant_id == grant_id

    def _note(self, connection: Connection, grant_id: GrantId, reason: str = "") -> None:
        version = self._row(connection, grant_id).version
        told = self._origin.as_accountability()
        entry = Entry(Event.FREEZE, Outcome.DONE, reason, grant_id=grant_id, grant_version=version, accountability=told)
        self._log.append(connection, self._trail, entry, self._keyring)

    def _word(self, connection: Connection, grant_id: GrantId) -> str:
        row = self._row(connection, grant_id)
        return state_word(link_state(row, has_keys=row.destroyed_at is None), self._clock.now())

    def _row(self, connection: Connection, grant_id: GrantId) -> Row[Any]:
        row = connection.execute(select(_GRANT).where(*self._mine(grant_id))).one_or_none()
        if row is None:
            raise NotFound
        return row

"""New keys for the vault of whoever is signed in, with or without ways in that were lost. docs/specs/rotation.md.

Needs a fresh proof (``auth.step_up``), which the caller asks for. Every sign-in and every program's token ends; whoever
asked goes on with a token of the new keys. A recovery code isn't lost here but replaced, because one must always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete
from sqlalchemy.exc import SQLAlchemyError

from auth.changing import Change, Changing, WaysBefore
from auth.devices import device_of
from auth.errors import CodeNotLost
from auth.sessions import Session
from auth.tables import LockedSessionRow
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.crypto.slots import SlotKind
from vault.database import Database, table_of
from vault.errors import Forbidden, VaultError
from vault.freshness import State
from vault.ids import SlotId
from vault.keys.keyring import Keyring
from vault.keys.unlocking import Unlocking
from vault.rotating.next_keys import NextKeys, Wanted, store_next_keys
from vault.rotating.rotation import Rotation

ALL_NEW, LOST = "all-new", "way-in-lost"
_LOCKED = table_of(LockedSessionRow)
_KINDS = {kind: kind.name.lower().replace("_", "-") for kind in SlotKind}
CAN_BE_LOST = frozenset((SlotKind.PASSPHRASE, SlotKind.PASSKEY))

Step = Callable[[Connection], None]


@dataclass(frozen=True, slots=True, repr=False)
class Renewed:
    """The session's new token. ``keyring``: the vault under its new keys. ``done``: nothing is left to wrap again."""

    token: str
    keyring: Keyring
    done: bool


class Rotations:
    def __init__(
        self, database: Database, rotation: Rotation, unlocking: Unlocking, changing: Changing, log: Log
    ) -> None:
        self._database = database
        self._rotation = rotation
        self._unlocking = unlocking
        self._changing = changing
        self._log = log

    def renew(
        self, session: Session, origin: Origin, lost: Collection[SlotId] = (), *, then: Step | None = None
    ) -> Renewed:
        """New keys without the ways in that were lost; ``then`` runs in the transaction that counts.

        NotFound for an unknown way in, CodeNotLost, TooFewSlots, KeysChanged. Tampered, and then nothing has changed.
        """
        if session.acting is not None:
            raise Forbidden
        started = freshness.retrying(lambda: self._start(session, origin, lost, then))
        if lost:
            self._forget(session, started.keyring, lost)
        return Renewed(started.token, started.keyring, self.finish(started.keyring))

    def finish(self, keyring: Keyring) -> bool:
        """Do what is left of a rotation; False if it has to wait for another unlock: then everything opens as it is."""
        try:
            self._rotation.finish(keyring)
        except (VaultError, SQLAlchemyError, OSError):
            return False
        if keyring.previous is not None and self._database.is_sqlite:
            self._database.truncate_wal()
        return True

    def _forget(self, session: Session, keyring: Keyring, lost: Collection[SlotId]) -> None:
        """The names of what was lost. Where that fails they stay, and name nothing."""

        def plan(before: WaysBefore) -> Change:
            return Change(None, before.notes.without(lost))

        with suppress(VaultError, SQLAlchemyError, OSError):
            self._changing.run(keyring, session.account, plan, reason="", origin=Origin("", ""))

    def _start(self, session: Session, origin: Origin, lost: Collection[SlotId], then: Step | None) -> Renewed:
        keys = self._rotation.prepare(session.keyring, Wanted(lost))
        if not CAN_BE_LOST.issuperset(keys.removed_kinds):
            raise CodeNotLost
        device = device_of(origin).as_details()
        token, row = self._unlocking.sessions.prepare(
            keys.keyring, session.account_id, session.expires_at, details=device
        )
        with self._database.write() as connection:
            state = store_next_keys(connection, keys)
            self._unlocking.sessions.end_all(connection, session.vault_id)
            connection.execute(delete(_LOCKED).where(_LOCKED.c.vault_id == session.vault_id))
            self._unlocking.sessions.store(connection, row)
            if then is not None:
                then(connection)
            self._note(connection, session, keys, state, origin)
        return Renewed(token, keys.keyring, done=False)

    def _note(self, connection: Connection, session: Session, keys: NextKeys, state: State, origin: Origin) -> None:
        trail = trail_of(connection, session.vault_id, role=session.role)
        kinds = [_KINDS[kind] for kind in keys.removed_kinds]
        entry = Entry(
            Event.KEYS,
            Outcome.DONE,
            LOST if kinds else ALL_NEW,
            count=len(kinds),
            subject={"generation": keys.keyring.generation, "removed": kinds} | state.for_log(),
            accountability=origin.as_accountability(),
        )
        self._log.append(connection, trail, entry, keys.keyring)

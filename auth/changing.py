"""Changing who can open a vault: slots, what is noted of them, freshness and the log move in one short transaction.

A citizen never ends without a recovery code that was confirmed, once one was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, update

from auth.accounts import Account
from auth.errors import LastRecoveryCode
from auth.tables import AccountRow
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.database import Database, table_of
from vault.keys.enrolment import Enrolment, SlotChange, open_own_manifest
from vault.keys.keyring import Keyring
from vault.keys.manifest import Manifest
from vault.keys.provider import KeyProvider
from vault.keys.stored import StoredKeys
from vault.papers import Papers
from vault.slot_notes import SlotNotes, prepare_slot_notes, read_slot_notes

_ACCOUNT = table_of(AccountRow)


@dataclass(frozen=True, slots=True)
class WaysBefore:
    """What a change starts from: the stored keys, the checked manifest, the notes."""

    keys: StoredKeys
    manifest: Manifest
    notes: SlotNotes


@dataclass(frozen=True, slots=True)
class Change:
    """Other slots (None: the same), and what is noted of them from then on."""

    slots: SlotChange | None
    notes: SlotNotes


Plan = Callable[[WaysBefore], Change]
Step = Callable[[Connection], None]


def nothing_more(_connection: Connection) -> None:
    """The step of who has none."""


class Changing:
    def __init__(self, database: Database, provider: KeyProvider, enrolment: Enrolment, log: Log, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._enrolment = enrolment
        self._log = log
        self._clock = clock

    def read(self, connection: Connection, keyring: Keyring) -> WaysBefore:
        """The ways in as they are. Tampered."""
        keys = self._enrolment.read_state(connection, keyring.vault_id)
        manifest = open_own_manifest(self._provider, keyring, keys)
        return WaysBefore(keys, manifest, read_slot_notes(connection, keyring, manifest))

    def run(
        self,
        keyring: Keyring,
        account: Account,
        plan: Plan,
        *,
        reason: str,
        origin: Origin,
        settle: Step = nothing_more,
        then: Step = nothing_more,
    ) -> Change:
        """``plan`` may be slow and run again; ``settle`` opens the transaction, ``then`` ends it. KeysChanged.

        ``reason`` is the log's code; empty for what needs no entry. LastRecoveryCode, TooFewSlots.
        """
        return freshness.retrying(
            lambda: self._attempt(keyring, account, plan, reason=reason, origin=origin, settle=settle, then=then)
        )

    def _attempt(
        self,
        keyring: Keyring,
        account: Account,
        plan: Plan,
        *,
        reason: str,
        origin: Origin,
        settle: Step,
        then: Step,
    ) -> Change:
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            before = self.read(connection, keyring)
        change = plan(before)
        paper = prepare_slot_notes(keyring, change.notes, self._clock)
        with self._database.write() as connection:
            settle(connection)
            moved = self._enrolment.store_change(connection, change.slots) if change.slots else None
            Papers(keyring).exchange(connection, state, paper, moved)
            _mark_confirmed(connection, account, change.notes.has_confirmed_code)
            then(connection)
            if reason:
                self._note(connection, keyring, account, reason, origin)
        return change

    def _note(self, connection: Connection, keyring: Keyring, account: Account, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, keyring.vault_id, role=account.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, keyring)


def keep_a_code(before: SlotNotes, after: SlotNotes) -> SlotNotes:
    """``after``; LastRecoveryCode if no confirmed recovery code would be left of those there were."""
    if before.has_confirmed_code and not after.has_confirmed_code:
        raise LastRecoveryCode
    return after


def _mark_confirmed(connection: Connection, account: Account, confirmed: bool) -> None:
    """The sealed paper is the truth; this copy beside the account spares every request from opening it."""
    mine = (_ACCOUNT.c.vault_id == account.vault_id) & (_ACCOUNT.c.account_id == account.account_id)
    connection.execute(update(_ACCOUNT).where(mine).values(recovery_confirmed=confirmed))

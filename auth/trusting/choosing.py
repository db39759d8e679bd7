"""Choosing a trusted person: an invitation, their proven answer, a slot in two halves; and taking all of it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert

from auth.invited import drop_invitation, open_invitation, read_answer
from auth.people import check_name
from auth.sessions import Session
from auth.tables import AskRow, TrustedRow
from auth.trusting.errors import BadWait, HasTrustedPerson, NotAnsweredYet
from auth.trusting.papers import Invited, MyPerson, TrustedPerson, prepare_my_person, read_my_person
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database, table_of
from vault.errors import NotFound, Tampered
from vault.ids import SlotId
from vault.keys.enrolment import Enrolment
from vault.keys.invitations import TRUSTED, Person, make_invitation
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.trusted import make_trusted_slot, server_half_context
from vault.keys.wrapped import ServerWrapped
from vault.papers import Papers

LASTS: Final = timedelta(days=7)
SHORTEST_WAIT_DAYS: Final = 7
LONGEST_WAIT_DAYS: Final = 30
_TRUSTED, _ASK = table_of(TrustedRow), table_of(AskRow)
SERVER_WRAPPED: Final = ServerWrapped(
    _TRUSTED,
    "wrapped_half",
    Purpose.VAULT_KEYS,
    lambda row: server_half_context(row.vault_id, row.slot_id, row.wait_days),
    ("wait_days",),
)


class Choosing:
    """Of the citizen signed in, in their own vault."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        *,
        log: Log,
        clock: Clock,
        session: Session,
        origin: Origin,
    ) -> None:
        self._database = database
        self._provider = provider
        self._enrolment = enrolment
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin

    def mine(self) -> tuple[MyPerson, Person | None]:
        """Whom this citizen trusts or has invited, and who answered. A forged answer is as none."""
        with self._database.read() as connection:
            mine = self._read(connection)
            return mine, self._answered(connection, mine)

    def invite(self, called: str, wait_days: int) -> Invited:
        """An open invitation, in place of one before. BadName, BadWait; HasTrustedPerson."""
        name = check_name(called)
        if not SHORTEST_WAIT_DAYS <= wait_days <= LONGEST_WAIT_DAYS:
            raise BadWait(field="wait_days")
        return freshness.retrying(lambda: self._invite(name, wait_days))

    def accept(self) -> TrustedPerson:
        """The answer is proven, and the slot made. NotAnsweredYet; Tampered for a forged one."""
        return freshness.retrying(self._accept)

    def take_back(self) -> None:
        """No invitation and no trusted person any more; what they hold opens nothing. They aren't told."""
        freshness.retrying(self._take_back)

    def _invite(self, called: str, wait_days: int) -> Invited:
        keyring = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            mine = self._read(connection)
        if mine.person is not None:
            raise HasTrustedPerson
        invited = Invited(make_invitation(TRUSTED, keyring.vault_id), called, wait_days, self._clock.now() + LASTS)
        paper = prepare_my_person(keyring, replace(mine, invited=invited), self._clock)
        with self._database.write() as connection:
            if mine.invited:
                drop_invitation(connection, keyring.vault_id, mine.invited.invitation.invitation_id)
            open_invitation(connection, invited.invitation, invited.ends_at)
            Papers(keyring).exchange(connection, state, paper)
            self._note(connection, "trusted-invited")
        return invited

    def _accept(self) -> TrustedPerson:
        keyring = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            mine = read_my_person(connection, keyring)
            invited = mine.invited
            answered = read_answer(connection, invited.invitation) if invited else None
            stored = self._enrolment.read_state(connection, keyring.vault_id)
        if invited is None or answered is None or self._clock.now() >= invited.ends_at:
            raise NotAnsweredYet
        answer, person = answered
        made = make_trusted_slot(self._provider, keyring, answer.public_key, invited.wait_days, self._clock.now())
        change = self._enrolment.prepare_change(keyring, stored, add=(made.slot,))
        slot_id = made.slot.listed.slot_id
        trusted = TrustedPerson(slot_id, answer.vault_id, person.name, invited.wait_days, self._clock.now())
        paper = prepare_my_person(keyring, replace(mine, person=trusted, invited=None), self._clock)
        with self._database.write() as connection:
            moved = self._enrolment.store_change(connection, change)
            Papers(keyring).exchange(connection, state, paper, moved)
            connection.execute(insert(_TRUSTED).values(**made.halves, trusted_vault=answer.vault_id))
            drop_invitation(connection, keyring.vault_id, invited.invitation.invitation_id)
            self._note(connection, "trusted-chosen")
        return trusted

    def _take_back(self) -> None:
        keyring = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            mine = read_my_person(connection, keyring)
            stored = self._enrolment.read_state(connection, keyring.vault_id)
        if mine.person is None and mine.invited is None:
            raise NotFound
        gone = (mine.person.slot_id,) if mine.person else ()
        change = self._enrolment.prepare_change(keyring, stored, remove=gone) if gone else None
        paper = prepare_my_person(keyring, MyPerson(mine.version), self._clock)
        with self._database.write() as connection:
            moved = self._enrolment.store_change(connection, change) if change else None
            Papers(keyring).exchange(connection, state, paper, moved)
            for slot_id in gone:
                drop_halves(connection, keyring.vault_id, slot_id)
            if mine.invited:
                drop_invitation(connection, keyring.vault_id, mine.invited.invitation.invitation_id)
            self._note(connection, "trusted-removed")

    def _read(self, connection: Connection) -> MyPerson:
        """A person whose slot has gone, by coming back through them, is none any more."""
        mine = read_my_person(connection, self._session.own_keyring)
        stored = self._enrolment.read_state(connection, self._session.own_vault_id)
        listed = stored.open_manifest(self._provider).listed(SlotKind.TRUSTED)
        stands = mine.person is not None and any(slot.slot_id == mine.person.slot_id for slot in listed)
        return mine if stands else replace(mine, person=None)

    def _answered(self, connection: Connection, mine: MyPerson) -> Person | None:
        if mine.invited is None or self._clock.now() >= mine.invited.ends_at:
            return None
        try:
            answered = read_answer(connection, mine.invited.invitation)
        except Tampered:
            return None
        return answered[1] if answered else None

    def _note(self, connection: Connection, reason: str) -> None:
        entry = Entry(Event.CARE, Outcome.DONE, reason, accountability=self._origin.as_accountability())
        self._log.append(connection, self._session.trail, entry, self._session.own_keyring)


def drop_halves(connection: Connection, vault_id: bytes, slot_id: SlotId) -> None:
    """Both halves and any ask for them."""
    for table in (_ASK, _TRUSTED):
        connection.execute(delete(table).where(table.c.vault_id == vault_id, table.c.slot_id == slot_id))

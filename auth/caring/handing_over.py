"""Handing a vault over to the person it is of: their own ways in, new keys, and nobody else's. docs/specs/caring.md.

Only who holds the vault does it. All of it is one transaction: before it nothing has changed, after it whoever held
the vault opens nothing. What is left to wrap again is done in the same request, or at the person's next sign-in.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from auth.accounts import Account, make_account_row, store_account
from auth.carers.errors import NotAnswered, NotTheHolder, WrongDigits
from auth.carers.people import People, prepare_people, read_people
from auth.carers.powers import Carers, Invited, prepare_carers, read_carers
from auth.carers.reminders import drop_reminders
from auth.errors import SampleStays
from auth.invited import drop_invitation, drop_invitations, open_invitation, read_unproven
from auth.roles import Role
from auth.sessions import Session
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.database import Database
from vault.errors import Tampered, VaultError
from vault.freshness import State
from vault.ids import AccountId, SlotId, make_id
from vault.keys.enrolment import Enrolment, open_own_manifest
from vault.keys.invitations import OWNER, make_invitation
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.slots import NewSlot
from vault.keys.taking_over import Offer, check_offer, offer_digits, seal_offered
from vault.keys.unlocking import Unlocking
from vault.papers import Papers
from vault.rotating.next_keys import NextKeys, Wanted, store_next_keys
from vault.rotating.rotation import Rotation
from vault.slot_notes import SlotNote, SlotNotes, prepare_slot_notes, read_slot_notes

LASTS: Final = timedelta(days=7)
HANDED_OVER: Final = "handed-over"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a hand-over is. ``email``: of who answered, empty while nobody has. A forged answer is as none."""

    invited: Invited | None
    email: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """``email`` is what the person signs in with from now on."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class _Before:
    """What the work starts from: the person's vault, then the holder's own list of people."""

    carers: Carers
    notes: SlotNotes
    slots: frozenset[SlotId]
    own_state: State
    people: People


class HandingOver:
    """Of who holds a vault for somebody, while they act in it."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        unlocking: Unlocking,
        rotation: Rotation,
        *,
        log: Log,
        clock: Clock,
        session: Session,
        origin: Origin,
    ) -> None:
        self._database = database
        self._provider = provider
        self._enrolment = enrolment
        self._unlocking = unlocking
        self._rotation = rotation
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin

    def standing(self) -> Standing:
        """NotTheHolder."""
        self._must_hold()
        with self._database.read() as connection:
            invited = self._open(read_carers(connection, self._session.keyring).owner)
            answered = self._answered(connection, invited)
        return Standing(invited, answered[0].email if answered else "")

    def invite(self) -> Invited:
        """An invitation for the person, in place of one before; its text goes to them alone. NotTheHolder."""
        self._must_hold()
        return freshness.retrying(self._invite)

    def withdraw(self) -> None:
        """It works no more; who answered it has got nothing. NotTheHolder."""
        self._must_hold()
        freshness.retrying(self._withdraw)

    def finish(self, digits: str) -> HandedOver:
        """The vault is theirs, and whoever held it or cared for it opens nothing any more.

        NotTheHolder; NotAnswered; WrongDigits; EmailTaken: the address got an account meanwhile; KeysChanged. Tampered,
        and then nothing has changed.
        """
        self._must_hold()
        handed, keyring = freshness.retrying(lambda: self._finish(digits))
        with suppress(VaultError, SQLAlchemyError, OSError):  # The person's next sign-in goes on with it.
            self._rotation.finish(keyring)
            if self._database.is_sqlite:
                self._database.truncate_wal()
        return handed

    def _invite(self) -> Invited:
        keyring = self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            carers = read_carers(connection, keyring)
        invited = Invited(make_invitation(OWNER, keyring.vault_id), "", frozenset(), self._clock.now() + LASTS)
        paper = prepare_carers(keyring, replace(carers, owner=invited), self._clock)
        with self._database.write() as connection:
            if carers.owner:
                drop_invitation(connection, keyring.vault_id, carers.owner.invitation.invitation_id)
            open_invitation(connection, invited.invitation, invited.ends_at)
            Papers(keyring).exchange(connection, state, paper)
            self._log.append(connection, self._session.trail, self._entry("take-over-invited"), keyring)
        return invited

    def _withdraw(self) -> None:
        keyring = self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            carers = read_carers(connection, keyring)
        if carers.owner is None:
            return
        paper = prepare_carers(keyring, replace(carers, owner=None), self._clock)
        with self._database.write() as connection:
            drop_invitation(connection, keyring.vault_id, carers.owner.invitation.invitation_id)
            Papers(keyring).exchange(connection, state, paper)
            self._log.append(connection, self._session.trail, self._entry("invitation-withdrawn"), keyring)

    def _finish(self, digits: str) -> tuple[HandedOver, Keyring]:
        session, now = self._session, self._clock.now()
        with self._database.read() as connection:
            before = self._read(connection)
            answered = self._answered(connection, self._open(before.carers.owner))
        if answered is None:
            raise NotAnswered
        offer, right = answered
        if not hmac.compare_digest(right.encode(), "".join(digits.split()).encode()):
            raise WrongDigits(field="digits")
        person = before.people.get(session.vault_id)

        def theirs(new: Keyring) -> tuple[NewSlot, ...]:
            return tuple(seal_offered(new, each, now) for each in (offer.passphrase, offer.code))

        keys = self._rotation.prepare(session.keyring, Wanted(before.slots, theirs, hands_over=True))
        account = Account(AccountId(make_id()), session.vault_id, Role.CITIZEN, recovery_confirmed=True, sample=False)
        row = make_account_row(self._provider, offer.email, account, now)
        own = session.own_keyring
        left = replace(before.people, people=tuple(each for each in before.people.people if each != person))
        list_of_mine = prepare_people(own, left, self._clock)
        with self._database.write() as connection:
            store_account(connection, self._provider, offer.email, row)
            self._store_keys(connection, keys, before, offer)
            Papers(own).exchange(connection, before.own_state, list_of_mine)
            drop_reminders(connection, own.vault_id, person)
            self._unlocking.sessions.mark_acting(connection, session.own_vault_id, session.session_id, None)
            mine = trail_of(connection, session.own_vault_id, role=session.role)
            self._log.append(connection, mine, self._entry(HANDED_OVER), own)
        return HandedOver(person.name, offer.email), keys.keyring

    def _store_keys(self, connection: Connection, keys: NextKeys, before: _Before, offer: Offer) -> None:
        """The person's vault under its new keys, with their own ways in, and nobody's else."""
        new, vault_id = keys.keyring, self._session.vault_id
        state = store_next_keys(connection, keys)
        kept = SlotNote("", offer.last_group, confirmed=True)
        notes = before.notes.without(before.slots).noting(offer.passphrase.slot_id, SlotNote())
        papers = [prepare_slot_notes(new, notes.noting(offer.code.slot_id, kept), self._clock)]
        papers.append(prepare_carers(new, _nobody(before.carers), self._clock))
        for paper in papers:
            state = Papers(new).exchange(connection, state, paper)
        self._unlocking.sessions.end_all(connection, vault_id)
        drop_invitations(connection, vault_id)
        kinds = [kind.name.lower().replace("_", "-") for kind in keys.removed_kinds]
        subject = {"generation": new.generation, "removed": kinds} | state.for_log()
        came_from = self._origin.as_accountability()
        entry = Entry(Event.KEYS, Outcome.DONE, HANDED_OVER, subject=subject, accountability=came_from)
        self._log.append(connection, self._session.trail, entry, new)

    def _read(self, connection: Connection) -> _Before:
        keyring, own = self._session.keyring, self._session.own_keyring
        stored = self._enrolment.read_state(connection, keyring.vault_id)
        manifest = open_own_manifest(self._provider, keyring, stored)
        return _Before(
            carers=read_carers(connection, keyring),
            notes=read_slot_notes(connection, keyring, manifest),
            slots=frozenset(slot.slot_id for slot in manifest.slots),
            own_state=freshness.read(connection, own),
            people=read_people(connection, own),
        )

    def _answered(self, connection: Connection, invited: Invited | None) -> tuple[Offer, str] | None:
        """The proven offer and its digits."""
        answer = read_unproven(connection, invited.invitation) if invited else None
        if invited is None or answer is None:
            return None
        try:
            offer = check_offer(invited.invitation, answer)
        except Tampered:  # Somebody wrote into the row; the person can still be invited again.
            return None
        return offer, offer_digits(self._provider, invited.invitation, answer.sealed)

    def _open(self, invited: Invited | None) -> Invited | None:
        return invited if invited and self._clock.now() < invited.ends_at else None

    def _must_hold(self) -> None:
        acting = self._session.acting
        if acting is None or not acting.holds:
            raise NotTheHolder
        if self._session.sample:
            raise SampleStays

    def _entry(self, reason: str) -> Entry:
        return Entry(Event.CARE, Outcome.DONE, reason, accountability=self._origin.as_accountability())


def _nobody(carers: Carers) -> Carers:
    """The same after all of them have gone; what they did keeps their names."""
    for carer in carers.carers:
        carers = carers.without(carer)
    return replace(carers, invited=(), owner=None)

"""Inviting carers: a secret on its way to one person, their answer, and the slot once the answer is proven.

Only who owns a vault, or holds it for somebody without an account, invites, and only while it is unlocked: a carer
gives nobody else what they were given.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from auth.carers.errors import NoPowers, NotAnswered, NotTheHolder, TooManyInvitations
from auth.carers.people import MOST_PEOPLE, LookedAfter, People, prepare_people, read_people
from auth.carers.powers import MOST_INVITATIONS, Carer, Invited, Power, prepare_carers, read_carers
from auth.invited import drop_invitation, open_invitation, read_answer, store_answer
from auth.people import check_name
from auth.sessions import Session
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.clock import Clock
from vault.database import Database
from vault.errors import Tampered
from vault.founding import read_profile
from vault.ids import InvitationId, VaultId
from vault.keys.caring import find_carer_key, prepare_carer_key, seal_carer_slot, store_carer_key
from vault.keys.enrolment import Enrolment
from vault.keys.invitations import (
    CARER,
    BadInvitation,
    Person,
    make_answer,
    make_invitation,
    parse_invitation,
)
from vault.keys.manifest import MAX_CARERS, TooManyCarers
from vault.papers import Papers

LASTS = timedelta(days=7)


class Inviting:
    """Of the person signed in: invitations of the vault they are in, and answers of their own."""

    def __init__(
        self, database: Database, enrolment: Enrolment, *, log: Log, clock: Clock, session: Session, origin: Origin
    ) -> None:
        self._database = database
        self._enrolment = enrolment
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin

    def invite(self, called: str, powers: frozenset[Power]) -> Invited:
        """An open invitation; its text goes to one person, by a way the inviter trusts.

        NotTheHolder; NoPowers; BadName; TooManyInvitations, TooManyCarers.
        """
        self._must_hold()
        if not powers:
            raise NoPowers(field="powers")
        name = check_name(called)
        return freshness.retrying(lambda: self._invite(name, powers))

    def open_invitations(self) -> tuple[tuple[Invited, Person | None], ...]:
        """Each with who answered it, None while nobody has. A forged answer is as none."""
        with self._database.read() as connection:
            carers = read_carers(connection, self._session.keyring)
            return tuple((each, self._answered(connection, each)) for each in carers.invited if not self._over(each))

    def withdraw(self, invitation_id: InvitationId) -> None:
        """It works no more. NotFound; NotTheHolder."""
        self._must_hold()
        freshness.retrying(lambda: self._drop(invitation_id))

    def answer(self, text: str) -> None:
        """Say yes to an invitation, as the person signed in, who then waits for the inviter. BadInvitation."""
        invitation = parse_invitation(CARER, text)
        own = self._session
        if invitation.vault_id == own.vault_id or own.acting is not None or own.sample:
            raise BadInvitation(field="invitation")
        freshness.retrying(lambda: self._answer(text))

    def accept(self, invitation_id: InvitationId, powers: frozenset[Power]) -> Carer:
        """The answer is proven and the carer let in. NotFound, NotAnswered, TooManyCarers; Tampered if it is forged."""
        self._must_hold()
        if not powers:
            raise NoPowers(field="powers")
        return freshness.retrying(lambda: self._accept(invitation_id, powers))

    def _invite(self, called: str, powers: frozenset[Power]) -> Invited:
        keyring = self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            carers = read_carers(connection, keyring)
        waiting = tuple(each for each in carers.invited if not self._over(each))
        if len(carers.carers) >= MAX_CARERS:
            raise TooManyCarers
        if len(waiting) >= MOST_INVITATIONS:
            raise TooManyInvitations
        invitation = make_invitation(CARER, keyring.vault_id)
        invited = Invited(invitation, called, powers, self._clock.now() + LASTS)
        paper = prepare_carers(keyring, replace(carers, invited=(*waiting, invited)), self._clock)
        with self._database.write() as connection:
            open_invitation(connection, invitation, invited.ends_at)
            Papers(keyring).exchange(connection, state, paper)
            self._note(connection, "invited")
        return invited

    def _drop(self, invitation_id: InvitationId) -> None:
        keyring = self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            carers = read_carers(connection, keyring)
        gone = carers.by_invitation(invitation_id)
        left = tuple(each for each in carers.invited if each != gone)
        paper = prepare_carers(keyring, replace(carers, invited=left), self._clock)
        with self._database.write() as connection:
            drop_invitation(connection, keyring.vault_id, invitation_id)
            Papers(keyring).exchange(connection, state, paper)
            self._note(connection, "invitation-withdrawn")

    def _answer(self, text: str) -> None:
        invitation, own = parse_invitation(CARER, text), self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
            profile = read_profile(connection, own)
            public_key = find_carer_key(connection, own)
        if len(people.people) >= MOST_PEOPLE:
            raise BadInvitation(field="invitation")
        new_key = None if public_key else prepare_carer_key(own)
        key = public_key or (new_key or {})["public_key"]
        answer = make_answer(invitation, own.vault_id, key, Person(profile.name, own.pseudonym))
        paper = prepare_people(own, _with_new(people, invitation.vault_id), self._clock)
        with self._database.write() as connection:
            store_answer(connection, invitation, answer, self._clock.now())
            if new_key is not None:
                store_carer_key(connection, new_key)
            Papers(own).exchange(connection, state, paper)
            self._note(connection, "invitation-answered")

    def _accept(self, invitation_id: InvitationId, powers: frozenset[Power]) -> Carer:
        keyring = self._session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            carers = read_carers(connection, keyring)
            invited = carers.by_invitation(invitation_id)
            answered = read_answer(connection, invited.invitation)
            stored = self._enrolment.read_state(connection, keyring.vault_id)
        if answered is None or self._over(invited):
            raise NotAnswered
        answer, person = answered
        slot = seal_carer_slot(keyring, answer.public_key, self._clock.now())
        since = self._clock.now()
        new = Carer(slot.listed.slot_id, answer.vault_id, person.pseudonym, person.name, powers, False, since)
        left = tuple(each for each in carers.invited if each != invited)
        paper = prepare_carers(keyring, replace(carers, carers=(*carers.carers, new), invited=left), self._clock)
        change = self._enrolment.prepare_change(keyring, stored, add=(slot,))
        with self._database.write() as connection:
            moved = self._enrolment.store_change(connection, change)
            Papers(keyring).exchange(connection, state, paper, moved)
            drop_invitation(connection, keyring.vault_id, invitation_id)
            self._note(connection, "carer-let-in")
        return new

    def _answered(self, connection: Connection, invited: Invited) -> Person | None:
        try:
            answered = read_answer(connection, invited.invitation)
        except Tampered:  # Somebody wrote into the row; who was really invited can still be invited again.
            return None
        return answered[1] if answered else None

    def _over(self, invited: Invited) -> bool:
        return self._clock.now() >= invited.ends_at

    def _must_hold(self) -> None:
        acting = self._session.acting
        if acting is not None and not acting.holds:
            raise NotTheHolder

    def _note(self, connection: Connection, reason: str) -> None:
        entry = Entry(Event.CARE, Outcome.DONE, reason, accountability=self._origin.as_accountability())
        self._log.append(connection, self._session.trail, entry, self._session.keyring)


def _with_new(people: People, vault_id: VaultId) -> People:
    others = tuple(each for each in people.people if each.vault_id != vault_id)
    return replace(people, people=(*others, LookedAfter(vault_id, "", "", people.next_colour(), holds=False)))

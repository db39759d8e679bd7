"""Holding a vault by its recovery sheet: for who lost their own vault, or takes up what somebody else can hold no more.

Only a vault of somebody without an account: whoever has one comes back by themselves. Who held it before is its holder
no more, and the code that was used gives way to a new one; other carers stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from auth.carers.errors import TooManyPeople
from auth.carers.people import MOST_PEOPLE, LookedAfter, People, prepare_people, read_people
from auth.carers.powers import Carer, Carers, Power, prepare_carers, read_carers
from auth.carers.reminders import make_reminder_id, store_reminders
from auth.errors import SampleStays
from auth.sessions import Session
from auth.throttle import ACCOUNT, ADDRESS, Throttle, network_of
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.founding import read_profile
from vault.ids import VaultId
from vault.keys.caring import find_carer_key, prepare_carer_key, seal_carer_slot, store_carer_key
from vault.keys.enrolment import Enrolment, open_own_manifest
from vault.keys.keyring import Keyring
from vault.keys.manifest import OWN_KINDS
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking, WrongSecret
from vault.papers import Papers
from vault.slot_notes import prepare_slot_notes, read_slot_notes


@dataclass(frozen=True, slots=True, repr=False)
class HeldAgain:
    """The new recovery code is shown once, for their sheet."""

    vault_id: VaultId
    name: str
    recovery_code: str


class HoldingAgain:
    """Of the person signed in, in their own vault."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        unlocking: Unlocking,
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
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin
        self._throttle = Throttle(database, provider, clock)

    def hold(self, vault_id: VaultId, code: str) -> HeldAgain:
        """From now on this person holds that vault. WrongSecret, also for a vault whose owner has an account.

        TooManyTries before anything is looked at; TooManyPeople, TooManyCarers.
        """
        if self._session.sample:
            raise SampleStays
        self._throttle.reserve((ACCOUNT, f"hold {vault_id.hex()}"), (ADDRESS, network_of(self._origin.address)))
        keyring = self._unlocking.by_recovery_code(vault_id, code)
        return freshness.retrying(lambda: self._hold(keyring))

    def _hold(self, keyring: Keyring) -> HeldAgain:
        own, now = self._session.own_keyring, self._clock.now()
        with self._database.read() as connection:
            stored = self._enrolment.read_state(connection, keyring.vault_id)
            manifest = open_own_manifest(self._provider, keyring, stored)
            if any(slot.kind in OWN_KINDS and slot.kind is not SlotKind.RECOVERY_CODE for slot in manifest.slots):
                raise WrongSecret
            state = freshness.verify(connection, keyring).state
            notes = read_slot_notes(connection, keyring, manifest)
            carers = read_carers(connection, keyring)
            profile = read_profile(connection, keyring)
            own_state = freshness.read(connection, own)
            people = read_people(connection, own)
            me = read_profile(connection, own)
            public_key = find_carer_key(connection, own)
        new_key = None if public_key else prepare_carer_key(own)
        key = public_key or (new_key or {})["public_key"]
        code, code_slot = self._enrolment.make_code_slot(keyring)
        slot = seal_carer_slot(keyring, key, now)
        before = tuple(each for each in carers.carers if each.holds or each.vault_id == own.vault_id)
        going = {each.slot_id for each in before} | ({keyring.opened_by} if keyring.opened_by else set())
        change = self._enrolment.prepare_change(keyring, stored, add=(slot, code_slot), remove=going)
        holder = Carer(slot.listed.slot_id, own.vault_id, own.pseudonym, me.name, frozenset(Power), True, now)
        kept = notes.without(going).noting_code(code_slot.listed.slot_id, code)
        papers = [prepare_slot_notes(keyring, kept, self._clock)]
        papers.append(prepare_carers(keyring, _held_by(carers, before, holder), self._clock))
        person = _person(people, keyring.vault_id, profile.name, profile.birth_date)
        mine = prepare_people(own, _with(people, person), self._clock)
        trail = Trail(keyring.vault_id, keyring.pseudonym, own.pseudonym, LogRole.CARER)
        with self._database.write() as connection:
            moved = self._enrolment.store_change(connection, change)
            state = Papers(keyring).exchange(connection, state, papers[0], moved)
            Papers(keyring).exchange(connection, state, papers[1])
            if new_key is not None:
                store_carer_key(connection, new_key)
            Papers(own).exchange(connection, own_state, mine)
            if not any(each.reminder_id == person.reminder_id for each in people.people):
                store_reminders(connection, own.vault_id, person, now)
            self._note(connection, trail, keyring)
        return HeldAgain(keyring.vault_id, profile.name, code)

    def _note(self, connection: Connection, trail: Trail, keyring: Keyring) -> None:
        entry = Entry(Event.CARE, Outcome.DONE, "held-by-sheet", accountability=self._origin.as_accountability())
        self._log.append(connection, trail, entry, keyring)


def _held_by(carers: Carers, before: tuple[Carer, ...], holder: Carer) -> Carers:
    for each in before:
        carers = carers.without(each)
    return replace(carers, carers=(*carers.carers, holder), owner=None)


def _person(people: People, vault_id: VaultId, name: str, birth_date: str) -> LookedAfter:
    """As this person's list has them; new there, with a reminder of its own."""
    known = next((each for each in people.people if each.vault_id == vault_id and each.reminder_id), None)
    if known is not None:
        return replace(known, holds=True)
    return LookedAfter(vault_id, name, birth_date, people.next_colour(), holds=True, reminder_id=make_reminder_id())


def _with(people: People, person: LookedAfter) -> People:
    others = tuple(each for each in people.people if each.vault_id != person.vault_id)
    if len(others) >= MOST_PEOPLE:
        raise TooManyPeople
    return replace(people, people=(*others, person))

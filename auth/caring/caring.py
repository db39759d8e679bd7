"""Looking after people: making a vault for somebody without an account, acting in it, and ending it.

Whose vault a session works in stands at the stored session, so every request and every process sees the same.
Who is removed as a carer hears nothing of it; their next step into that vault leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from auth.carers.acting import open_for_carer
from auth.carers.errors import HolderStays, NoPowers, NotTheHolder, StillHeld, TooManyPeople
from auth.carers.people import MOST_PEOPLE, Colour, LookedAfter, prepare_people, read_people
from auth.carers.powers import Carer, Carers, Power, prepare_carers, read_carers
from auth.carers.reminders import drop_reminders, make_reminder_id, store_reminders
from auth.people import check_birth_date, check_name
from auth.sessions import Session
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.clock import Clock
from vault.database import Database
from vault.errors import NotFound
from vault.founding import Founding, Profile, read_profile
from vault.ids import SlotId, VaultId
from vault.keys.caring import find_carer_key, prepare_carer_key, store_carer_key
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking
from vault.papers import Papers


@dataclass(frozen=True, slots=True, repr=False)
class MadeFor:
    """A vault for somebody. Its recovery code is shown once, for their sheet, and kept nowhere."""

    vault_id: VaultId
    recovery_code: str


class Caring:
    """Of the person signed in: those they look after, and those who look after them."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        founding: Founding,
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
        self._founding = founding
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin

    # -- those I look after -----------------------------------------------------------------------------------------

    def people(self) -> tuple[LookedAfter, ...]:
        """Whom this person looks after; a name is learnt when their vault first lets this carer in."""
        return freshness.retrying(self._people)

    def make_for(self, name: str, birth_date: str, colour: Colour | None) -> MadeFor:
        """A vault of their own for somebody without an account, held by this person. BadName, BadBirthDate."""
        profile = Profile(check_name(name), check_birth_date(birth_date, self._clock.now().date()))
        return freshness.retrying(lambda: self._make_for(profile, colour))

    def act_for(self, vault_id: VaultId) -> None:
        """From now on this session works in that person's vault. NotFound if they don't look after them (any more)."""
        own = self._session
        with self._database.read() as connection:
            opened = open_for_carer(connection, self._provider, own.own_keyring, vault_id)
        with self._database.write() as connection:
            self._unlocking.sessions.mark_acting(connection, own.own_vault_id, own.session_id, vault_id)
            self._log.append(connection, opened.trail, self._entry("acting"), opened.keyring)

    def stop_acting(self) -> None:
        """Back to one's own vault; one who is there stays there."""
        own = self._session
        with self._database.write() as connection:
            self._unlocking.sessions.mark_acting(connection, own.own_vault_id, own.session_id, None)

    def forget(self, vault_id: VaultId) -> None:
        """Take somebody off one's own list. Conflict while one holds their vault: it would be nobody's then."""
        freshness.retrying(lambda: self._forget(vault_id))

    def settle_review(self, vault_id: VaultId) -> None:
        """We talked about it: the review that is due is settled; where none is, nothing changes. NotFound."""
        freshness.retrying(lambda: self._settle_review(vault_id))

    # -- those who look after this vault -------------------------------------------------------------------------

    def carers(self) -> Carers:
        """Who may act in the vault that the session works in."""
        with self._database.read() as connection:
            return read_carers(connection, self._session.keyring)

    def set_powers(self, slot_id: SlotId, powers: frozenset[Power]) -> None:
        """Other powers for a carer. NotFound; NotTheHolder; HolderStays; NoPowers: removing them is another thing."""
        self._must_hold()
        if not powers:
            raise NoPowers(field="powers")
        freshness.retrying(lambda: self._set_powers(slot_id, powers))

    def remove(self, slot_id: SlotId) -> None:
        """The carer's slot goes and nobody is told. NotFound; NotTheHolder; HolderStays."""
        self._must_hold()
        freshness.retrying(lambda: self._remove(slot_id))

    def _people(self) -> tuple[LookedAfter, ...]:
        own = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
            learnt = tuple(self._with_name(connection, each) for each in people.people)
        if learnt != people.people:
            paper = prepare_people(own, replace(people, people=learnt), self._clock)
            with self._database.write() as connection:
                Papers(own).exchange(connection, state, paper)
                for person in set(learnt) - set(people.people):
                    store_reminders(connection, own.vault_id, person, self._clock.now())
        return learnt

    def _with_name(self, connection: Connection, person: LookedAfter) -> LookedAfter:
        if person.name:
            return person
        try:
            opened = open_for_carer(connection, self._provider, self._session.own_keyring, person.vault_id)
        except NotFound:
            return person
        profile = read_profile(connection, opened.keyring)
        return replace(person, name=profile.name, birth_date=profile.birth_date, reminder_id=make_reminder_id())

    def _make_for(self, profile: Profile, colour: Colour | None) -> MadeFor:
        own = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
            me = read_profile(connection, own)
            public_key = find_carer_key(connection, own)
        if len(people.people) >= MOST_PEOPLE:
            raise TooManyPeople
        new_key = None if public_key else prepare_carer_key(own)
        founded = self._founding.prepare_looked_after(public_key or (new_key or {})["public_key"], profile)
        slot_id = next(row["slot_id"] for row in founded.new_keys.rows["key_slot"] if not row["wrapped_seed"])
        holder = Carer(
            slot_id, own.vault_id, own.pseudonym, me.name, frozenset(Power), holds=True, since=self._clock.now()
        )
        carers = prepare_carers(founded.keyring, Carers(carers=(holder,)), self._clock)
        person = LookedAfter(
            founded.vault_id,
            profile.name,
            profile.birth_date,
            colour or people.next_colour(),
            holds=True,
            reminder_id=make_reminder_id(),
        )
        paper = prepare_people(own, replace(people, people=(*people.people, person)), self._clock)
        trail = Trail(founded.vault_id, founded.keyring.pseudonym, own.pseudonym, LogRole.CARER)
        with self._database.write() as connection:
            self._founding.store(connection, replace(founded, papers=(*founded.papers, carers)))
            if new_key is not None:
                store_carer_key(connection, new_key)
            Papers(own).exchange(connection, state, paper)
            store_reminders(connection, own.vault_id, person, self._clock.now())
            self._log.append(connection, trail, self._entry("vault-made"), founded.keyring)
        return MadeFor(founded.vault_id, founded.recovery_code)

    def _forget(self, vault_id: VaultId) -> None:
        own = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
        person = people.get(vault_id)
        if person.holds:
            raise StillHeld
        left = replace(people, people=tuple(each for each in people.people if each != person))
        paper = prepare_people(own, left, self._clock)
        with self._database.write() as connection:
            Papers(own).exchange(connection, state, paper)
            drop_reminders(connection, own.vault_id, person)

    def _settle_review(self, vault_id: VaultId) -> None:
        own = self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            people = read_people(connection, own)
        person = people.get(vault_id)
        age = person.review_due(self._clock.now().date())
        if not age:
            return
        settled = tuple(replace(each, told_at_age=age) if each == person else each for each in people.people)
        paper = prepare_people(own, replace(people, people=settled), self._clock)
        with self._database.write() as connection:
            Papers(own).exchange(connection, state, paper)
            drop_reminders(connection, own.vault_id, person, age)

    def _set_powers(self, slot_id: SlotId, powers: frozenset[Power]) -> None:
        keyring, state, carers = self._read_carers()
        old = carers.by_slot(slot_id)
        if old.holds:
            raise HolderStays
        changed = tuple(replace(each, powers=powers) if each == old else each for each in carers.carers)
        paper = prepare_carers(keyring, replace(carers, carers=changed), self._clock)
        with self._database.write() as connection:
            Papers(keyring).exchange(connection, state, paper)
            self._log.append(connection, self._session.trail, self._entry("powers-changed"), keyring)

    def _remove(self, slot_id: SlotId) -> None:
        keyring, state, carers = self._read_carers()
        gone = carers.by_slot(slot_id)
        if gone.holds:
            raise HolderStays
        with self._database.read() as connection:
            stored = self._enrolment.read_state(connection, keyring.vault_id)
        change = self._enrolment.prepare_change(keyring, stored, remove=(slot_id,))
        paper = prepare_carers(keyring, carers.without(gone), self._clock)
        with self._database.write() as connection:
            moved = self._enrolment.store_change(connection, change)
            Papers(keyring).exchange(connection, state, paper, moved)
            self._log.append(connection, self._session.trail, self._entry("carer-removed"), keyring)

    def _read_carers(self) -> tuple[Keyring, freshness.State, Carers]:
        keyring = self._session.keyring
        with self._database.read() as connection:
            return keyring, freshness.read(connection, keyring), read_carers(connection, keyring)

    def _must_hold(self) -> None:
        acting = self._session.acting
        if acting is not None and not acting.holds:
            raise NotTheHolder

    def _entry(self, reason: str) -> Entry:
        return Entry(Event.CARE, Outcome.DONE, reason, accountability=self._origin.as_accountability())

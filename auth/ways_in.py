"""Ways in: every slot of a vault that is its owner's own, listed, added, named, confirmed, removed, replaced.

Adding or removing one needs a fresh proof (``auth.step_up``), which the caller asks for. Whatever takes a way in away
signs out everywhere else: who removes one may have lost it to somebody.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from auth.changing import Change, Changing, Step, WaysBefore, keep_a_code, nothing_more
from auth.errors import BadWayName, TooManyWays, WrongRecoveryGroup
from auth.people import MAX_NAME_CHARACTERS
from auth.proving import Proven, Proving
from auth.sessions import Session, judge_new
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.errors import NotFound
from vault.ids import SlotId
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.manifest import OWN_KINDS
from vault.keys.provider import KeyProvider
from vault.keys.recovery_code import clean
from vault.keys.slot_list import list_slots
from vault.keys.slots import NewSlot
from vault.keys.stored import StoredKeys
from vault.keys.unlocking import Unlocking
from vault.slot_notes import SlotNote

MAX_OWN_WAYS = 20
NOWHERE = Origin("", "")
MakeSlot = Callable[[Keyring, StoredKeys], NewSlot]


@dataclass(frozen=True, slots=True)
class WayIn:
    """One slot. ``confirmed`` is about recovery codes: whether its owner showed that they kept it."""

    slot_id: SlotId
    kind: SlotKind
    name: str
    created_at: datetime
    last_used_at: datetime | None
    confirmed: bool


@dataclass(frozen=True, slots=True, repr=False)
class NewCode:
    """The code is shown once and kept nowhere."""

    slot_id: SlotId
    code: str


class WaysIn:
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
        self._enrolment = enrolment
        self._unlocking = unlocking
        self._proving = Proving(database, provider, log, clock, samples=samples)
        self._changing = Changing(database, provider, enrolment, log, clock)

    def list(self, session: Session) -> tuple[WayIn, ...]:
        """Every slot, oldest first; carers' and a trusted person's too, which others look after. Tampered."""
        with self._database.read() as connection:
            before = self._changing.read(connection, session.own_keyring)
            lines = list_slots(connection, before.manifest)
        notes = ((line, before.notes.of(line.slot_id)) for line in lines)
        return tuple(
            WayIn(line.slot_id, line.kind, note.name, line.created_at, line.last_used_at, note.confirmed)
            for line, note in notes
        )

    def add_passphrase(self, session: Session, passphrase: str, name: str, origin: Origin) -> SlotId:
        """One more passphrase; slow. WeakPassphrase, PassphraseLength, TooManyWays, BadWayName."""
        judge_new(passphrase, ())
        return self.add(
            session,
            lambda keyring, stored: self._enrolment.make_passphrase_slot(keyring, stored, passphrase),
            name,
            origin,
        )

    def add(self, session: Session, make: MakeSlot, name: str, origin: Origin, *, then: Step = nothing_more) -> SlotId:
        """One more way in, by the slot that ``make`` makes; ``then`` runs in the same transaction. TooManyWays."""
        name = check_way_name(name)
        added: list[SlotId] = []

        def plan(before: WaysBefore) -> Change:
            _check_room(before)
            slot = make(session.own_keyring, before.keys)
            added[:] = [slot.listed.slot_id]
            slots = self._enrolment.prepare_change(session.own_keyring, before.keys, add=(slot,))
            return Change(slots, before.notes.noting(slot.listed.slot_id, SlotNote(name)))

        self._run(session, plan, "way-in-added", origin, then=then)
        return added[0]

    def add_recovery_code(self, session: Session, name: str, origin: Origin) -> NewCode:
        """One more recovery code; it counts once its last group is typed. TooManyWays, BadWayName."""
        name = check_way_name(name)
        code, slot = self._enrolment.make_code_slot(session.own_keyring)
        slot_id = slot.listed.slot_id

        def plan(before: WaysBefore) -> Change:
            _check_room(before)
            slots = self._enrolment.prepare_change(session.own_keyring, before.keys, add=(slot,))
            return Change(slots, before.notes.noting_code(slot_id, code, name))

        self._run(session, plan, "way-in-added", origin)
        return NewCode(slot_id, code)

    def confirm_recovery_code(self, session: Session, typed: str, slot_id: SlotId | None = None) -> None:
        """The code counts from now on. WrongRecoveryGroup unless ``typed`` is its last group, however it is spelt.

        ``slot_id`` None: any code of this vault.
        """

        def plan(before: WaysBefore) -> Change:
            codes = [slot.slot_id for slot in before.manifest.listed(SlotKind.RECOVERY_CODE)]
            meant = [each for each in codes if slot_id in (None, each)]
            found = next((each for each in meant if _is_group(typed, before.notes.of(each).last_group)), None)
            if not meant:
                raise NotFound
            if found is None:
                raise WrongRecoveryGroup(field="last_group")
            return Change(None, before.notes.noting(found, replace(before.notes.of(found), confirmed=True)))

        self._run(session, plan, "", NOWHERE)

    def rename(self, session: Session, slot_id: SlotId, name: str) -> None:
        """NotFound for what is no own slot of this vault; BadWayName."""
        name = check_way_name(name)

        def plan(before: WaysBefore) -> Change:
            _check_own(before, slot_id)
            return Change(None, before.notes.noting(slot_id, replace(before.notes.of(slot_id), name=name)))

        self._run(session, plan, "", NOWHERE)

    def remove(self, session: Session, slot_id: SlotId, origin: Origin, *, then: Step = nothing_more) -> None:
        """It opens nothing any more; every other session ends. NotFound, TooFewSlots, LastRecoveryCode."""

        def plan(before: WaysBefore) -> Change:
            _check_own(before, slot_id)
            notes = keep_a_code(before.notes, before.notes.without((slot_id,)))
            return Change(self._enrolment.prepare_change(session.own_keyring, before.keys, remove=(slot_id,)), notes)

        self._run(session, plan, "way-in-removed", origin, then=then, ends_others=True)

    def change_passphrase(self, session: Session, passphrase: str, new_passphrase: str, origin: Origin) -> None:
        """A new slot takes the place of this passphrase's; every other session ends, this one stays."""
        judge_new(new_passphrase, ())
        proven = self._prove(session, passphrase, origin)

        def plan(before: WaysBefore) -> Change:
            slots = self._enrolment.prepare_passphrase_change(proven.keyring, before.keys, new_passphrase)
            name = next((before.notes.of(slot_id).name for slot_id in slots.removed), "")
            notes = before.notes.without(slots.removed).noting(slots.added[0], SlotNote(name))
            return Change(slots, notes)

        self._run(session, plan, "passphrase-changed", origin, proven=proven, ends_others=True)

    def new_recovery_code(self, session: Session, passphrase: str, origin: Origin) -> str:
        """One recovery code in place of all, for who still has a passphrase; every other session ends."""
        return self._replace_codes(session, self._prove(session, passphrase, origin), origin)

    def new_recovery_code_proven(self, session: Session, origin: Origin) -> str:
        """The same for whoever proved freshly who they are; the caller has asked."""
        return self._replace_codes(session, None, origin)

    def _replace_codes(self, session: Session, proven: Proven | None, origin: Origin) -> str:
        code, slot = self._enrolment.make_code_slot(session.own_keyring)

        def plan(before: WaysBefore) -> Change:
            gone = [each.slot_id for each in before.manifest.listed(SlotKind.RECOVERY_CODE)]
            slots = self._enrolment.prepare_change(session.own_keyring, before.keys, add=(slot,), remove=gone)
            return Change(slots, before.notes.without(gone).noting_code(slot.listed.slot_id, code))

        self._run(session, plan, "new-recovery-code", origin, proven=proven, ends_others=True)
        return code

    def _prove(self, session: Session, passphrase: str, origin: Origin) -> Proven:
        claim = self._proving.by_account(session.account, origin)
        return self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)

    def _run(
        self,
        session: Session,
        plan: Callable[[WaysBefore], Change],
        reason: str,
        origin: Origin,
        *,
        proven: Proven | None = None,
        then: Step = nothing_more,
        ends_others: bool = False,
    ) -> None:
        def settle(connection: Connection) -> None:
            if proven is not None:
                self._proving.settle(connection, proven, changes_keys=True)

        def after(connection: Connection) -> None:
            if ends_others:
                self._unlocking.sessions.end_all(connection, session.own_vault_id, keep=session.session_id)
            then(connection)

        self._changing.run(
            session.own_keyring, session.account, plan, reason=reason, origin=origin, settle=settle, then=after
        )


def check_way_name(stated: str) -> str:
    """A name that can be shown, or none; BadWayName."""
    name = " ".join(stated.split())
    if len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadWayName(field="name")
    return name


def own_ways(ways: Sequence[WayIn]) -> tuple[WayIn, ...]:
    """Without those of carers and a trusted person."""
    return tuple(way for way in ways if way.kind in OWN_KINDS)


def _check_room(before: WaysBefore) -> None:
    if sum(slot.kind in OWN_KINDS for slot in before.manifest.slots) >= MAX_OWN_WAYS:
        raise TooManyWays


def _check_own(before: WaysBefore, slot_id: SlotId) -> None:
    if not any(slot.slot_id == slot_id and slot.kind in OWN_KINDS for slot in before.manifest.slots):
        raise NotFound


def _is_group(typed: str, group: str) -> bool:
    return bool(group) and hmac.compare_digest(clean(typed).encode(), group.encode())

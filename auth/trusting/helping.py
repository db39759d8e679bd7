"""Being somebody's trusted person: saying yes beforehand, and handing one's half over when they have lost every way in.

The half goes from one's own key to that of who asks. Six digits, compared by another way than this one, tell whether
it is they who ask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from auth.invited import store_answer
from auth.people import check_name
from auth.sessions import Session
from auth.tables import AskRow, TrustedRow
from auth.trusting.errors import NoWayBack
from auth.trusting.papers import TrustedBy, prepare_trusted_by, read_trusted_by
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.clock import Clock
from vault.database import Database, table_of
from vault.founding import read_profile
from vault.ids import SlotId, VaultId
from vault.keys.caring import find_carer_key, open_carer_seed, prepare_carer_key, store_carer_key
from vault.keys.invitations import TRUSTED, BadInvitation, Person, make_answer, parse_invitation
from vault.keys.trusted import check_digits, hand_half
from vault.papers import Papers

_ASK, _TRUSTED = table_of(AskRow), table_of(TrustedRow)


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody asks to come back. ``digits`` are compared with theirs; ``handed``: one's half is with them already."""

    vault_id: VaultId
    slot_id: SlotId
    name: str
    digits: str
    asked_at: datetime
    opens_at: datetime
    handed: bool


class Helping:
    """Of the person signed in, in their own vault."""

    def __init__(self, database: Database, log: Log, *, clock: Clock, session: Session, origin: Origin) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._session = session
        self._origin = origin

    def answer(self, text: str, called: str) -> None:
        """Say yes to being somebody's trusted person; ``called`` is one's own name for them. BadInvitation, BadName."""
        invitation, own = parse_invitation(TRUSTED, text), self._session
        if invitation.vault_id == own.own_vault_id or own.acting is not None or own.sample:
            raise BadInvitation(field="invitation")
        name = check_name(called)
        freshness.retrying(lambda: self._answer(text, name))

    def people(self) -> tuple[tuple[VaultId, str], ...]:
        """Whose trusted person this one is, or said yes to be."""
        with self._database.read() as connection:
            return read_trusted_by(connection, self._session.own_keyring).people

    def asking(self) -> tuple[Asking, ...]:
        """Who asks just now, of those who trust this person."""
        with self._database.read() as connection:
            names = dict(read_trusted_by(connection, self._session.own_keyring).people)
            rows = connection.execute(self._query()).all()
        return tuple(
            Asking(
                VaultId(row.vault_id),
                SlotId(row.slot_id),
                names[VaultId(row.vault_id)],
                check_digits(VaultId(row.vault_id), SlotId(row.slot_id), row.public_key),
                row.asked_at,
                row.opens_at,
                row.handed_half is not None,
            )
            for row in rows
            if row.vault_id in names
        )

    def hand_over(self, vault_id: VaultId, digits: str) -> None:
        """One's half goes to who asks with these digits. NoWayBack: nobody does, or the digits are of another ask."""
        own = self._session.own_keyring
        with self._database.read() as connection:
            row = connection.execute(self._query().where(_ASK.c.vault_id == vault_id)).one_or_none()
            if row is None or check_digits(vault_id, SlotId(row.slot_id), row.public_key) != digits:
                raise NoWayBack
            seed = open_carer_seed(connection, own)
        slot_id = SlotId(row.slot_id)
        handed = hand_half(seed, vault_id, slot_id, row.sealed_half, row.public_key)
        same = (_ASK.c.vault_id == vault_id) & (_ASK.c.slot_id == slot_id) & (_ASK.c.public_key == row.public_key)
        with self._database.write() as connection:
            if connection.execute(update(_ASK).where(same).values(handed_half=handed)).rowcount != 1:
                raise NoWayBack
            self._note(connection, "half-handed-over")

    def _query(self) -> Select[Any]:
        both = _ASK.join(_TRUSTED, (_TRUSTED.c.vault_id == _ASK.c.vault_id) & (_TRUSTED.c.slot_id == _ASK.c.slot_id))
        mine = _TRUSTED.c.trusted_vault == self._session.own_vault_id
        return select(_ASK, _TRUSTED.c.sealed_half).select_from(both).where(mine)

    def _answer(self, text: str, called: str) -> None:
        invitation, own = parse_invitation(TRUSTED, text), self._session.own_keyring
        with self._database.read() as connection:
            state = freshness.read(connection, own)
            by = read_trusted_by(connection, own)
            profile = read_profile(connection, own)
            public_key = find_carer_key(connection, own)
        new_key = None if public_key else prepare_carer_key(own)
        key = public_key or (new_key or {})["public_key"]
        answer = make_answer(invitation, own.vault_id, key, Person(profile.name, own.pseudonym))
        paper = prepare_trusted_by(own, _with(by, invitation.vault_id, called), self._clock)
        with self._database.write() as connection:
            store_answer(connection, invitation, answer, self._clock.now())
            if new_key is not None:
                store_carer_key(connection, new_key)
            Papers(own).exchange(connection, state, paper)
            self._note(connection, "invitation-answered")

    def _note(self, connection: Connection, reason: str) -> None:
        entry = Entry(Event.CARE, Outcome.DONE, reason, accountability=self._origin.as_accountability())
        self._log.append(connection, self._session.trail, entry, self._session.own_keyring)


def _with(by: TrustedBy, vault_id: VaultId, called: str) -> TrustedBy:
    others = tuple(each for each in by.people if each[0] != vault_id)
    return replace(by, people=(*others, (vault_id, called)))

"""Reminders to talk about who sees what, as a child grows up: at 11, 13 and 16, to each of their carers.

A carer's list of people is sealed, and a reminder must come while it is: so its day stands in the clear beside the
carer's vault, under a random id. It is the first of the month after the birthday, which tells no birthday.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, delete, insert, select

from auth.carers.people import REVIEW_AGES, LookedAfter
from auth.tables import ReminderRow
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import VaultId

EVERY_SECONDS = 3600
_REMINDER = table_of(ReminderRow)
Tell = Callable[[Connection, VaultId], None]


def make_reminder_id() -> str:
    """32 hexadecimal characters that say nothing of anybody."""
    return secrets.token_hex(16)


def reminder_day(birth_date: str, age: int) -> date:
    """The first of the month after that birthday."""
    born = date.fromisoformat(birth_date)
    return date(born.year + age + born.month // 12, born.month % 12 + 1, 1)


def store_reminders(connection: Connection, vault_id: VaultId, person: LookedAfter, now: datetime) -> None:
    """Those of this person that are still to come, in the carer's vault."""
    days = (reminder_day(person.birth_date, age) for age in REVIEW_AGES)
    moments = (datetime.combine(day, time(), UTC) for day in days)
    named = {"vault_id": vault_id, "reminder_id": bytes.fromhex(person.reminder_id)}
    rows = [named | {"due_at": moment} for moment in moments if moment > now]
    if rows:
        connection.execute(insert(_REMINDER), rows)


def drop_reminders(connection: Connection, vault_id: VaultId, person: LookedAfter, up_to_age: int = 200) -> None:
    """Those of this person up to an age, by default all."""
    if not (person.reminder_id and person.birth_date):
        return
    mine = (_REMINDER.c.vault_id == vault_id) & (_REMINDER.c.reminder_id == bytes.fromhex(person.reminder_id))
    last = datetime.combine(reminder_day(person.birth_date, up_to_age), time(), UTC)
    connection.execute(delete(_REMINDER).where(mine, _REMINDER.c.due_at <= last))


class Reminders:
    """A job's work; it needs no key. ``tell`` writes the notice in the transaction that takes the reminder away."""

    def __init__(self, database: Database, clock: Clock, tell: Tell) -> None:
        self._database = database
        self._clock = clock
        self._tell = tell

    def run(self) -> int:
        """Tell every carer of whom it is due; how many were told. It may run twice at once."""
        with self._database.read() as connection:
            rows = connection.execute(select(_REMINDER).where(_REMINDER.c.due_at <= self._clock.now())).all()
        return sum(self._take(*row) for row in rows)

    def _take(self, vault_id: bytes, reminder_id: bytes, due_at: datetime) -> bool:
        mine = (_REMINDER.c.vault_id == vault_id, _REMINDER.c.reminder_id == reminder_id, _REMINDER.c.due_at == due_at)
        with self._database.write() as connection:
            if connection.execute(delete(_REMINDER).where(*mine)).rowcount != 1:
                return False
            self._tell(connection, VaultId(vault_id))
        return True

"""Refusals too many to log one by one: counted per kind and minute, and each closed minute becomes one entry.

Singly logged are 20 refusals an hour per link, or per pseudonym and event where there is no link. Guesses at
things that don't exist are always counted, so that nobody can stop the service by filling its log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vault.audit.events import NOBODY, Entry, Event, Outcome, Trail
from vault.audit.leaf import NONE_ID
from vault.audit.tables import AuditEntry, AuditFlood
from vault.clock import from_microseconds, to_microseconds
from vault.database import table_of
from vault.ids import GrantId, Pseudonym, VaultId

SINGLE_PER_HOUR = 20
MINUTE = 60_000_000
GRACE = timedelta(seconds=5)
BATCH = 200
_ENTRY = table_of(AuditEntry)
_FLOOD = table_of(AuditFlood)
_KEY = tuple(_FLOOD.primary_key.columns)


@dataclass(frozen=True, slots=True)
class ClosedMinute:
    """A counted minute, ready to be logged."""

    trail: Trail
    entry: Entry


def count_refusal(connection: Connection, trail: Trail, kind: str, grant_id: GrantId | None, now: datetime) -> None:
    """Add one to this minute's count of refusals of this kind (a reason code)."""
    row = {
        "vault_id": trail.vault_id,
        "pseudonym": trail.pseudonym,
        "role": trail.role,
        "kind": kind,
        "grant_id": grant_id or NONE_ID,
        "minute": to_microseconds(now) // MINUTE,
        "count": 1,
    }
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    connection.execute(
        insert(_FLOOD).values(row).on_conflict_do_update(_FLOOD.primary_key, set_={"count": _FLOOD.c.count + 1})
    )


def is_flooded(connection: Connection, trail: Trail, entry: Entry, now: datetime) -> bool:
    """Whether 20 refusals of this link, or of this pseudonym and event, were logged within the last hour.

    Exact under concurrency: on PostgreSQL the deciders of one link queue until the transaction ends.
    """
    if connection.dialect.name != "sqlite":
        key = int.from_bytes((entry.grant_id or trail.pseudonym)[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
    same = (
        and_(_ENTRY.c.pseudonym == trail.pseudonym, _ENTRY.c.grant_id.is_(None), _ENTRY.c.event == entry.event)
        if entry.grant_id is None
        else _ENTRY.c.grant_id == entry.grant_id
    )
    recent = (
        select(_ENTRY.c.entry_id)
        .where(_ENTRY.c.vault_id == trail.vault_id, same, _ENTRY.c.at > now - timedelta(hours=1))
        .where(_ENTRY.c.outcome == Outcome.REFUSED)
        .limit(SINGLE_PER_HOUR)
    )
    return len(connection.execute(recent).all()) == SINGLE_PER_HOUR


def take_closed_minutes(connection: Connection, now: datetime) -> tuple[ClosedMinute, ...]:
    """Remove up to 200 counts of minutes that are over; each is given to exactly one caller."""
    over = to_microseconds(now - GRACE) // MINUTE
    found = connection.execute(select(*_KEY).where(_FLOOD.c.minute < over).order_by(*_KEY).limit(BATCH)).all()
    taken = []
    for row in found:
        mine = and_(*(column == row._mapping[column.name] for column in _KEY))
        count = connection.execute(delete(_FLOOD).where(mine).returning(_FLOOD.c.count)).scalar_one_or_none()
        if count is not None:
            taken.append(_closed(row, count))
    return tuple(taken)


def _closed(row: Row[Any], count: int) -> ClosedMinute:
    trail = Trail(VaultId(row.vault_id), Pseudonym(row.pseudonym), NOBODY, row.role)
    grant_id = None if row.grant_id == NONE_ID else GrantId(row.grant_id)
    minute = from_microseconds(row.minute * MINUTE).strftime("%Y-%m-%dT%H:%MZ")
    entry = Entry(
        Event.REFUSAL, Outcome.REFUSED, row.kind, grant_id=grant_id, count=count, accountability={"minute": minute}
    )
    return ClosedMinute(trail, entry)

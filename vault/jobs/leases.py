"""Leases on jobs: of all processes that want a due job, one gets it; if that one dies, another does when it ends.

A job that outlives its lease may run twice at once, so handlers are idempotent.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from vault.database import table_of
from vault.jobs.tables import Job

LEASE = timedelta(minutes=5)
_JOB = table_of(Job)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job, until it is finished or the lease ends; ``holder`` is random."""

    name: str
    holder: str


def announce(connection: Connection, name: str, now: datetime) -> None:
    """Make sure the job has a row; a new one is due at once."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {"name": name, "due_at": now, "lease_until": None, "holder": None}
    connection.execute(insert(_JOB).values(row).on_conflict_do_nothing())


def due_jobs(connection: Connection, now: datetime) -> frozenset[str]:
    """Names of jobs that are due and free, to be tried with ``take``."""
    return frozenset(connection.execute(select(_JOB.c.name).where(_due(now))).scalars())


def take(connection: Connection, name: str, now: datetime) -> Lease | None:
    """The lease, or None if somebody else was quicker."""
    lease = Lease(name, secrets.token_hex(16))
    mine = update(_JOB).where(_JOB.c.name == name, _due(now)).values(holder=lease.holder, lease_until=now + LEASE)
    return lease if connection.execute(mine).rowcount == 1 else None


def finish(connection: Connection, lease: Lease, due_at: datetime) -> None:
    """Give the job back, due again at ``due_at``; nothing happens if the lease was lost meanwhile."""
    mine = update(_JOB).where(_JOB.c.name == lease.name, _JOB.c.holder == lease.holder)
    connection.execute(mine.values(holder=None, lease_until=None, due_at=due_at))


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(_JOB.c.due_at <= now, or_(_JOB.c.lease_until.is_(None), _JOB.c.lease_until <= now))

"""Bounds on guessing codes and on opening hand-overs: counted before anything is looked up, durable, whoever races."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from sharing.handover.tables import HandoverTriesRow
from vault.crypto.context import ctx
from vault.database import Database, table_of
from vault.errors import TooManyTries
from vault.keys.provider import KeyProvider, Purpose

WINDOW = timedelta(minutes=5)
WRONG_CODES_A_SESSION = 10
WRONG_CODES_TOGETHER = 1_000
SCREENS_A_NETWORK = 60
SCREENS_TOGETHER = 5_000
_TRIES = table_of(HandoverTriesRow)
_DAY_ONE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bound:
    """``name`` says who tries what; the count starts again after ``ends_at``."""

    name: str
    most: int
    ends_at: datetime


def in_window(name: str, most: int, now: datetime) -> Bound:
    """A bound for the five minutes that ``now`` lies in."""
    number = (now - _DAY_ONE) // WINDOW
    return Bound(f"{name} {number}", most, _DAY_ONE + (number + 1) * WINDOW)


def reserve(database: Database, provider: KeyProvider, now: datetime, *bounds: Bound) -> None:
    """Count one try under each bound in a transaction of its own; TooManyTries if one is full, and then none counts."""
    keyed = sorted((_digest(provider, bound), bound.most, bound.ends_at) for bound in bounds)
    with database.write() as connection:
        for digest, most, ends_at in keyed:
            if _count(connection, digest, ends_at) > most:
                raise TooManyTries(max(1, ceil((ends_at - now).total_seconds())))


def give_back(connection: Connection, provider: KeyProvider, *bounds: Bound) -> None:
    """A right code costs nothing."""
    for digest in sorted(_digest(provider, bound) for bound in bounds):
        mine = (_TRIES.c.tries_digest == digest, _TRIES.c.tries > 0)
        connection.execute(update(_TRIES).where(*mine).values(tries=_TRIES.c.tries - 1))


def forget_tries(connection: Connection, now: datetime) -> None:
    """Delete counts that are over."""
    connection.execute(delete(_TRIES).where(_TRIES.c.ends_at <= now))


def _count(connection: Connection, digest: bytes, ends_at: datetime) -> int:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = dialect.insert(_TRIES).values(tries_digest=digest, tries=1, ends_at=ends_at)
    counted = first.on_conflict_do_update(index_elements=[_TRIES.c.tries_digest], set_={"tries": _TRIES.c.tries + 1})
    return int(connection.execute(counted.returning(_TRIES.c.tries)).scalar_one())


def _digest(provider: KeyProvider, bound: Bound) -> bytes:
    return provider.mac(Purpose.LINKS, ctx("handover-tries/1", bound.name))

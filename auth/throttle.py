"""Slow down guessing: per account and per network address, durable, and counted before the slow work starts.

A try is reserved in a transaction of its own, so that parallel tries count too. Past a free allowance each try
doubles the wait before the next, up to a limit; an hour of quiet forgets. Success gives the try back. What is
stored is a keyed digest: the table names neither an address nor an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from auth.tables import ThrottleRow
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.database import Database, table_of
from vault.errors import TooManyTries
from vault.keys.provider import KeyProvider, Purpose

FORGET_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """``free`` tries at once, then 1, 2, 4 … seconds between tries, at most ``longest_seconds``."""

    kind: str
    free: int
    longest_seconds: int

    def wait_seconds(self, tries: int) -> int:
        """Seconds to wait after so many tries."""
        if tries < self.free:
            return 0
        return min(self.longest_seconds, 1 << min(tries - self.free, 30))


# A locked door is also a way to lock somebody out: the wait for an account stays short.
ACCOUNT = Allowance("account", free=5, longest_seconds=30)
ADDRESS = Allowance("address", free=30, longest_seconds=300)
ASK = Allowance("ask", free=30, longest_seconds=600)
SIGN_UP = Allowance("sign-up", free=100, longest_seconds=60)


@dataclass(frozen=True, slots=True)
class Try:
    """A reserved try. ``digests`` are its rows, to be given back on success."""

    digests: tuple[bytes, ...]


class Throttle:
    def __init__(self, database: Database, provider: KeyProvider, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock

    def reserve(self, *subjects: tuple[Allowance, str]) -> Try:
        """Count one try under each subject, or none of them; TooManyTries while one of them has to wait."""
        now = self._clock.now()
        keyed = [(self._digest(allowance.kind, name), allowance) for allowance, name in subjects]
        keyed.sort(key=lambda pair: pair[0])  # One order of locking, so that two tries never wait for each other.
        with self._database.write() as connection:
            for digest, allowance in keyed:
                _reserve(connection, digest, allowance, now)
        return Try(tuple(digest for digest, _ in keyed))

    def give_back(self, connection: Connection, reserved: Try) -> None:
        """Uncount a try that succeeded. Earlier failures and a wait stay: an own account buys nobody guesses."""
        table = table_of(ThrottleRow)
        for digest in reserved.digests:
            mine = table.c.throttle_digest == digest
            connection.execute(update(table).where(mine, table.c.tries > 0).values(tries=table.c.tries - 1))

    def clear(self, connection: Connection, allowance: Allowance, name: str) -> None:
        """Forget all tries of one subject: its owner has proved who they are."""
        table = table_of(ThrottleRow)
        connection.execute(delete(table).where(table.c.throttle_digest == self._digest(allowance.kind, name)))

    def forget_old(self) -> None:
        """Delete rows that no longer slow anybody down. A job; it may run any number of times."""
        table = table_of(ThrottleRow)
        before = self._clock.now() - FORGET_AFTER
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.tried_at < before, table.c.free_at < before))

    def _digest(self, kind: str, name: str) -> bytes:
        return self._provider.mac(Purpose.E_MAIL, ctx("throttle/1", kind, name))


def network_of(address: str) -> str:
    """What one household or one attacker holds: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False))


def _reserve(connection: Connection, digest: bytes, allowance: Allowance, now: datetime) -> None:
    table = table_of(ThrottleRow)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = {"throttle_digest": digest, "tries": 0, "free_at": now, "tried_at": now}
    # One statement that also locks a row already there: between two, a sign-in that succeeds could delete it.
    claim = dialect.insert(table).values(fresh)
    claim = claim.on_conflict_do_update(index_elements=[table.c.throttle_digest], set_={"tries": table.c.tries})
    row = connection.execute(claim.returning(table.c.tries, table.c.free_at, table.c.tried_at)).one()
    if row.free_at > now:
        raise TooManyTries(ceil((row.free_at - now).total_seconds()))
    tries = 1 if now - row.tried_at >= FORGET_AFTER else row.tries + 1
    free_at = now + timedelta(seconds=allowance.wait_seconds(tries))
    connection.execute(
        update(table).where(table.c.throttle_digest == digest).values(tries=tries, free_at=free_at, tried_at=now)
    )

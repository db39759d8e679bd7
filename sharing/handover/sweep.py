"""Sweeping: hand-overs, codes, passes and counts that are over are deleted. They were refused from their end on."""

from __future__ import annotations

from sharing.handover.rows import forget_handovers
from sharing.handover.tries import forget_tries
from sharing.links.passes import forget_passes
from vault.clock import Clock
from vault.database import Database

EVERY_SECONDS = 60


def sweep(database: Database, clock: Clock) -> int:
    """How many hand-overs went. It may run any number of times, anywhere."""
    now = clock.now()
    with database.write() as connection:
        forget_tries(connection, now)
        forget_passes(connection, now)
        return forget_handovers(connection, now)

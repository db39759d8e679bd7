"""Runs due jobs in one thread of the server. Jobs only clean and count: what they enforce is enforced when read.

A job that fails is logged by name and kind of error, never by content, and comes again at its next turn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from vault.clock import Clock
from vault.database import Database
from vault.jobs.leases import announce, due_jobs, finish, take

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Registered:
    every: timedelta
    function: Callable[[], object]


class Runner:
    """``poll_seconds``: how long at most a due job waits."""

    def __init__(self, database: Database, clock: Clock, poll_seconds: float = 1.0) -> None:
        self._database = database
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._jobs: dict[str, _Registered] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def register(self, name: str, every_seconds: float, function: Callable[[], object]) -> None:
        """A job under a kebab-case name; ``function`` must bear being run twice. ValueError for a name taken."""
        if name in self._jobs:
            raise ValueError("a job of this name exists")
        self._jobs[name] = _Registered(timedelta(seconds=every_seconds), function)

    def run_due(self) -> int:
        """Run what is due and free, once, in this thread; how many ran well."""
        with self._database.read() as connection:
            due = due_jobs(connection, self._clock.now())
        return sum(self._run(name, job) for name, job in self._jobs.items() if name in due)

    def announce(self) -> None:
        """Give each registered job its row; ``start`` does it."""
        with self._database.write() as connection:
            for name in self._jobs:
                announce(connection, name, self._clock.now())

    def start(self) -> None:
        """Begin in the background; a second start changes nothing."""
        if self._thread is not None:
            return
        self.announce()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return once the job now running, if any, is done."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.run_due()
            except Exception as failure:
                logger.warning("jobs could not be read: %s", type(failure).__name__)
            self._stopping.wait(self._poll_seconds)

    def _run(self, name: str, job: _Registered) -> bool:
        if self._stopping.is_set():
            return False
        with self._database.write() as connection:
            lease = take(connection, name, self._clock.now())
        if lease is None:
            return False
        done = _attempt(name, job.function)
        with self._database.write() as connection:
            finish(connection, lease, self._clock.now() + job.every)
        return done


def _attempt(name: str, function: Callable[[], object]) -> bool:
    try:
        function()
    except Exception as failure:
        logger.warning("job %s failed: %s", name, type(failure).__name__)
        return False
    return True

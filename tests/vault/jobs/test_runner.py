"""Jobs run on time, once among many processes, again after a crash, and never take the server down."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.conftest import FixedClock
from vault.database import Database
from vault.jobs.leases import LEASE, announce, take
from vault.jobs.runner import Runner


def make_runner(database: Database, clock: FixedClock, ran: list[str], name: str = "sweep") -> Runner:
    runner = Runner(database, clock, poll_seconds=0.01)
    runner.register(name, 60, lambda: ran.append(name))
    runner.announce()
    return runner


def test_a_job_runs_at_once_and_then_at_its_interval(database: Database, clock: FixedClock) -> None:
    ran: list[str] = []
    runner = make_runner(database, clock, ran)
    assert (runner.run_due(), runner.run_due()) == (1, 0)
    clock.advance(timedelta(seconds=59))
    assert runner.run_due() == 0
    clock.advance(timedelta(seconds=1))
    assert runner.run_due() == 1
    assert ran == ["sweep", "sweep"]


def test_of_many_runners_one_runs_a_due_job(database: Database, clock: FixedClock) -> None:
    ran: list[str] = []
    runners = [make_runner(database, clock, ran) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda runner: runner.run_due(), runners)) == 1
    assert ran == ["sweep"]


def test_a_job_whose_process_died_is_taken_over_when_the_lease_ends(database: Database, clock: FixedClock) -> None:
    with database.write() as connection:
        announce(connection, "sweep", clock.now())
        assert take(connection, "sweep", clock.now()) is not None
    ran: list[str] = []
    runner = make_runner(database, clock, ran)
    assert runner.run_due() == 0
    clock.advance(LEASE)
    assert runner.run_due() == 1


def test_a_failing_job_is_named_without_contents_and_comes_again(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []
    runner = make_runner(database, clock, ran, "second")

    def fail() -> None:
        raise RuntimeError("Magnesium of Ana")

    runner.register("first", 60, fail)
    runner.announce()
    assert runner.run_due() == 1
    assert ran == ["second"]
    assert "first" in caplog.text
    assert "Ana" not in caplog.text
    clock.advance(timedelta(minutes=1))
    assert runner.run_due() == 1


def test_two_jobs_cannot_share_a_name(sqlite_database: Database, clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="name"):
        make_runner(sqlite_database, clock, []).register("sweep", 1, list)


def test_the_runner_starts_once_and_stops(sqlite_database: Database, clock: FixedClock) -> None:
    ran = threading.Event()
    runner = Runner(sqlite_database, clock, poll_seconds=0.01)
    runner.register("sweep", 60, ran.set)
    runner.start()
    runner.start()
    assert ran.wait(5)
    runner.stop()
    assert not any(thread.name == "jobs" for thread in threading.enumerate())

"""What was acknowledged survives a power cut: every connection of the app writes through to the disk."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Connection

from vault.database import Database

FULL = 2
EXPECTED = {
    "journal_mode": "wal",
    "synchronous": FULL,
    "foreign_keys": 1,
    "secure_delete": 1,
    "recursive_triggers": 1,
    "busy_timeout": 30_000,
}


def pragmas(connection: Connection) -> dict[str, Any]:
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in EXPECTED}


def test_reading_and_writing_connections_hold_every_pragma(sqlite_database: Database) -> None:
    with sqlite_database.read() as connection:
        assert pragmas(connection) == EXPECTED
    with sqlite_database.write() as connection:
        assert pragmas(connection) == EXPECTED


def test_connections_opened_at_once_by_many_threads_hold_every_pragma(sqlite_database: Database) -> None:
    together, found = threading.Barrier(12), []

    def look() -> None:
        with sqlite_database.read() as connection:
            together.wait()  # So many are open at once, each its own.
            found.append(pragmas(connection))

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EXPECTED] * 12


def test_a_connection_made_anew_holds_every_pragma(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        connection.invalidate()
    with sqlite_database.read() as connection:
        assert pragmas(connection) == EXPECTED
    sqlite_database.engine.dispose()
    with sqlite_database.write() as connection:
        assert pragmas(connection) == EXPECTED


def test_postgresql_waits_for_its_disk_before_it_acknowledges(postgres_database: Database) -> None:
    with postgres_database.write() as connection:
        said = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in ("synchronous_commit", "fsync")
        }
    if said["fsync"] == "off":
        pytest.skip("this PostgreSQL was set up for tests without fsync; operations says that it must be on")
    assert said["synchronous_commit"] in {"on", "remote_write", "remote_apply", "local"}

"""Migrations make exactly the tables that the rooms declare, on both databases, and may run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, inspect

from app.migrations import check, has_versions, metadata, upgrade
from tests.databases import postgres_database_url
from vault.database import Database


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_there_is_nothing_left_to_migrate(database: Database) -> None:
    assert has_versions(), "the first migration is missing"
    upgrade(url_of(database))
    check(url_of(database))


def test_every_declared_table_is_made(database: Database) -> None:
    found = set(inspect(database.engine).get_table_names())
    assert found - {"alembic_version"} == set(metadata().tables)


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    upgrade_together(f"sqlite:///{tmp_path / 'new.db'}")


def test_processes_that_start_together_migrate_once_on_postgresql() -> None:
    with postgres_database_url() as url:
        upgrade_together(url)


def upgrade_together(url: str) -> None:
    command = [sys.executable, "-c", "import sys; from app.migrations import upgrade; upgrade(sys.argv[1])", url]
    started = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    engine = create_engine(url)
    assert len(inspect(engine).get_table_names()) == len(metadata().tables) + 1
    engine.dispose()

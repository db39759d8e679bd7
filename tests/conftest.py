"""Fixtures every room's tests share: databases, a clock that stands still, a key provider in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.databases import copy_sqlite, make_tables, opened, postgres_database_url, skip_or_fail
from tests.key_stores import forget, make_provider
from vault.database import Database
from vault.server_keys.holder import ServerKeys

__all__ = ["FixedClock", "skip_or_fail"]


@dataclass
class FixedClock:
    """A clock that moves only when told to."""

    moment: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    with postgres_database_url() as url:
        make_tables(url)
        yield url


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    with opened(copy_sqlite(sqlite_template, tmp_path / "vault.db")) as database:
        yield database


@pytest.fixture
def postgres_database(postgres_template: str) -> Iterator[Database]:
    with postgres_database_url(postgres_template) as url, opened(url) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both databases, each test on a fresh one with every table and trigger."""
    found: Database = request.getfixturevalue(f"{'sqlite' if request.param == 'sqlite' else 'postgres'}_database")
    return found


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[ServerKeys]:
    """The server's own keys, in the store that this run is about."""
    yield make_provider(tmp_path / "keys")
    forget(tmp_path / "keys")

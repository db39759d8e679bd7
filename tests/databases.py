"""Fresh databases for tests: a copied file for SQLite, a copied template for PostgreSQL. Each test has its own."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from app.migrations import has_versions, metadata, upgrade
from vault.audit.triggers import create_triggers
from vault.database import Database

POSTGRES_URL = "HEALTHVAULT_TEST_POSTGRES_URL"


def skip_or_fail(reason: str) -> NoReturn:
    """Skip with a reason; with REQUIRE_ALL=1 in the environment, fail instead."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, but: {reason}")
    pytest.skip(reason)


def make_tables(url: str) -> None:
    """Every table and trigger, by the real migrations once there are any."""
    if has_versions():
        upgrade(url)
        return
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        metadata().create_all(connection)
        create_triggers(connection)
    engine.dispose()


def copy_sqlite(template: Path, target: Path) -> str:
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"


@contextmanager
def postgres_database_url(template: str | None = None) -> Iterator[str]:
    """The URL of a new PostgreSQL database, empty or a copy of ``template`` (a URL); dropped at the end."""
    given = os.environ.get(POSTGRES_URL)
    if not given:
        skip_or_fail(f"{POSTGRES_URL} is not set, so there is no PostgreSQL to test on")
    name = f"hv_{secrets.token_hex(8)}"
    origin = f' TEMPLATE "{make_url(template).database}"' if template else ""
    _administer(given, f'CREATE DATABASE "{name}"{origin}')
    try:
        yield make_url(given).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(given, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, pool_size=20)
    try:
        yield database
    finally:
        database.close()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()

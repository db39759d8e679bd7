"""Run by Alembic: connects to the URL that ``configure`` was given and compares it with every room's tables."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlmodel import AutoString

from app.migrations import metadata
from vault.database import UtcDateTime

UPGRADE_LOCK = 0x6876_6D69_6772_6174  # Any fixed number: one process migrates at a time.


def plain_types(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """Migrations must run beside later code, so they name plain column types, not our own or SQLModel's."""
    if kind != "type":
        return False
    if isinstance(value, UtcDateTime):
        return "sa.BigInteger()"
    if isinstance(value, AutoString):
        return f"sa.{value.impl_instance!r}"
    return False


def make_engine(url: str) -> Engine:
    """Migrations are atomic on SQLite too; foreign keys stay off there, or rebuilding a table would follow them."""
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _driver_begins_nothing(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA busy_timeout=60000")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def run() -> None:
    engine = make_engine(context.config.attributes["url"])
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
        context.configure(
            connection=connection,
            target_metadata=metadata(),
            render_item=plain_types,
            render_as_batch=True,
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()

"""One database, SQLite or PostgreSQL, and the only two ways into it: ``read()`` and ``write()``.

A write is short: parse, hash and seal before it. It commits when its ``with`` block ends, so an answer made
after the block speaks of what is stored. On SQLite one in-process lock queues writers (p99 0.45 s without),
and the pragmas hold what a log needs: an entry for bytes already sent survives a power cut.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    Table,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from vault.clock import from_microseconds, to_microseconds

Distribution = Literal["vault_id", "reference", "own-digest"]

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "recursive_triggers": "ON",
    "busy_timeout": "30000",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out, as a 64-bit count of microseconds: the same, and sortable, on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


def id_type() -> LargeBinary:
    """Column type of a 16-byte id."""
    return LargeBinary(16)


def distributed(by: Distribution) -> dict[str, str]:
    """``info`` of a table: by which column a sharded deployment spreads it. A test holds keys to it."""
    return {"distribution": by}


def table_of(model: type[SQLModel]) -> Table:
    """The Core table of a model, for inserts and column selects."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


class Database:
    """``url`` as SQLAlchemy writes it: ``sqlite:///path`` or ``postgresql+psycopg://…``."""

    def __init__(self, url: str, pool_size: int = 45) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _make_engine(self.url.render_as_string(hide_password=False), self.is_sqlite, pool_size)
        self._write_lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction over one consistent state; it never waits for a writer."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A short transaction: committed at the end of the block, rolled back by any exception."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        with (
            self._write_lock,
            self.engine.connect().execution_options(vault_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def truncate_wal(self) -> bool:
        """SQLite: move the write-ahead log into the file and cut it to nothing; False while a reader needs it."""
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=200")  # Writers wait while this does.
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={SQLITE_PRAGMAS['busy_timeout']}")
        finally:
            connection.close()
        return not busy

    def close(self) -> None:
        self.engine.dispose()


def _make_engine(url: str, is_sqlite: bool, pool_size: int) -> Engine:
    # Parameters are what people wrote, sealed or not: no text of a database error may hold them.
    shared: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "hide_parameters": True}
    if not is_sqlite:
        return create_engine(url, pool_pre_ping=True, **shared)
    engine = create_engine(url, connect_args={"timeout": 30}, **shared)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # The driver must not begin behind our back.
        for pragma, value in SQLITE_PRAGMAS.items():
            connection.execute(f"PRAGMA {pragma}={value}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("vault_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine

"""Many rows at once, past the statement compiler's per-value work: plain tuples straight to and from the driver.

Values must be what the driver stores as it is (bytes, int, str, None); times are microseconds already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table

BATCH_ROWS: Final = 1000
IDS_PER_QUERY: Final = 500
T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in order, at most ``size`` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    mark = _mark(connection)
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  Names of our own schema only.
    for some in batches(rows, BATCH_ROWS):
        connection.exec_driver_sql(statement, list(some))


def select_many(
    connection: Connection, table: Table, columns: Sequence[str], *, vault_id: bytes, key: str, ids: Sequence[bytes]
) -> Iterator[tuple[Any, ...]]:
    """The named columns of a vault's rows whose ``key`` is one of ``ids``, in no order."""
    mark = _mark(connection)
    for some in batches(ids, IDS_PER_QUERY):
        marks = ", ".join([mark] * len(some))
        statement = f"SELECT {', '.join(columns)} FROM {table.name} WHERE vault_id = {mark} AND {key} IN ({marks})"  # noqa: S608
        yield from connection.exec_driver_sql(statement, (vault_id, *some)).cursor.fetchall()


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"

"""Many rows at once, past the statement compiler's per-value work: plain tuples straight to the driver.

Values must be what the driver stores as it is (bytes, int, str, None); times are microseconds already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table

BATCH_ROWS: Final = 1000


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(column.name for column in table.columns)
    marks = ", ".join([mark] * len(table.columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  Names of our own schema only.
    for start in range(0, len(rows), BATCH_ROWS):
        connection.exec_driver_sql(statement, list(rows[start : start + BATCH_ROWS]))

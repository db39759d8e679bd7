"""Old bytes leave the files: deleting a row isn't enough, because a write-ahead log and dead rows keep what was there.

On SQLite freed space is overwritten at once (``secure_delete``), and the log is cut to nothing as soon as no reader
needs it. On PostgreSQL dead rows are vacuumed; what its log and replicas hold is a matter of the operator's retention.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import SQLModel

from vault.database import Database


def scrub(database: Database) -> bool:
    """Whether what was deleted before this call is gone; False: somebody still reads the old state, so ask again."""
    if database.is_sqlite:
        return database.truncate_wal()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in SQLModel.metadata.sorted_tables:
            connection.execute(text(f'VACUUM "{table.name}"'))  # Names of our own schema only.
    return True

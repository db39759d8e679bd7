"""The log only grows: the database itself refuses what would change it, whoever asks through it.

On SQLite this needs ``recursive_triggers=ON``, or ``INSERT OR REPLACE`` slips through. On PostgreSQL the triggers
stand for whole statements, TRUNCATE among them, fire in replica mode too, and the owner's own rights are revoked.
An owner of the database can undo all this; the Merkle log is what notices. The first migration ran these statements:
guarding another table is another function and another migration, and none may rebuild these tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

ONLY_GROWS = ("audit_entry", "audit_order")
NEVER_CHANGES = ("audit_subject", "audit_account")

_REFUSE = """\
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = 'audit: ' || TG_OP || ' refused on ' || TG_TABLE_NAME,
    ERRCODE = 'integrity_constraint_violation';
END $$"""


def create_triggers(connection: Connection) -> None:
    """Guard the log's tables; for the first migration, after the tables are made."""
    for statement in triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)


def triggers(dialect: str) -> Iterator[str]:
    """The DDL for ``sqlite`` or ``postgresql``, one statement at a time."""
    if dialect == "postgresql":
        yield _REFUSE
    guard = _on_postgresql if dialect == "postgresql" else _on_sqlite
    for table in ONLY_GROWS:
        yield from guard(table, ("UPDATE", "DELETE"))
    for table in NEVER_CHANGES:
        yield from guard(table, ("UPDATE",))


def _on_sqlite(table: str, operations: tuple[str, ...]) -> Iterator[str]:
    for operation in operations:
        yield (
            f"CREATE TRIGGER {table}_refuses_{operation.lower()} BEFORE {operation} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'audit: {operation} refused on {table}'); END"
        )


def _on_postgresql(table: str, operations: tuple[str, ...]) -> Iterator[str]:
    refused = (*operations, "TRUNCATE") if "DELETE" in operations else operations
    for operation in refused:
        name = f"{table}_refuses_{operation.lower()}"
        yield f"CREATE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
    yield f"REVOKE {', '.join(refused)} ON {table} FROM CURRENT_USER"

"""The database refuses to change the log, by triggers and, on PostgreSQL, by rights too."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from vault.audit.tables import AuditAccount, AuditEntry, AuditOrder, AuditSubject
from vault.database import Database, from_microseconds, table_of

ID = b"\1" * 16


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        moment = from_microseconds(1)
        words = {"event": "view", "outcome": "done", "reason": "", "count": 0, "pseudonym": ID, "actor": ID}
        connection.execute(
            table_of(AuditEntry).insert(), {"vault_id": ID, "entry_id": ID, "leaf": b"leaf", "at": moment, **words}
        )
        connection.execute(
            table_of(AuditSubject).insert(), {"vault_id": ID, "entry_id": ID, "generation": 1, "sealed": b"s"}
        )
        connection.execute(table_of(AuditAccount).insert(), {"vault_id": ID, "entry_id": ID, "sealed": b"s"})
        place = {"origin": "test", "position": 0, "sequence": 0, "leaf_hash": ID * 2, "previous_hash": ID * 2}
        connection.execute(table_of(AuditOrder).insert(), {"vault_id": ID, "entry_id": ID, "pseudonym": ID, **place})
    return database


def give_rights_back(database: Database) -> None:
    """Somebody with more rights: only the triggers stand between him and the log."""
    with database.write() as connection:
        for table in ("audit_entry", "audit_order", "audit_subject", "audit_account"):
            connection.execute(text(f"GRANT ALL ON {table} TO CURRENT_USER"))


def refuses(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError), database.write() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("with_rights", [False, True])
@pytest.mark.parametrize("table", ["audit_entry", "audit_order"])
def test_entries_and_their_order_refuse_update_and_delete(filled: Database, table: str, with_rights: bool) -> None:
    if with_rights and not filled.is_sqlite:
        give_rights_back(filled)
    refuses(filled, f"UPDATE {table} SET pseudonym = entry_id")
    refuses(filled, f"DELETE FROM {table}")


def test_sqlite_refuses_to_replace_an_entry(sqlite_database: Database) -> None:
    entry = (
        "INSERT OR REPLACE INTO audit_entry"
        " (vault_id, entry_id, leaf, at, event, outcome, reason, count, pseudonym, actor)"
        " VALUES (x'01', x'02', x'03', 1, 'view', 'done', '', 0, x'01', x'01')"
    )
    with sqlite_database.write() as connection:
        connection.execute(text(entry))
    refuses(sqlite_database, entry)


@pytest.mark.parametrize("with_rights", [False, True])
def test_postgresql_refuses_to_truncate_the_log_even_in_replica_mode(
    postgres_database: Database, with_rights: bool
) -> None:
    if with_rights:
        give_rights_back(postgres_database)
    refuses(postgres_database, "TRUNCATE audit_entry")
    refuses(postgres_database, "TRUNCATE audit_order")
    with postgres_database.read() as connection:
        found = connection.execute(text("SELECT tgenabled FROM pg_trigger WHERE tgname LIKE 'audit%refuses%'"))
        assert found.scalars().all() == ["A"] * 8


@pytest.mark.parametrize("table", ["audit_subject", "audit_account"])
def test_private_parts_refuse_update_and_allow_erasure(filled: Database, table: str) -> None:
    refuses(filled, f"UPDATE {table} SET sealed = entry_id")
    with filled.write() as connection:
        assert connection.execute(text(f"DELETE FROM {table}")).rowcount == 1

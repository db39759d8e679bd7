"""Every table says how a sharded deployment spreads it, and its keys obey; times and ids have one stored form."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Boolean, DateTime, ForeignKeyConstraint, Numeric, Table, UniqueConstraint

from app.migrations import metadata
from vault.database import UtcDateTime

REFERENCE = {"audit_order", "erasure_ledger", "installation", "job"}
TABLES = sorted(metadata().tables.values(), key=lambda table: table.name)


def unique_column_sets(table: Table) -> list[set[str]]:
    keys = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    indexes = [index for index in table.indexes if index.unique]
    return [{c.name for c in table.primary_key}, *({c.name for c in key.columns} for key in (*keys, *indexes))]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_says_how_it_is_distributed_and_its_keys_obey(table: Table) -> None:
    by = table.info.get("distribution")
    if by == "vault_id":
        assert all("vault_id" in columns for columns in unique_column_sets(table))
    elif by == "own-digest":
        (digest,) = table.primary_key
        assert re.search(r"digest$", digest.name)
        assert all(digest.name in columns for columns in unique_column_sets(table))
    else:
        assert by == "reference"
        assert table.name in REFERENCE


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_foreign_key_stays_within_one_vault(table: Table) -> None:
    for key in table.constraints:
        if isinstance(key, ForeignKeyConstraint):
            assert ("vault_id", "vault_id") in {(e.parent.name, e.column.name) for e in key.elements}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_names_and_types_have_one_form(table: Table) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", table.name)
    for column in table.columns:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", column.name)
        assert not isinstance(column.type, (DateTime, Numeric)), "times are UtcDateTime, numbers whole"
        if column.name == "at" or column.name.endswith(("_at", "_until")):
            assert isinstance(column.type, UtcDateTime)
        if isinstance(column.type, Boolean):
            assert not column.nullable


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_key_material_lives_in_key_tables_only(table: Table) -> None:
    if any(re.search(r"(^|_)(key|seed|wrapped)$", column.name) for column in table.columns):
        assert table.name.startswith("key_")

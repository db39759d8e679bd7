"""A writer in the database may swap, roll back or drop rows; every reader then refuses instead of showing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.vault.records.vaults import FHIR, Vault, bundle, found_vault, observation
from vault import freshness
from vault.database import table_of
from vault.disclosure import LinkContent
from vault.errors import Conflict, NotFound, Tampered
from vault.freshness import Change, StaleState
from vault.ids import GrantId, RecordId, make_id
from vault.keys.tables import KeyManifest, KeyRoot
from vault.papers import Papers
from vault.records.tables import RecordTable
from vault.records.views import ResultQuery
from vault.slot_notes import SlotNotes, prepare_slot_notes
from vault.tables import BlobRow, DirectoryTable, FreshnessRow, PaperRow, SegmentTable


def snapshot(vault: Vault, model: Any) -> list[dict[str, Any]]:
    with vault.database.read() as connection:
        return [dict(row) for row in connection.execute(select(table_of(model))).mappings()]


def put_back(vault: Vault, model: Any, rows: list[dict[str, Any]]) -> None:
    table = table_of(model)
    with vault.database.write() as connection:
        connection.execute(delete(table))
        connection.execute(table.insert(), rows)


def two_records(vault: Vault) -> tuple[RecordId, RecordId]:
    vault.records.add_file(bundle(observation(1, "0.80"), observation(2, "0.90")), "a.json", FHIR)
    first, second = vault.records.list().items
    return first.record_id, second.record_id


@pytest.mark.parametrize("model", [SegmentTable, DirectoryTable, FreshnessRow, PaperRow])
def test_one_table_rolled_back_is_refused(vault: Vault, model: Any) -> None:
    two_records(vault)
    old = snapshot(vault, model)
    vault.records.add_file(bundle(observation(3, "0.7", "2020-01-01")), "b.json", FHIR)
    put_back(vault, model, old)
    for look in (lambda: vault.records.results(ResultQuery()), vault.records.list, vault.disclosure().candidates):
        with pytest.raises(Tampered):
            look()


def test_index_and_sum_rolled_back_together_hide_no_paper(vault: Vault) -> None:
    two_records(vault)
    old = {model: snapshot(vault, model) for model in (SegmentTable, DirectoryTable, FreshnessRow)}
    vault.records.add_file(bundle(observation(3, "0.7")), "b.json", FHIR)
    for model, rows in old.items():
        put_back(vault, model, rows)
    with pytest.raises(Tampered):
        vault.records.list()


def test_an_older_key_manifest_is_refused(vault: Vault) -> None:
    two_records(vault)
    with vault.database.write() as connection:
        connection.execute(update(table_of(KeyManifest)).values(serial=2))
    with pytest.raises(Tampered):
        vault.records.list()


def test_swapped_record_bodies_are_refused(vault: Vault) -> None:
    first, second = two_records(vault)
    table = table_of(RecordTable)
    rows = {row["record_id"]: row for row in snapshot(vault, RecordTable)}
    with vault.database.write() as connection:
        for one, other in ((first, second), (second, first)):
            statement = update(table).where(table.c.record_id == one)
            connection.execute(statement.values(sealed=rows[other]["sealed"], root_id=rows[other]["root_id"]))
    for record_id in (first, second):
        with pytest.raises(Tampered):
            vault.records.read(record_id)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {"sealed": row["sealed"][:-1] + bytes((row["sealed"][-1] ^ 1,))},
        lambda row: {"sealed": bytes(12) + row["sealed"][12:]},
        lambda row: {"sealed": row["sealed"][:12]},
        lambda row: {"root_id": bytes(16)},
        lambda row: {"version": 2},
    ],
)
def test_a_changed_record_row_is_refused(vault: Vault, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    first, _ = two_records(vault)
    table = table_of(RecordTable)
    row = next(row for row in snapshot(vault, RecordTable) if row["record_id"] == first)
    with vault.database.write() as connection:
        connection.execute(update(table).where(table.c.record_id == first).values(**change(row)))
    with pytest.raises(Tampered):
        vault.records.read(first)


def test_an_earlier_version_put_in_place_of_the_current_one_is_refused(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR)
    vault.records.add_file(bundle(observation(1, "0.88", status="corrected")), "b.json", FHIR)
    table = table_of(RecordTable)
    old, _ = sorted(snapshot(vault, RecordTable), key=lambda row: row["version"])
    with vault.database.write() as connection:
        statement = update(table).where(table.c.version == 2)
        connection.execute(statement.values(sealed=old["sealed"], root_id=old["root_id"], import_id=old["import_id"]))
    record_id = vault.records.list().items[0].record_id
    with pytest.raises(Tampered):
        vault.records.read(record_id)


def test_a_card_whose_row_was_removed_is_refused(vault: Vault) -> None:
    first, _ = two_records(vault)
    table = table_of(RecordTable)
    with vault.database.write() as connection:
        connection.execute(delete(table).where(table.c.record_id == first))
    with pytest.raises(Tampered):
        vault.records.read(first)
    with pytest.raises(Tampered):
        vault.disclosure().seal_for_link([(first, 1)], LinkContent(GrantId(make_id()), "family", (), vault.clock.now()))


def test_a_row_that_names_another_segment_is_refused(vault: Vault) -> None:
    first, _ = two_records(vault)
    with vault.database.write() as connection:
        connection.execute(update(table_of(RecordTable)).values(segment_id=bytes(16)))
    with pytest.raises(Tampered):
        vault.records.read(first)


def test_another_vault_s_rows_open_nowhere_else(vault: Vault) -> None:
    other = found_vault(vault.database, vault.provider, vault.clock, "Somebody Else")
    first, _ = two_records(vault)
    two_records(other)
    for act in (other.records.read, other.records.original, other.records.delete, other.records.restore):
        with pytest.raises(NotFound):
            act(first)
    with vault.database.write() as connection:
        for model in (SegmentTable, DirectoryTable):
            table = table_of(model)
            mine = dict(
                connection.execute(select(table).where(table.c.vault_id == vault.founded.vault_id)).mappings().one()
            )
            stolen = {"sealed": mine["sealed"], "root_id": mine["root_id"]}
            connection.execute(update(table).where(table.c.vault_id == other.founded.vault_id).values(**stolen))
    with pytest.raises(Tampered):
        other.records.list()


def test_a_missing_or_foreign_root_is_refused(vault: Vault) -> None:
    first, _ = two_records(vault)
    row = next(row for row in snapshot(vault, RecordTable) if row["record_id"] == first)
    table = table_of(KeyRoot)
    with vault.database.write() as connection:
        connection.execute(delete(table).where(table.c.root_id == row["root_id"]))
    with pytest.raises(Tampered):
        vault.records.read(first)


def test_a_changed_original_is_refused(vault: Vault) -> None:
    first, _ = two_records(vault)
    (blob,) = snapshot(vault, BlobRow)
    put_back(vault, BlobRow, [blob | {"sealed": blob["sealed"][:-1] + bytes((blob["sealed"][-1] ^ 1,))}])
    with pytest.raises(Tampered):
        vault.records.original(first)


def test_a_paper_s_older_version_in_place_of_a_newer_is_refused(vault: Vault) -> None:
    keyring, papers = vault.keyring, Papers(vault.keyring)
    prepared = prepare_slot_notes(keyring, SlotNotes(1, {}), vault.clock)
    with vault.database.write() as connection:
        freshness.advance(connection, keyring, freshness.read(connection, keyring), prepared.change)
        papers.store(connection, prepared)
    with vault.database.read() as connection:
        freshness.verify(connection, keyring)
    table = table_of(PaperRow)
    with vault.database.write() as connection:
        connection.execute(delete(table).where(table.c.paper_id == prepared.paper_id, table.c.version == 2))
    with vault.database.read() as connection, pytest.raises(Tampered):
        freshness.verify(connection, keyring)


def test_a_paper_stored_twice_is_a_conflict_and_a_stale_sum_too(vault: Vault) -> None:
    keyring = vault.keyring
    with vault.database.read() as connection:
        seen = freshness.read(connection, keyring)
    with vault.database.write() as connection:
        freshness.advance(connection, keyring, seen, Change())
    with pytest.raises(StaleState), vault.database.write() as connection:
        freshness.advance(connection, keyring, seen, Change())
    again = prepare_slot_notes(keyring, SlotNotes(0, {}), vault.clock)
    with pytest.raises(Conflict), vault.database.write() as connection:
        Papers(keyring).store(connection, again)

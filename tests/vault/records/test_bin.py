"""Deleted records wait 30 days in the bin, come back, or go for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.database import table_of
from vault.errors import NotFound
from vault.ids import RecordId, make_id
from vault.keys.tables import KeyRoot
from vault.records.tables import ImportRun, RecordTable, RecordTag
from vault.tables import BlobRow


def test_a_deleted_record_leaves_the_lists_and_comes_back(vault: Vault) -> None:
    data = bundle(observation(1), observation(2, "0.9"))
    vault.records.add_file(data, "a.json", FHIR)
    first, second = (row.record_id for row in vault.records.list().items)
    vault.records.delete(first)
    vault.records.delete(first)
    assert [row.record_id for row in vault.records.list().items] == [second]
    (gone,) = vault.records.list(deleted=True).items
    assert (gone.record_id, gone.deleted_at) == (first, vault.clock.now())
    vault.records.restore(first)
    assert {row.record_id for row in vault.records.list().items} == {first, second}
    assert vault.records.list(deleted=True).items == ()


def test_importing_a_binned_record_again_brings_it_back(vault: Vault) -> None:
    data = bundle(observation(1))
    vault.records.add_file(data, "a.json", FHIR)
    (row,) = vault.records.list().items
    vault.records.delete(row.record_id)
    outcome = vault.records.add_file(data, "a.json", FHIR)
    assert (outcome.added, outcome.duplicates) == (1, 0)
    assert [row.record_id for row in vault.records.list().items] == [row.record_id]


def test_unknown_records_are_not_found(vault: Vault) -> None:
    unknown = RecordId(make_id())
    for act in (vault.records.read, vault.records.original, vault.records.delete, vault.records.restore):
        with pytest.raises(NotFound):
            act(unknown)


def test_the_bin_empties_after_thirty_days_and_leaves_no_row(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    vault.records.add_file(b"%PDF-1.7 kept", "b.pdf", "application/pdf")
    by_kind = {row.kind: row.record_id for row in vault.records.list().items}
    vault.records.delete(by_kind["observation"])
    vault.clock.advance(timedelta(days=30))
    assert vault.records.empty_bin(vault.clock.now()) == 0
    vault.clock.advance(timedelta(seconds=1))
    assert vault.records.empty_bin(vault.clock.now()) == 1
    assert vault.records.empty_bin(vault.clock.now()) == 0
    assert [row.kind for row in vault.records.list().items] == ["document"]
    assert vault.records.original(by_kind["document"]).data == b"%PDF-1.7 kept"
    with pytest.raises(NotFound):
        vault.records.restore(by_kind["observation"])
    with vault.database.read() as connection:
        for model in (RecordTable, RecordTag, BlobRow, ImportRun):
            assert connection.execute(select(func.count()).select_from(table_of(model))).scalar_one() == 1
        roots = select(func.count()).select_from(table_of(KeyRoot))
        # Profile, recovery check; document: record, original, report; its segment and the directory page.
        assert connection.execute(roots).scalar_one() == 7


def test_an_emptied_bin_keeps_the_file_that_other_records_came_in(vault: Vault) -> None:
    data = bundle(observation(1), observation(2, "0.9"))
    vault.records.add_file(data, "a.json", FHIR)
    first, second = (row.record_id for row in vault.records.list().items)
    vault.records.delete(first)
    vault.clock.advance(timedelta(days=31))
    assert vault.records.empty_bin(vault.clock.now()) == 1
    assert vault.records.original(second).data == data


def test_a_purged_record_may_join_again(vault: Vault) -> None:
    data = bundle(observation(1))
    vault.records.add_file(data, "a.json", FHIR)
    vault.records.delete(vault.records.list().items[0].record_id)
    vault.clock.advance(timedelta(days=31))
    vault.records.empty_bin(vault.clock.now())
    assert vault.records.add_file(data, "a.json", FHIR).added == 1

"""All of an upload becomes visible or none of it, whatever fails, and whoever else imports meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.audit.log import Log
from vault.blobs import RowBlobs
from vault.database import table_of
from vault.errors import LogUnavailable
from vault.health.typed import TypedResult
from vault.records.importing import sweep_abandoned
from vault.records.tables import ImportRun, RecordTable, RecordTag
from vault.records.views import ResultQuery
from vault.tables import BlobRow

MANY = 300


class PowerCut(BaseException):
    """Nothing of ours may catch and tidy up after it."""


class CutLog(Log):
    """The power goes while the publishing transaction is being logged."""

    def append(self, connection: Connection, *args: Any, **kwargs: Any) -> Any:
        raise PowerCut


class BrokenLog(Log):
    def append(self, connection: Connection, *args: Any, **kwargs: Any) -> Any:
        raise LogUnavailable


def many(start: int = 0) -> bytes:
    return bundle(*(observation(n, f"0.{n + 100}") for n in range(start, start + MANY)))


def stored(vault: Vault, model: Any) -> int:
    with vault.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table_of(model))).scalar_one()


def test_a_crash_before_publishing_leaves_nothing_visible_and_the_sweep_removes_it(vault: Vault) -> None:
    records = vault.records_with(log=CutLog(vault.provider, vault.clock))
    with pytest.raises(PowerCut):
        records.add_file(many(), "a.json", FHIR)
    assert stored(vault, RecordTable) == MANY
    assert stored(vault, BlobRow) == 1
    assert vault.records.list().items == ()
    assert vault.records.results(ResultQuery()).items == ()
    assert sweep_abandoned(vault.database, RowBlobs(), vault.clock.now()) == 0
    vault.clock.advance(timedelta(minutes=11))
    assert sweep_abandoned(vault.database, RowBlobs(), vault.clock.now()) == 1
    assert sweep_abandoned(vault.database, RowBlobs(), vault.clock.now()) == 0
    assert (stored(vault, RecordTable), stored(vault, RecordTag), stored(vault, BlobRow)) == (0, 0, 0)
    assert vault.records.add_file(many(), "a.json", FHIR).added == MANY


def test_an_import_that_cannot_be_logged_leaves_nothing_at_all(vault: Vault) -> None:
    records = vault.records_with(log=BrokenLog(vault.provider, vault.clock))
    with pytest.raises(LogUnavailable):
        records.add_file(many(), "a.json", FHIR)
    assert (stored(vault, RecordTable), stored(vault, BlobRow)) == (0, 0)


def test_nothing_is_shown_that_cannot_be_logged(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    record_id = vault.records.list().items[0].record_id
    records = vault.records_with(log=BrokenLog(vault.provider, vault.clock))
    looks = (
        lambda: records.results(ResultQuery()),
        records.list,
        records.latest,
        lambda: records.read(record_id),
        lambda: records.original(record_id),
        lambda: records.delete(record_id),
    )
    for look in looks:
        with pytest.raises(LogUnavailable):
            look()
    assert len(vault.records.list().items) == 1


def test_the_sweep_leaves_published_imports_alone(vault: Vault) -> None:
    vault.records.add_file(many(), "a.json", FHIR)
    vault.clock.advance(timedelta(days=1))
    assert sweep_abandoned(vault.database, RowBlobs(), vault.clock.now()) == 0
    assert stored(vault, RecordTable) == MANY
    with vault.database.read() as connection:
        assert connection.execute(select(table_of(ImportRun).c.state)).scalars().all() == ["published"]


@pytest.mark.parametrize("count", [1, MANY])
def test_two_imports_of_one_file_at_once_keep_it_once(vault: Vault, count: int) -> None:
    data = bundle(*(observation(n, f"0.{n + 100}") for n in range(count)))
    outcomes, barrier = [], threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        outcomes.append(vault.records_with().add_file(data, "a.json", FHIR))

    in_threads(run, 4)
    assert sorted(outcome.added for outcome in outcomes) == [0, 0, 0, count]
    assert sum(outcome.duplicates for outcome in outcomes) == 3 * count
    assert stored(vault, RecordTable) == count
    assert len(vault.records.results(ResultQuery(limit=200)).items) == min(count, 200)


def test_writers_of_one_vault_at_once_all_get_through(vault: Vault) -> None:
    barrier = threading.Barrier(6)
    values = iter(range(6))

    def run() -> None:
        value = next(values)
        barrier.wait()
        vault.records_with().add_result(TypedResult("magnesium", None, f"0.8{value}", "mmol/L", "2025-04-01"))

    in_threads(run, 6)
    rows = vault.records.results(ResultQuery(analyte="magnesium")).items
    assert sorted(row.value for row in rows) == [f"0.8{value}" for value in range(6)]


def in_threads(run: Any, count: int) -> None:
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            run()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

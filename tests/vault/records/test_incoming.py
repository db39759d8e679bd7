"""A file waits for its citizen's answer: previewed, confirmed once, taken away, or gone after a day."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.audit.reading import CitizenLog
from vault.blobs import RowBlobs
from vault.database import table_of
from vault.keys.tables import KeyRoot
from vault.records.incoming import APART, MINE, UnknownAnswer, WhoseIsIt
from vault.records.tables import ImportRun, ImportWaiting
from vault.records.views import ResultQuery
from vault.records.waiting import MOST_WAITING, NotWaiting, TooManyWaiting, sweep_waiting
from vault.records.whose import is_same_name
from vault.tables import BlobRow

OTHER: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"given": ["Otto"], "family": "Other"}],
    "birthDate": "1999-12-31",
}


def stored(vault: Vault, model: Any) -> int:
    with vault.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table_of(model))).scalar_one()


def test_a_preview_tells_what_would_join_and_nothing_has(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "before.json", FHIR)
    bad = observation(3) | {"status": "made-up"}
    fresh = observation(2, "0.91", "2026-02-03")
    data = bundle(observation(1, "0.80"), fresh, observation(1, "0.88", status="corrected"), bad)
    preview = vault.records.incoming.stage(data, "export.json", FHIR)
    assert (preview.added, preview.corrected, preview.duplicates, preview.results) == (2, 1, 1, 2)
    assert preview.tests == (("Magnesium", 2),)
    assert [fault.where for fault in preview.quarantined] == ["entry 4"]
    assert (preview.first, preview.last) == ("2025-01-15", "2026-02-03")
    assert vault.records.incoming.preview(preview.import_id) == preview
    assert len(vault.records.list().items) == 1
    assert [each.file.filename for each in vault.records.incoming.waiting()] == ["export.json"]


def test_what_is_confirmed_joins_once_and_its_bytes_are_the_same(vault: Vault) -> None:
    data = bundle(*(observation(n, f"0.{n + 100}") for n in range(300)))
    waiting_id = vault.records.incoming.stage(data, "export.json", FHIR).import_id
    roots = stored(vault, KeyRoot)
    outcome = vault.records.incoming.confirm(waiting_id)
    assert outcome.added == 300
    record_id = vault.records.list().items[0].record_id
    assert vault.records.original(record_id).data == data
    assert (stored(vault, ImportWaiting), stored(vault, BlobRow)) == (0, 1)
    assert stored(vault, KeyRoot) > roots
    for again in (vault.records.incoming.confirm, vault.records.incoming.discard, vault.records.incoming.preview):
        with pytest.raises(NotWaiting):
            again(waiting_id)


def test_two_answers_at_once_import_it_once(vault: Vault) -> None:
    data = bundle(*(observation(n, f"0.{n + 100}") for n in range(100)))
    waiting_id = vault.records.incoming.stage(data, "export.json", FHIR).import_id
    barrier, answers = threading.Barrier(3), []

    def confirm() -> None:
        barrier.wait()
        try:
            answers.append(vault.records_with().incoming.confirm(waiting_id).added)
        except NotWaiting:
            answers.append(-1)

    threads = [threading.Thread(target=confirm) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [-1, -1, 100]
    assert (stored(vault, BlobRow), stored(vault, ImportWaiting)) == (1, 0)
    with vault.database.read() as connection:
        states = connection.execute(select(table_of(ImportRun).c.state)).scalars().all()
    assert sorted(states).count("published") == 1


def test_what_is_not_wanted_leaves_nothing(vault: Vault) -> None:
    before = stored(vault, KeyRoot)
    waiting_id = vault.records.incoming.stage(bundle(observation(1)), "export.json", FHIR).import_id
    vault.records.incoming.discard(waiting_id)
    assert (stored(vault, ImportWaiting), stored(vault, BlobRow), stored(vault, KeyRoot)) == (0, 0, before)
    assert vault.records.incoming.waiting() == ()


def test_a_file_without_an_answer_is_gone_after_a_day(vault: Vault) -> None:
    waiting_id = vault.records.incoming.stage(bundle(observation(1)), "export.json", FHIR).import_id
    vault.clock.advance(timedelta(hours=23))
    assert sweep_waiting(vault.database, RowBlobs(), vault.clock.now()) == 0
    vault.records.incoming.preview(waiting_id)
    vault.clock.advance(timedelta(hours=1))
    with pytest.raises(NotWaiting):
        vault.records.incoming.confirm(waiting_id)
    assert sweep_waiting(vault.database, RowBlobs(), vault.clock.now()) == 1
    assert sweep_waiting(vault.database, RowBlobs(), vault.clock.now()) == 0
    assert (stored(vault, ImportWaiting), stored(vault, BlobRow)) == (0, 0)


def test_a_file_of_another_person_needs_an_answer_and_mine_joins(vault: Vault) -> None:
    waiting_id = vault.records.incoming.stage(bundle(OTHER, observation(1)), "theirs.json", FHIR).import_id
    (doubt,) = vault.records.incoming.preview(waiting_id).doubts
    assert (doubt.names, doubt.birth_date, doubt.other_name, doubt.other_birth_date) == (
        ("Otto Other",),
        "1999-12-31",
        True,
        True,
    )
    with pytest.raises(WhoseIsIt):
        vault.records.incoming.confirm(waiting_id)
    with pytest.raises(UnknownAnswer):
        vault.records.incoming.confirm(waiting_id, "somebody")
    assert vault.records.incoming.confirm(waiting_id, MINE).added == 2
    assert len(vault.records.results(ResultQuery()).items) == 1


def test_what_is_kept_apart_joins_no_results_and_comes_back_byte_for_byte(vault: Vault) -> None:
    data = bundle(OTHER, observation(1))
    waiting_id = vault.records.incoming.stage(data, "theirs.json", FHIR).import_id
    assert vault.records.incoming.confirm(waiting_id, APART).added == 1
    assert vault.records.results(ResultQuery()).items == ()
    (row,) = vault.records.list().items
    assert (row.kind, row.title, row.marks) == ("document", "theirs.json", frozenset({"not-sorted"}))
    assert vault.records.original(row.record_id).data == data


def test_the_log_tells_of_a_waiting_file_and_names_nobody(vault: Vault) -> None:
    waiting_id = vault.records.incoming.stage(bundle(OTHER, observation(1)), "theirs.json", FHIR).import_id
    vault.records.incoming.discard(waiting_id)
    lines = CitizenLog(vault.database, vault.provider, vault.keyring).page(10).items
    assert {(line.event, line.reason) for line in lines} >= {("delete", "not-added"), ("view", "")}
    assert "Other" not in str(lines)
    assert "1999" not in str(lines)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stanley Jones", "JONES, Stanley"),
        ("Dr. Ana M. López", "Ana María Lopez"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Sean O'Brien", "OBRIEN SEAN"),
        ("Ada Example", "Ms Ada Maria Example"),
        ("Søren Ærø", "Soren Aero"),
    ],
)
def test_a_name_written_differently_is_the_same_name(one: str, other: str) -> None:
    assert is_same_name(one, other)
    assert is_same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Example", "Otto Example"),
        ("Ada", "Ada Example"),
        ("John Smith", "John Smith Jr"),
        ("A B", "Ada Bell"),
        ("Mary Ada Example", "Jane Ada Example"),
    ],
)
def test_another_name_is_another_name(one: str, other: str) -> None:
    assert not is_same_name(one, other)
    assert not is_same_name(other, one)


def test_twenty_files_wait_and_the_next_is_told_so(vault: Vault) -> None:
    waiting = [
        vault.records.incoming.stage(bundle(observation(number, "0.80")), f"{number}.json", FHIR).import_id
        for number in range(MOST_WAITING)
    ]
    with pytest.raises(TooManyWaiting):
        vault.records.incoming.stage(bundle(observation(99, "0.80")), "more.json", FHIR)
    assert stored(vault, ImportWaiting) == MOST_WAITING
    vault.records.incoming.confirm(waiting[0])
    vault.records.incoming.stage(bundle(observation(99, "0.80")), "more.json", FHIR)

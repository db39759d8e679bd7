"""One record is erased for good: its keys go, what was sealed beside it stays, and nothing older opens it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.sharing.shares import SilentLog
from tests.vault.erasure.erasing import House, rows_of, tables
from tests.vault.records.vaults import FHIR, bundle, observation
from vault.audit.reading import CitizenLog, LogLine
from vault.blobs import RowBlobs
from vault.database import table_of
from vault.errors import LogUnavailable, NotFound
from vault.ids import RecordId, text_of
from vault.keys.keyring import Keyring
from vault.keys.roots import private_among
from vault.keys.tables import KeyRoot
from vault.records.cards import RECORD
from vault.records.index import load_index
from vault.records.privacy import Privacy
from vault.records.tables import RecordTable, RecordTag
from vault.records.views import ResultQuery
from vault.tables import BlobRow


def ids_by_value(house: House) -> dict[str, RecordId]:
    return {row.original_value: row.record_id for row in house.vault.records.results(ResultQuery()).items}


def roots(house: House) -> set[bytes]:
    with house.database.read() as connection:
        return set(connection.execute(select(table_of(KeyRoot).c.root_id)).scalars())


def test_an_erased_record_is_gone_and_its_neighbours_stay(house: House) -> None:
    records = house.vault.records
    first = bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15"), observation(3, "0.83", "2025-03-15"))
    records.add_file(first, "a.json", FHIR)
    house.vault.clock.advance(timedelta(seconds=1))
    records.add_file(bundle(observation(2, "0.92", "2025-02-15", "corrected")), "b.json", FHIR)
    found = ids_by_value(house)
    assert set(found) == {"0.81", "0.92", "0.83"}
    goes = house.erasing().what_goes(found["0.92"])
    assert (goes.title, goes.versions, goes.is_deleted) == ("Magnesium", 2, False)
    assert [(each.told.filename, each.others) for each in goes.files] == [("a.json", 2), ("b.json", 0)]
    house.erasing().erase(found["0.92"])
    assert ids_by_value(house) == {"0.81": found["0.81"], "0.83": found["0.83"]}
    assert b"0.83" in records.read(found["0.83"]).body
    for act in (records.read, records.original, records.restore, house.erasing().erase, house.erasing().what_goes):
        with pytest.raises(NotFound):
            act(found["0.92"])
    with house.database.read() as connection:
        for model in (RecordTable, RecordTag):
            mine = select(func.count()).select_from(table_of(model)).where(table_of(model).c.record_id == found["0.92"])
            assert connection.execute(mine).scalar_one() == 0
    assert records.original(found["0.81"]).filename == "result.json", "its own resource: the whole file is gone"
    assert [report.filename for report in records.imports.list()] == ["a.json"]


def test_every_root_that_touched_it_is_destroyed_and_no_other_is_left_over(house: House) -> None:
    records = house.vault.records
    records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15")), "a.json", FHIR)
    before, stored = roots(house), rows_of(house.database, tables(keys=False))
    house.erasing().erase(ids_by_value(house)["0.81"])
    after = roots(house)
    # Profile and recovery check stay; the records' root, segment, page, original and report are new or gone.
    assert len(before & after) == 2
    assert len(after) == 6
    touched = {row["root_id"] for name in ("record", "segment", "directory") for row in stored[name]}
    assert not touched & after


def test_a_record_goes_from_the_bin_too_and_an_older_correction_stays_readable(house: House) -> None:
    records = house.vault.records
    records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15")), "a.json", FHIR)
    records.add_file(bundle(observation(1, "0.91", status="corrected")), "b.json", FHIR)
    found = ids_by_value(house)
    records.delete(found["0.82"])
    house.erasing().erase(found["0.82"])
    assert records.list(deleted=True).items == ()
    assert b"0.81" in records.read(found["0.91"], 1).body, "sealed again under a new root"
    assert b"0.91" in records.read(found["0.91"]).body
    records.add_file(bundle(observation(1, "0.95", status="amended")), "c.json", FHIR)
    assert records.read(found["0.91"]).earlier_versions == (1, 2)


def test_a_file_that_held_it_as_a_duplicate_goes_too(house: House) -> None:
    records = house.vault.records
    records.add_file(bundle(observation(1, "0.81")), "first.json", FHIR)
    house.vault.clock.advance(timedelta(seconds=1))
    records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15")), "second.json", FHIR)
    found = ids_by_value(house)
    goes = house.erasing().what_goes(found["0.81"])
    assert [(each.told.filename, each.others) for each in goes.files] == [("first.json", 0), ("second.json", 1)]
    house.erasing().erase(found["0.81"])
    with house.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table_of(BlobRow))).scalar_one() == 0
    assert records.original(found["0.82"]).filename == "result.json"


def test_doubtful_parts_of_a_file_that_goes_are_settled(house: House) -> None:
    records = house.vault.records
    faulty = {"resourceType": "Observation"}
    outcome = records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82"), faulty), "a.json", FHIR)
    found = ids_by_value(house)
    (file,) = house.erasing().what_goes(found["0.81"]).files
    assert file.doubtful == 1
    house.erasing().erase(found["0.81"])
    assert [part.settled for part in records.imports.status(outcome.import_id).parts] == ["discarded"]


def test_the_history_keeps_its_lines_and_loses_the_name(house: House) -> None:
    records = house.vault.records
    records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15")), "a.json", FHIR)
    found = ids_by_value(house)
    for record_id in found.values():
        records.read(record_id)
    before = history(house)
    house.vault.clock.advance(timedelta(seconds=1))
    house.erasing().erase(found["0.81"])
    after = history(house)
    assert [line.leaf for line in after[1:]] == [line.leaf for line in before], "no entry changed, one more is there"
    assert (after[0].event, after[0].reason, after[0].count) == ("delete", "erased", 1)
    named = [text_of(found["0.81"]) in str(line.subject) and "Magnesium" in str(line.subject) for line in after]
    assert not any(named)
    assert sum("subject" in line.erased for line in after) == 1
    assert [line.subject["title"] for line in after if line.event == "view" and (line.subject or {}).get("title")] == [
        "Magnesium"
    ], "the neighbour's"


def history(house: House) -> tuple[LogLine, ...]:
    vault = house.vault
    return CitizenLog(vault.database, vault.provider, vault.keyring).page(200, None).items


def test_nothing_is_erased_when_it_cannot_be_logged(house: House) -> None:
    house.vault.records.add_file(bundle(observation(1, "0.81")), "a.json", FHIR)
    found = ids_by_value(house)
    with pytest.raises(LogUnavailable):
        replace(
            house, vault=replace(house.vault, log=SilentLog(house.vault.provider, house.vault.clock))
        ).erasing().erase(found["0.81"])
    assert b"0.81" in house.vault.records.read(found["0.81"]).body


def test_what_was_erased_may_join_again_as_another_record(house: House) -> None:
    data = bundle(observation(1, "0.81"))
    house.vault.records.add_file(data, "a.json", FHIR)
    before = ids_by_value(house)
    house.erasing().erase(before["0.81"])
    assert house.vault.records.add_file(data, "a.json", FHIR).added == 1
    assert ids_by_value(house) != before


def test_what_is_kept_from_carers_stays_so_when_another_private_record_is_erased(house: House) -> None:
    records, vault = house.vault.records, house.vault
    records.add_file(bundle(observation(1, "0.81"), observation(2, "0.82", "2025-02-15")), "a.json", FHIR)
    records.add_file(bundle(observation(3, "0.83", "2025-03-15")), "b.json", FHIR)
    found = ids_by_value(house)
    privacy = Privacy(house.database, vault.keyring, RowBlobs())
    for value in ("0.81", "0.82"):
        assert privacy.keep(found[value], lambda _connection, _state: None, is_private=True)
    house.erasing().erase(found["0.81"])
    assert ids_by_value(house) == {"0.82": found["0.82"], "0.83": found["0.83"]}
    assert b"0.82" in records.read(found["0.82"]).body
    own = vault.keyring
    carer = Keyring(own.vault_id, own.generation, own.pseudonym, own._now.vault_key, None)
    with house.database.read() as connection:
        index = load_index(connection, carer)
        cards = [card for _, rows in index.all_rows(connection) for card in rows]
        under = connection.execute(
            select(table_of(RecordTable).c.root_id).where(table_of(RecordTable).c.record_id == found["0.82"])
        ).scalar_one()
        assert private_among(connection, own.vault_id, [under]) == {under}
    assert [card[RECORD] for card in cards] == [found["0.83"].hex()]

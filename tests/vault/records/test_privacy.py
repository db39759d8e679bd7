"""What the citizen keeps from carers: nowhere for a carer's keyring, and all there for the citizen's own."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from tests.vault.records.vaults import FHIR, ORIGIN, Vault, bundle, observation
from vault import freshness
from vault.audit.trails import trail_of
from vault.blobs import RowBlobs
from vault.database import table_of
from vault.errors import Forbidden, NotFound, Tampered
from vault.freshness import State
from vault.ids import RecordId
from vault.keys.keyring import Keyring
from vault.keys.tables import KeyRoot
from vault.records.directory import FIRST_PRIVATE_PAGE
from vault.records.privacy import Privacy
from vault.records.records import Records
from vault.records.tables import RecordTag
from vault.records.views import RecordRow, ResultQuery
from vault.tables import DirectoryTable


def as_carer(vault: Vault) -> Records:
    """The records as somebody sees them whose slot has VK alone."""
    own = vault.keyring
    keyring = Keyring(own.vault_id, own.generation, own.pseudonym, own._now.vault_key, None)
    with vault.database.read() as connection:
        trail = trail_of(connection, own.vault_id)
    return Records(vault.database, keyring, vault.log, trail, vault.clock, RowBlobs(), ORIGIN)


def said(_connection: Connection, state: State) -> None:
    assert state.sequence > 1


def keep(vault: Vault, record_id: RecordId, *, is_private: bool = True, keyring: Keyring | None = None) -> bool:
    privacy = Privacy(vault.database, keyring or vault.keyring, RowBlobs())
    return privacy.keep(record_id, said, is_private=is_private)


def listed(records: Records) -> dict[str, RecordRow]:
    """Taken → row."""
    return {row.taken: row for row in records.list(limit=200).items}


@pytest.fixture
def filled(vault: Vault) -> Vault:
    """Two files of results: 2025-01-01 and 02 in one, 03 in the other, which was corrected."""
    days = {n: f"2025-01-{n:02}" for n in (1, 2, 3)}
    vault.records.add_file(bundle(*(observation(n, f"0.{n}", days[n]) for n in (1, 2))), "two.json", FHIR)
    vault.records.add_file(bundle(observation(3, "0.3", days[3])), "one.json", FHIR)
    vault.records.add_file(bundle(observation(3, "0.9", days[3], status="corrected")), "corrected.json", FHIR)
    return vault


def private_one(vault: Vault, day: str = "2025-01-01") -> RecordId:
    record_id = listed(vault.records)[day].record_id
    assert keep(vault, record_id)
    return record_id


def test_a_private_record_is_in_no_list_trend_or_count_of_a_carer_and_in_all_of_the_citizens(filled: Vault) -> None:
    record_id, carer = private_one(filled), as_carer(filled)
    assert sorted(listed(carer)) == ["2025-01-02", "2025-01-03"]
    assert sorted(listed(filled.records)) == ["2025-01-01", "2025-01-02", "2025-01-03"]
    assert len(carer.results(ResultQuery(limit=200)).items) == 2
    assert len(filled.records.results(ResultQuery(limit=200)).items) == 3
    assert record_id not in {each.record_id for each in carer.results(ResultQuery(limit=200)).items}


def test_a_carer_who_knows_its_id_gets_what_nobodys_id_gets(filled: Vault) -> None:
    record_id, carer = private_one(filled), as_carer(filled)
    for ask in (carer.read, carer.original, carer.delete):
        with pytest.raises(NotFound):
            ask(record_id)
    assert b"0.1" in filled.records.read(record_id).body


def test_every_version_of_it_goes_along(filled: Vault) -> None:
    record_id = private_one(filled, "2025-01-03")
    assert listed(filled.records)["2025-01-03"].version == 2
    assert b"0.3" in filled.records.read(record_id, 1).body
    assert b"0.9" in filled.records.read(record_id).body
    assert sorted(listed(as_carer(filled))) == ["2025-01-01", "2025-01-02"]


def test_the_file_it_came_in_goes_along_and_the_other_records_of_it_stay(filled: Vault) -> None:
    private_one(filled)
    carer, other = as_carer(filled), listed(filled.records)["2025-01-02"].record_id
    assert b"0.2" in carer.read(other).body
    with pytest.raises(NotFound):
        carer.original(other)
    assert b"0.1" in filled.records.original(other).data
    shown = {report.filename for report in carer.imports.list()}
    assert shown == {"one.json", "corrected.json"}
    assert {report.filename for report in filled.records.imports.list()} == shown | {"two.json"}


def test_a_carer_who_adds_the_same_is_not_told_that_it_is_there(filled: Vault) -> None:
    private_one(filled)
    again = bundle(observation(1, "0.1", "2025-01-01"))
    told = as_carer(filled).add_file(again, "mine.json", FHIR)
    assert (told.added, told.duplicates) == (1, 0)


def test_the_citizen_who_adds_it_again_is_told_and_that_file_goes_along(filled: Vault) -> None:
    private_one(filled)
    again = bundle(observation(1, "0.1", "2025-01-01"), observation(7, "0.7", "2025-01-07"))
    told = filled.records.add_file(again, "again.json", FHIR)
    assert (told.added, told.duplicates) == (1, 1)
    carer = as_carer(filled)
    assert "2025-01-07" in listed(carer)
    assert "again.json" not in {report.filename for report in carer.imports.list()}


def test_a_correction_of_it_is_private_too(filled: Vault) -> None:
    record_id = private_one(filled)
    correction = bundle(observation(1, "0.11", "2025-01-01", status="corrected"))
    told = filled.records.add_file(correction, "correction.json", FHIR)
    assert (told.added, listed(filled.records)["2025-01-01"].version) == (1, 2)
    carer = as_carer(filled)
    assert "2025-01-01" not in listed(carer)
    assert "correction.json" not in {report.filename for report in carer.imports.list()}
    with pytest.raises(NotFound):
        carer.read(record_id)
    assert as_carer(filled).add_file(correction, "mine.json", FHIR).added == 1


def test_it_comes_back_as_it_was(filled: Vault) -> None:
    record_id = private_one(filled)
    assert keep(filled, record_id, is_private=False)
    carer = as_carer(filled)
    assert sorted(listed(carer)) == ["2025-01-01", "2025-01-02", "2025-01-03"]
    assert carer.read(record_id).body == filled.records.read(record_id).body
    assert b"0.1" in carer.original(record_id).data
    told = carer.add_file(bundle(observation(1, "0.1", "2025-01-01")), "mine.json", FHIR)
    assert (told.added, told.duplicates) == (0, 1)


def test_a_file_comes_back_only_once_nothing_in_it_is_private(filled: Vault) -> None:
    first, second = private_one(filled), private_one(filled, "2025-01-02")
    keep(filled, first, is_private=False)
    with pytest.raises(NotFound):
        as_carer(filled).original(first)
    keep(filled, second, is_private=False)
    assert b"0.1" in as_carer(filled).original(first).data


def test_twice_is_once(filled: Vault) -> None:
    record_id = private_one(filled)
    assert not keep(filled, record_id)
    assert keep(filled, record_id, is_private=False)
    assert not keep(filled, record_id, is_private=False)


def test_a_carer_keeps_nothing_private_and_uncovers_nothing(filled: Vault) -> None:
    record_id, carer = private_one(filled), as_carer(filled)
    for each in (record_id, listed(carer)["2025-01-02"].record_id):
        for is_private in (True, False):
            with pytest.raises(Forbidden):
                keep(filled, each, is_private=is_private, keyring=carer._keyring)


def test_new_records_of_a_carer_and_of_the_citizen_never_land_among_private_ones(filled: Vault) -> None:
    private_one(filled)
    filled.records.add_file(bundle(observation(8, "0.8", "2025-01-08")), "own.json", FHIR)
    as_carer(filled).add_file(bundle(observation(9, "0.9", "2025-01-09")), "theirs.json", FHIR)
    assert {"2025-01-08", "2025-01-09"} <= listed(as_carer(filled)).keys()


def test_private_things_hang_under_the_private_key_alone(filled: Vault) -> None:
    """Not by a rule of ours: a carer's keyring has no key to any of it."""
    private_one(filled)
    root, carer = table_of(KeyRoot), as_carer(filled)._keyring
    with filled.database.read() as connection:
        rows = connection.execute(select(root).where(root.c.purpose == "private")).all()
    assert len(rows) >= 5  # Segment, directory page, record, report, file.
    for row in rows:
        for is_private in (True, False):
            with pytest.raises(Tampered):
                carer.open_root(row.root_id, row.wrapped, row.generation, is_private=is_private)
        assert filled.keyring.open_root(row.root_id, row.wrapped, row.generation, is_private=True)


def test_a_writer_in_the_database_can_neither_uncover_nor_hide(filled: Vault) -> None:
    private_one(filled)
    root, page = table_of(KeyRoot), table_of(DirectoryTable)
    with filled.database.write() as connection:
        connection.execute(root.update().where(root.c.purpose == "private").values(purpose="write"))
    with pytest.raises(Tampered):
        filled.records.list()
    assert len(listed(as_carer(filled))) == 2
    with filled.database.write() as connection:
        connection.execute(page.update().where(page.c.page >= FIRST_PRIVATE_PAGE).values(page=FIRST_PRIVATE_PAGE - 1))
    with pytest.raises(Tampered):
        as_carer(filled).list()


def test_both_check_the_same_freshness_sum(filled: Vault) -> None:
    private_one(filled)
    with filled.database.read() as connection:
        own = freshness.verify(connection, filled.keyring).state
        assert freshness.verify(connection, as_carer(filled)._keyring).state == own


def test_no_tag_of_it_is_one_that_a_carer_can_make(filled: Vault) -> None:
    record_id, tag = listed(filled.records)["2025-01-01"].record_id, table_of(RecordTag)

    def tags() -> set[bytes]:
        with filled.database.read() as connection:
            return set(connection.execute(select(tag.c.tag).where(tag.c.record_id == record_id)).scalars())

    before = tags()
    keep(filled, record_id)
    assert tags()
    assert not tags() & before

"""One import is taken back in one act and comes back in one; its doubtful parts can be settled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.audit.reading import CitizenLog
from vault.errors import NotFound
from vault.ids import ImportId, make_id
from vault.records.reports import TYPED_IN
from vault.records.views import ResultQuery


def many(count: int = 300, start: int = 0) -> bytes:
    return bundle(*(observation(n, f"0.{n + 100}") for n in range(start, start + count)))


def live(vault: Vault) -> int:
    return len(vault.records.list(limit=200).items)


def test_an_import_is_undone_and_brought_back_each_as_one_act(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(900, "0.99")), "mine.json", FHIR)
    import_id = vault.records.add_file(many(), "all.json", FHIR).import_id
    assert vault.records.imports.status(import_id).standing.live == 300
    assert vault.records.imports.undo(import_id) == 300
    assert live(vault) == 1
    assert vault.records.imports.undo(import_id) == 0
    standing = vault.records.imports.status(import_id).standing
    assert (standing.live, standing.in_bin, standing.undone_at) == (0, 300, vault.clock.now())
    assert vault.records.imports.bring_back(import_id) == 300
    assert vault.records.imports.bring_back(import_id) == 0
    assert len(vault.records.results(ResultQuery(limit=200)).items) == 200
    lines = CitizenLog(vault.database, vault.provider, vault.keyring).page(50).items
    acts = [(line.event, line.reason, line.count) for line in lines if line.reason.startswith("import-")]
    assert sorted(acts) == [("delete", "import-undone", 300), ("restore", "import-back", 300)]


def test_what_was_in_the_bin_before_stays_there_when_an_import_comes_back(vault: Vault) -> None:
    import_id = vault.records.add_file(many(3), "all.json", FHIR).import_id
    first = vault.records.list().items[0].record_id
    vault.records.delete(first)
    vault.clock.advance(timedelta(minutes=1))
    assert vault.records.imports.undo(import_id) == 2
    vault.records.restore(vault.records.list(deleted=True).items[1].record_id)
    vault.clock.advance(timedelta(minutes=1))
    assert vault.records.imports.undo(import_id) in {1, 2}
    vault.records.imports.bring_back(import_id)
    assert live(vault) >= 2


def test_a_correction_stays_when_the_import_that_brought_it_is_undone(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR)
    data = bundle(observation(1, "0.88", status="corrected"), observation(2, "0.91"))
    import_id = vault.records.add_file(data, "b.json", FHIR).import_id
    standing = vault.records.imports.status(import_id).standing
    assert (standing.live, standing.stays) == (1, 1)
    assert vault.records.imports.undo(import_id) == 1
    assert [row.value for row in vault.records.results(ResultQuery()).items] == ["0.88"]


def test_what_came_back_from_the_bin_goes_there_again(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    vault.records.delete(vault.records.list().items[0].record_id)
    import_id = vault.records.add_file(bundle(observation(1), observation(2, "0.9")), "b.json", FHIR).import_id
    assert live(vault) == 2
    assert vault.records.imports.undo(import_id) == 2
    assert live(vault) == 0


def test_an_undone_import_leaves_nothing_once_the_bin_is_emptied(vault: Vault) -> None:
    bad = observation(3) | {"status": "made-up"}
    import_id = vault.records.add_file(bundle(observation(1), bad), "a.json", FHIR).import_id
    vault.records.imports.undo(import_id)
    vault.clock.advance(timedelta(days=31))
    assert vault.records.empty_bin(vault.clock.now()) == 1
    with pytest.raises(NotFound):
        vault.records.imports.status(import_id)


def test_a_doubtful_part_shows_what_could_be_read_and_is_settled(vault: Vault) -> None:
    no_status = observation(1, "0.80")
    del no_status["status"]
    other = {"resourceType": "Condition", "recordedDate": "2025-02-30"}
    import_id = vault.records.add_file(bundle(no_status, other, observation(2)), "a.json", FHIR).import_id
    part, readable = vault.records.imports.part(import_id, 0)
    assert part.where == "entry 1"
    assert readable is not None
    assert (readable.analyte, readable.value, readable.unit, readable.taken_at) == (
        "magnesium",
        "0.80",
        "mg/dL",
        "2025-01-15",
    )
    assert (readable.range_low, readable.range_high, readable.lab) == ("1.7", "2.4", "City Laboratory")
    assert vault.records.imports.part(import_id, 1)[1] is None
    assert vault.records.imports.settle(import_id, [0], TYPED_IN) == 1
    assert vault.records.imports.settle(import_id) == 1
    assert vault.records.imports.settle(import_id) == 0
    parts = vault.records.imports.status(import_id).parts
    assert [part.settled for part in parts] == ["typed-in", "discarded"]
    for number in (2, -1):
        with pytest.raises(NotFound):
            vault.records.imports.part(import_id, number)
        with pytest.raises(NotFound):
            vault.records.imports.settle(import_id, [number])
    assert vault.records.original(vault.records.list().items[0].record_id).filename == "a.json"


def test_an_unknown_import_has_no_status_and_is_not_undone(vault: Vault) -> None:
    for act in (vault.records.imports.status, vault.records.imports.undo, vault.records.imports.bring_back):
        with pytest.raises(NotFound):
            act(ImportId(make_id()))

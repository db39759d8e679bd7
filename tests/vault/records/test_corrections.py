"""A corrected result replaces with history; ids that merely collide merge nothing."""

from __future__ import annotations

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, encode, observation
from vault.errors import NotFound
from vault.records.views import ResultQuery, ResultRow


def magnesium(vault: Vault) -> tuple[ResultRow, ...]:
    return vault.records.results(ResultQuery(analyte="magnesium")).items


def test_a_corrected_result_is_the_next_version_of_its_record(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR)
    (before,) = magnesium(vault)
    outcome = vault.records.add_file(bundle(observation(1, "0.88", status="corrected")), "b.json", FHIR)
    assert outcome.added == 1
    (after,) = magnesium(vault)
    assert (after.record_id, after.value, after.status) == (before.record_id, "0.88", "corrected")
    view = vault.records.read(after.record_id)
    assert view.earlier_versions == (1,)
    assert vault.records.read(after.record_id, version=1).body == encode(observation(1, "0.80"))
    with pytest.raises(NotFound):
        vault.records.read(after.record_id, version=3)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_result_and_its_correction_in_one_file_are_one_record(vault: Vault, order: tuple[int, int]) -> None:
    both = (observation(1, "0.80"), observation(1, "0.88", status="corrected"))
    vault.records.add_file(bundle(*(both[place] for place in order)), "a.json", FHIR)
    (row,) = magnesium(vault)
    assert row.value == "0.88"
    assert vault.records.read(row.record_id).earlier_versions == (1,)


def test_importing_the_uncorrected_file_again_changes_nothing(vault: Vault) -> None:
    first = bundle(observation(1, "0.80"))
    vault.records.add_file(first, "a.json", FHIR)
    vault.records.add_file(bundle(observation(1, "0.88", status="corrected")), "b.json", FHIR)
    assert vault.records.add_file(first, "a.json", FHIR).duplicates == 1
    assert [row.value for row in magnesium(vault)] == ["0.88"]


def test_an_earlier_state_that_arrives_after_its_correction_stays_out(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.88", status="corrected")), "b.json", FHIR)
    assert vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR).duplicates == 1
    assert [row.value for row in magnesium(vault)] == ["0.88"]


def test_a_final_result_finishes_a_preliminary_one(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80", status="preliminary")), "a.json", FHIR)
    vault.records.add_file(bundle(observation(1, "0.81")), "b.json", FHIR)
    assert [row.value for row in magnesium(vault)] == ["0.81"]


def test_what_was_entered_in_error_leaves_the_results_and_stays_in_the_records(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR)
    vault.records.add_file(bundle(observation(1, "0.80", status="entered-in-error")), "b.json", FHIR)
    assert magnesium(vault) == ()
    (row,) = vault.records.list().items
    assert (row.version, row.status) == (2, "entered-in-error")
    assert "entered-in-error" in row.marks


def test_the_same_id_for_another_test_or_another_day_makes_another_record(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80")), "a.json", FHIR)
    potassium = observation(1, "4.1", status="corrected", code="2823-3", unit="mmol/L", text="Potassium")
    other_lab = observation(1, "0.9", "2026-01-01", "corrected") | {"performer": [{"display": "Another"}]}
    assert vault.records.add_file(bundle(potassium), "b.json", FHIR).added == 1
    assert vault.records.add_file(bundle(other_lab), "c.json", FHIR).added == 1
    assert len(vault.records.list().items) == 3


def test_different_final_results_with_one_id_are_both_kept(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.80"), observation(1, "0.90")), "a.json", FHIR)
    assert sorted(row.value for row in magnesium(vault)) == ["0.80", "0.90"]

"""What comes in is kept once, whole, and byte for byte."""

from __future__ import annotations

import os

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, encode, observation
from vault.errors import TooLarge
from vault.health.formats import EmptyFile
from vault.health.strict_json import MalformedJson
from vault.health.typed import TypedResult
from vault.records.views import ResultQuery


def values(vault: Vault, **query: str) -> list[str]:
    return [row.value for row in vault.records.results(ResultQuery(**query)).items]


def test_a_bundle_joins_and_its_results_show_newest_first(vault: Vault) -> None:
    data = bundle(observation(1, "0.80", "2025-01-15"), observation(2, "0.85", "2025-03-01"))
    outcome = vault.records.add_file(data, "labs.json", FHIR)
    assert (outcome.added, outcome.duplicates, outcome.quarantined, outcome.warnings) == (2, 0, (), ())
    assert values(vault, analyte="magnesium") == ["0.85", "0.80"]


def test_the_same_file_again_adds_nothing(vault: Vault) -> None:
    data = bundle(observation(1), observation(2, "0.9"))
    vault.records.add_file(data, "labs.json", FHIR)
    again = vault.records.add_file(data, "other-name.json", FHIR)
    assert (again.added, again.duplicates) == (0, 2)
    assert len(values(vault)) == 2


def test_the_same_resource_twice_in_one_file_joins_once(vault: Vault) -> None:
    outcome = vault.records.add_file(bundle(observation(1), observation(1)), "labs.json", FHIR)
    assert (outcome.added, outcome.duplicates) == (1, 1)


def test_the_original_file_comes_back_byte_for_byte(vault: Vault) -> None:
    data = b" \n" + bundle(observation(1), observation(2, "0.9")) + b"\n\n"
    vault.records.add_file(data, "labs.json", FHIR)
    for row in vault.records.list().items:
        original = vault.records.original(row.record_id)
        assert (original.data, original.filename, original.content_type) == (data, "labs.json", FHIR)


def test_a_record_s_body_is_the_resource_s_own_text(vault: Vault) -> None:
    resource = observation(1, "0.80")
    vault.records.add_file(bundle(resource), "labs.json", FHIR)
    view = vault.records.read(vault.records.list().items[0].record_id)
    assert view.body == encode(resource)
    assert view.readings[0].value == "0.80"


def test_a_document_of_ten_mebibytes_comes_back_byte_for_byte(vault: Vault) -> None:
    data = b"%PDF-1.7\n" + os.urandom(10 * 1024 * 1024 - 9)
    outcome = vault.records.add_file(data, "scan.pdf", "application/pdf")
    assert outcome.added == 1
    (row,) = vault.records.list("document").items
    assert (row.title, row.media) == ("scan.pdf", "file")
    assert vault.records.original(row.record_id).data == data
    view = vault.records.read(row.record_id)
    assert (view.body, view.filename, view.size_bytes) == (b"", "scan.pdf", len(data))


def test_one_byte_more_than_ten_mebibytes_is_refused(vault: Vault) -> None:
    with pytest.raises(TooLarge):
        vault.records.add_file(b"x" * (10 * 1024 * 1024 + 1), "scan.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("data", "name", "kind", "error"),
    [
        (b'{"resourceType": "Observation", }', "a.json", FHIR, MalformedJson),
        (b'{"a": NaN}', "a.json", "application/json", MalformedJson),
        (b'{"a": 1, "a": 2}', "a", "application/json", MalformedJson),
        (b"", "a.pdf", "application/pdf", EmptyFile),
        (b"[" * 10_000 + b"]" * 10_000, "a.json", FHIR, MalformedJson),
        (b'{"resourceType": "Patient", "x": "\xff"}', "a.json", FHIR, MalformedJson),
    ],
)
def test_what_is_not_well_formed_leaves_nothing_behind(
    vault: Vault, data: bytes, name: str, kind: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        vault.records.add_file(data, name, kind)
    assert vault.records.list().items == ()


def test_bad_resources_are_quarantined_and_the_good_ones_join(vault: Vault) -> None:
    bad = observation(2, taken="2025-02-30")
    outcome = vault.records.add_file(bundle(observation(1), bad), "labs.json", FHIR)
    assert outcome.added == 1
    (fault,) = outcome.quarantined
    assert fault.where
    assert "2025-02-30" not in fault.reason
    assert encode(bad) in vault.records.original(vault.records.list().items[0].record_id).data
    report = vault.records.import_report(outcome.import_id)
    assert [found.reason for found in report.outcome.quarantined] == [fault.reason]
    assert (report.filename, report.outcome.added) == ("labs.json", 1)


def test_a_file_of_another_person_joins_with_a_warning(vault: Vault) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Other", "given": ["Some"]}], "birthDate": "1999-01-01"}
    outcome = vault.records.add_file(bundle(patient, observation(1)), "labs.json", FHIR)
    assert len(outcome.warnings) == 2
    assert not any("Other" in warning or "1999" in warning for warning in outcome.warnings)
    assert values(vault, analyte="magnesium") == ["0.80"]


def test_a_file_of_the_citizen_brings_no_warning(vault: Vault) -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "JONES", "given": ["Stanley"]}],
        "birthDate": "1980-02-29",
    }
    assert vault.records.add_file(bundle(patient), "me.json", FHIR).warnings == ()


def test_a_typed_result_joins_once(vault: Vault) -> None:
    typed = TypedResult("magnesium", None, "0.82", "mmol/L", "2025-04-01", "0.70", "1.00", "City")
    first, second = vault.records.add_result(typed), vault.records.add_result(typed)
    assert first == second
    (row,) = vault.records.results(ResultQuery(analyte="magnesium")).items
    assert (row.record_id, row.value, row.unit, row.source) == (first, "0.82", "mmol/L", "typed")
    assert vault.records.original(first).data == vault.records.read(first).body


def test_a_file_name_loses_its_folders_and_control_characters(vault: Vault) -> None:
    vault.records.add_file(b"\x00\x01binary", "..\\..\\a\r\nX-Evil: 1/b\x00c.bin", "text/html; charset=x\r\nA: b")
    (row,) = vault.records.list().items
    original = vault.records.original(row.record_id)
    assert (original.filename, original.content_type) == ("bc.bin", "text/html")


def test_many_records_spread_over_segments_and_all_show(vault: Vault) -> None:
    data = bundle(*(observation(n, f"0.{n:03}", f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}") for n in range(600)))
    assert vault.records.add_file(data, "labs.json", FHIR).added == 600
    seen, after = [], None
    while True:
        page = vault.records.results(ResultQuery(limit=200, after=after))
        seen += page.items
        after = page.next
        if after is None:
            break
    assert len({row.record_id for row in seen}) == 600
    assert [row.when for row in seen] == sorted((row.when or 0 for row in seen), reverse=True)

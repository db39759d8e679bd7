"""Lists: newest first, page by page without gap or repeat, converted on request, the original always beside it."""

from __future__ import annotations

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.errors import Invalid
from vault.health.typed import TypedResult
from vault.paging import BadCursor
from vault.records.positions import BadLimit
from vault.records.queries import UnitNeedsAnalyte, UnknownKind
from vault.records.views import ResultQuery


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_join_without_gap_or_repeat_even_within_one_record_and_one_day(
    vault_on_sqlite: Vault, limit: int
) -> None:
    records = vault_on_sqlite.records
    pressure = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "Blood pressure"},
        "effectiveDateTime": "2025-01-15",
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": text},
                "valueQuantity": {
                    "value": value,
                    "unit": "mmHg",
                    "system": "http://unitsofmeasure.org",
                    "code": "mm[Hg]",
                },
            }
            for code, text, value in (("8480-6", "Systolic", 120), ("8462-4", "Diastolic", 80))
        ],
    }
    same_day = [observation(n, f"0.{n + 10}") for n in range(6)]
    records.add_file(bundle(pressure, *same_day, observation(9, "0.9", "2024-01-01")), "a.json", FHIR)
    whole = [(row.record_id, row.part) for row in records.results(ResultQuery(limit=200)).items]
    assert len(whole) == 9
    seen, after = [], None
    while True:
        page = records.results(ResultQuery(limit=limit, after=after))
        assert len(page.items) <= limit
        seen += [(row.record_id, row.part) for row in page.items]
        after = page.next
        if after is None:
            break
    assert seen == whole
    listed, after = [], None
    while True:
        lines = records.list(limit=limit, after=after)
        listed += [row.record_id for row in lines.items]
        after = lines.next
        if after is None:
            break
    assert len(listed) == len(set(listed)) == 8


def test_a_record_that_only_speaks_of_a_test_takes_no_place_on_its_pages(vault_on_sqlite: Vault) -> None:
    records = vault_on_sqlite.records
    contrary = [observation(n, f"0.{n + 10}", "2025-06-01") for n in range(5)]
    for one in contrary:
        one["code"]["coding"].append({"system": "http://loinc.org", "code": "2951-2"})
    records.add_file(bundle(*contrary, *(observation(n, f"0.{n + 50}") for n in range(10, 14))), "a.json", FHIR)
    seen, after = 0, None
    while True:
        page = records.results(ResultQuery(analyte="magnesium", limit=2, after=after))
        assert len(page.items) == 2
        seen += len(page.items)
        after = page.next
        if after is None:
            break
    assert seen == 4


def test_a_unit_converts_exactly_and_keeps_the_original_beside_it(vault: Vault) -> None:
    vault.records.add_result(TypedResult("magnesium", None, "0.82", "mmol/L", "2025-04-01", "0.70", "1.00"))
    (row,) = vault.records.results(ResultQuery(analyte="magnesium", unit="mEq/L")).items
    assert (row.value, row.unit, row.low, row.high) == ("1.6", "mEq/L", "1.40", "2.00")
    assert (row.original_value, row.original_unit, row.converted) == ("0.82", "mmol/L", True)
    (row,) = vault.records.results(ResultQuery(analyte="magnesium", unit="mmol/L")).items
    assert (row.value, row.unit, row.converted) == ("0.82", "mmol/L", False)


def test_what_does_not_convert_stays_as_received(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "3", unit="furlongs")), "a.json", FHIR)
    (row,) = vault.records.results(ResultQuery(analyte="magnesium", unit="mmol/L")).items
    assert (row.value, row.unit, row.converted) == ("3", "furlongs", False)


def test_a_bound_converts_as_a_bound_and_a_text_is_a_result_too(vault: Vault) -> None:
    vault.records.add_result(TypedResult("magnesium", None, "<0.5", "mmol/L", "2025-04-01"))
    vault.records.add_result(TypedResult("magnesium", None, "not detected", None, "2025-04-02"))
    rows = vault.records.results(ResultQuery(analyte="magnesium", unit="mEq/L")).items
    assert [row.value for row in rows] == ["not detected", "<1"]


def test_low_and_high_are_the_lab_s_own(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "1.2"), observation(2, "2.0"), observation(3, "2.9")), "a.json", FHIR)
    rows = vault.records.results(ResultQuery(analyte="magnesium")).items
    assert {row.value: row.flag for row in rows} == {"1.2": "low", "2.0": "", "2.9": "high"}


def test_the_latest_of_each_test_shows_once_with_its_count(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "0.8"), observation(2, "0.9", "2026-01-01")), "a.json", FHIR)
    (latest,) = vault.records.latest()
    assert (latest.result.value, latest.count) == ("0.9", 2)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (ResultQuery(unit="mmol/L"), UnitNeedsAnalyte),
        (ResultQuery(analyte="nothing"), Invalid),
        (ResultQuery(analyte="magnesium", unit="kg"), Invalid),
        (ResultQuery(limit=0), BadLimit),
        (ResultQuery(limit=-1), BadLimit),
        (ResultQuery(limit=201), BadLimit),
        (ResultQuery(after="' OR 1=1 --"), BadCursor),
        (ResultQuery(after="YQ"), BadCursor),
        (ResultQuery(after="eABhAGI"), BadCursor),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    vault_on_sqlite: Vault, query: ResultQuery, error: type[Exception]
) -> None:
    vault_on_sqlite.records.add_file(bundle(observation(1)), "a.json", FHIR)
    with pytest.raises(error):
        vault_on_sqlite.records.results(query)


def test_records_of_one_kind_are_listed_alone(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    vault.records.add_file(b"%PDF-1.7", "b.pdf", "application/pdf")
    assert [row.kind for row in vault.records.list("document").items] == ["document"]
    assert [row.kind for row in vault.records.list("observation").items] == ["observation"]
    with pytest.raises(UnknownKind):
        vault.records.list("observations")

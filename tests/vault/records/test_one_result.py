"""One result with its test, from one state and as one look: units, methods, what it said before."""

from __future__ import annotations

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.errors import NotFound
from vault.health.typed import TypedResult
from vault.health.units import UnknownUnit
from vault.records.views import ResultQuery


def first(vault: Vault) -> bytes:
    return vault.records.results(ResultQuery(analyte="magnesium")).items[0].record_id


def test_one_look_shows_a_result_with_all_of_its_test(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "1.75"), observation(2, "1.5", "2026-01-01")), "a.json", FHIR)
    record_id = vault.records.add_result(TypedResult("magnesium", None, "0.80", "mmol/L", "2025-04-01"))
    view = vault.records.result(record_id)
    assert (view.unit, view.result.value, view.result.standing) == ("mmol/L", "0.80", "no-range")
    assert [row.value for row in view.rows] == ["0.62", "0.80", "0.720"]
    assert [row.standing for row in view.rows] == ["low", "no-range", "within"]
    assert view.units[0] == "mmol/L"


@pytest.mark.parametrize(
    ("asked", "unit", "value"),
    [(None, "mmol/L", "0.80"), (2, "mg/dL", "1.9"), ("mg/dL", "mg/dL", "1.9"), (0, "as-received", "0.80")],
)
def test_a_unit_is_asked_for_by_name_or_number(
    vault_on_sqlite: Vault, asked: str | int | None, unit: str, value: str
) -> None:
    record_id = vault_on_sqlite.records.add_result(TypedResult("magnesium", None, "0.80", "mmol/L", "2025-04-01"))
    view = vault_on_sqlite.records.result(record_id, 0, asked)
    assert (view.unit, view.result.value, view.result.original_value) == (unit, value, "0.80")


def test_what_is_not_there_is_refused(vault_on_sqlite: Vault) -> None:
    record_id = vault_on_sqlite.records.add_result(TypedResult("magnesium", None, "0.80", "mmol/L", "2025-04-01"))
    for part in (1, -1):
        with pytest.raises(NotFound):
            vault_on_sqlite.records.result(record_id, part)
    for unit in (99, -1, "kg"):
        with pytest.raises(UnknownUnit):
            vault_on_sqlite.records.result(record_id, 0, unit)


def test_methods_come_with_the_rows(vault: Vault) -> None:
    other = observation(2, "1.9", "2026-01-01") | {"method": {"text": "Atomic   absorption"}}
    coded = observation(3, "1.8", "2026-02-01") | {"method": {"coding": [{"code": "X1", "display": "Enzymatic"}]}}
    odd = observation(4, "1.7", "2026-03-01") | {"method": {"coding": []}}
    vault.records.add_file(bundle(observation(1, "2.0"), other, coded, odd), "a.json", FHIR)
    view = vault.records.result(first(vault))  # type: ignore[arg-type]
    assert [row.method for row in view.rows] == ["", "Enzymatic", "Atomic absorption", ""]


def test_what_was_corrected_is_told_with_what_it_said_before(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "2.0")), "a.json", FHIR)
    vault.records.add_file(bundle(observation(1, "2.1", status="corrected")), "b.json", FHIR)
    view = vault.records.result(first(vault))  # type: ignore[arg-type]
    assert [(version, was.value) for version, was in view.earlier] == [(1, "2.0")]
    assert (view.result.value, view.result.status) == ("2.1", "corrected")


def test_a_test_outside_the_catalogue_stands_alone(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1, "2.0", code="99999-9", text="magnesium")), "a.json", FHIR)
    vault.records.add_file(bundle(observation(2, "2.0")), "b.json", FHIR)
    latest = {row.test: row.result.record_id for row in vault.records.latest()}
    assert set(latest) == {"magnesium", "name:magnesium"}
    view = vault.records.result(latest["name:magnesium"])
    assert (view.rows, view.units, view.unit) == ((), (), "as-received")


def test_the_latest_real_value_stands_for_a_test_and_a_later_one_without_is_told(vault: Vault) -> None:
    empty = observation(2, "1", "2026-01-01")
    del empty["valueQuantity"]
    empty["dataAbsentReason"] = {"text": "Not performed"}
    vault.records.add_file(bundle(observation(1, "2.0"), empty), "a.json", FHIR)
    (latest,) = vault.records.latest()
    assert (latest.result.value, latest.count) == ("2.0", 2)
    assert latest.later is not None
    assert latest.later.value.startswith("no value")

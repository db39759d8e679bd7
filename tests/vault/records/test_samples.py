"""The project's own FHIR file with every kind of range, through the whole room."""

from __future__ import annotations

from pathlib import Path

from tests.vault.records.vaults import FHIR, Vault
from vault.records.views import ResultQuery

SAMPLE = Path(__file__).parents[2] / "samples" / "magnesium-ranges.json"


def test_every_kind_of_range_shows_as_the_lab_gave_it(vault_on_sqlite: Vault) -> None:
    data = SAMPLE.read_bytes()
    outcome = vault_on_sqlite.records.add_file(data, SAMPLE.name, FHIR)
    assert outcome.quarantined == ()
    rows = vault_on_sqlite.records.results(ResultQuery(limit=200)).items
    magnesium = [row for row in rows if row.analyte == "magnesium"]
    assert any(row.low and row.high for row in magnesium)
    assert any(bool(row.low) != bool(row.high) for row in magnesium)
    assert any(row.range_text for row in magnesium)
    assert any(row.value.startswith("<") for row in magnesium)
    assert {"mmol/L", "mEq/L"} <= {row.original_unit for row in magnesium}
    assert {"corrected"} <= {row.status for row in magnesium}
    pressure = next(row.record_id for row in rows if row.part == 1)
    assert {row.part for row in rows if row.record_id == pressure} == {0, 1}
    converted = vault_on_sqlite.records.results(ResultQuery("magnesium", "mg/dL", 200)).items
    assert {row.record_id for row in converted} == {row.record_id for row in magnesium}
    assert all(row.original_value for row in converted)

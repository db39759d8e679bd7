"""Files that other people wrote, through the API: what a citizen would see. Skipped where they are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import House

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def imported(house: House, name: str, media_type: str) -> tuple[Any, dict[str, Any]]:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"the sample file {path.name} is not at hand")  # Never part of this project, so never required.
    citizen = house.citizen()
    answer = citizen.post(
        f"/api/imports?filename={path.name}", content=path.read_bytes(), headers={"Content-Type": media_type}
    )
    assert answer.status_code == 201, answer.text
    return citizen, answer.json()


def magnesium(citizen: Any, unit: str = "") -> list[dict[str, Any]]:
    query = f"/api/results?analyte=magnesium{unit and '&unit=' + unit}"
    items: list[dict[str, Any]] = citizen.get(query).json()["items"]
    return items


def test_a_whole_life_from_synthea_shows_its_seven_serum_magnesium_results(house: House) -> None:
    citizen, outcome = imported(house, "fhir/jamison-synthea.json", "application/fhir+json")
    assert outcome["added"] + outcome["duplicates"] == 1577
    assert outcome["quarantined"] == []
    assert len(outcome["warnings"]) == 2, "another name and another birth date, a line each"
    results = magnesium(citizen)
    assert len(results) == 7
    assert [item["taken_at"] for item in results] == sorted((item["taken_at"] for item in results), reverse=True)
    assert {item["taken_at"][:4] for item in results} <= {"1995", "1996", "1997"}
    for item in results:
        assert (item["unit"], item["range"], item["flag"]) == ("mg/dL", None, None)
        assert item["original"] == {"value": item["value"], "unit": "mg/dL"}
    again = magnesium(citizen, "mmol/L")
    assert {item["unit"] for item in again} == {"mmol/L"}
    assert [item["original"] for item in again] == [item["original"] for item in results]


def test_an_hl7_phr_file_shows_its_three_magnesium_results(house: House) -> None:
    citizen, outcome = imported(house, "phr/stanley.phr", "application/octet-stream")
    assert outcome["quarantined"] == []
    assert len(magnesium(citizen)) == 3

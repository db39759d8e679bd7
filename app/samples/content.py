"""What the made-up citizen has: eleven magnesium results over six years from three sources, other tests, a letter.

Days count back from the day a sample is filled, so that it never looks abandoned. Numbers keep their digits.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from vault.health.typed import TypedResult

NAME, BIRTH_DATE = "Ada Sample", "1980-04-05"
DOCTOR = "Dr Rosa Sample, Hill Street Surgery"
PASSCODE = "246810"

CITY, HILLSIDE, RIVERBANK = "Sample City Laboratory", "Hillside Sample Hospital", "Riverbank Sample Clinic"
CITY_FILE, HILLSIDE_FILE = "sample-city-laboratory.json", "hillside-sample-hospital.json"
_UCUM, _LOINC = "http://unitsofmeasure.org", "http://loinc.org"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_DIGITS = re.compile(r'"#([0-9.]+)#"')


@dataclass(frozen=True, slots=True)
class Sample:
    """One result of a laboratory's file. ``ago`` in days; ``value`` a number, ``<number`` or words."""

    ago: int
    test: str
    value: str
    unit: str = ""
    low: str = ""
    high: str = ""
    status: str = "final"


# Codes as the two laboratories send them; magnesium by mass has a code of its own.
CODES = {
    "Magnesium": "2601-3",
    "Magnesium (mass)": "19123-9",
    "Potassium": "2823-3",
    "Sodium": "2951-2",
    "Creatinine": "14682-9",
    "Ferritin": "2276-4",
    "Haemoglobin": "718-7",
    "Calcium": "17861-6",
}

FROM_CITY = (
    Sample(2170, "Magnesium", "0.84", "mmol/L", "0.75", "1.00"),
    Sample(1960, "Magnesium", "0.79", "mmol/L", "0.75", "1.00"),
    Sample(1260, "Magnesium", "0.71", "mmol/L", "0.75", "1.00"),
    Sample(1010, "Magnesium", "0.86", "mmol/L", "0.70", "1.00"),
    Sample(1010, "Magnesium", "0.68", "mmol/L", "0.70", "1.00", "corrected"),
    Sample(560, "Magnesium", "<0.5", "mmol/L", "0.70", "1.00"),
    Sample(553, "Magnesium", "Sample damaged, not measured"),
    Sample(38, "Magnesium", "0.83", "mmol/L", "0.70", "1.00"),
    Sample(560, "Potassium", "3.4", "mmol/L", "3.5", "5.1"),
    Sample(38, "Potassium", "4.2", "mmol/L", "3.5", "5.1"),
    Sample(560, "Sodium", "138", "mmol/L", "136", "145"),
    Sample(38, "Sodium", "140", "mmol/L", "136", "145"),
    Sample(38, "Creatinine", "72", "umol/L", "45", "84"),
    Sample(560, "Ferritin", "31", "ug/L", "15", "150"),
    Sample(38, "Ferritin", "12", "ug/L", "15", "150"),
    Sample(38, "Haemoglobin", "131", "g/L", "120", "150"),
    Sample(38, "Calcium", "2.31", "mmol/L", "2.20", "2.60"),
)
FROM_HILLSIDE = (
    Sample(1480, "Magnesium (mass)", "1.75", "mg/dL", "1.7", "2.4"),
    Sample(802, "Magnesium (mass)", "1.5", "mg/dL", "1.6", "2.6"),
)
# (days ago, test, value, unit, low, high): copied from paper by the citizen.
BY_HAND = (
    (1698, "magnesium", "1.62", "mEq/L", "1.40", "2.00"),
    (298, "magnesium", "1.58", "mEq/L", "1.30", "2.10"),
)
BLOOD_PRESSURE = ((298, 134, 86), (38, 126, 79))


def city_file(today: date) -> bytes:
    """The file of the citizen's main laboratory, one result in it corrected, with blood pressures."""
    results = [_observation(each, CITY, today) for each in FROM_CITY]
    return _bundle(results + [_blood_pressure(ago, upper, lower, today) for ago, upper, lower in BLOOD_PRESSURE])


def hillside_file(today: date) -> bytes:
    """The file of another hospital, which measures magnesium by its mass."""
    return _bundle([_observation(each, HILLSIDE, today) for each in FROM_HILLSIDE])


def by_hand(today: date) -> list[TypedResult]:
    """What the citizen copied from the clinic's paper."""
    return [
        TypedResult(
            analyte=analyte,
            code=None,
            value=value,
            unit=unit,
            taken_at=_day(today, ago),
            range_low=low,
            range_high=high,
            lab=RIVERBANK,
        )
        for ago, analyte, value, unit, low, high in BY_HAND
    ]


def letter_day(today: date) -> date:
    return today - timedelta(days=30)


def _day(today: date, ago: int) -> str:
    return (today - timedelta(days=ago)).isoformat()


def _observation(sample: Sample, lab: str, today: date) -> dict[str, Any]:
    """The same id for a result and its correction: that is how a laboratory says that they are one."""
    quantity = {"unit": sample.unit, "system": _UCUM, "code": sample.unit}
    resource = {
        "resourceType": "Observation",
        "id": f"{sample.test.lower().partition(' ')[0]}-{sample.ago}",
        "status": sample.status,
        "category": [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}],
        "code": {
            "coding": [{"system": _LOINC, "code": CODES[sample.test]}],
            "text": sample.test.partition(" ")[0],
        },
        "effectiveDateTime": _day(today, sample.ago),
        "performer": [{"display": lab}],
    }
    if not sample.unit:
        return resource | {"valueString": sample.value}
    number = sample.value.lstrip("<")
    bound = {"comparator": "<"} if number != sample.value else {}
    ends = {
        side: {"value": f"#{text}#"} | quantity for side, text in (("low", sample.low), ("high", sample.high)) if text
    }
    return resource | {"valueQuantity": {"value": f"#{number}#"} | bound | quantity, "referenceRange": [ends]}


def _blood_pressure(ago: int, upper: int, lower: int, today: date) -> dict[str, Any]:
    unit = {"unit": "mm[Hg]", "system": _UCUM, "code": "mm[Hg]"}

    def part(code: str, text: str, value: int) -> dict[str, Any]:
        coded = {"coding": [{"system": _LOINC, "code": code}], "text": text}
        return {"code": coded, "valueQuantity": {"value": value} | unit}

    return {
        "resourceType": "Observation",
        "id": f"pressure-{ago}",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": _LOINC, "code": "85354-9"}], "text": "Blood pressure"},
        "effectiveDateTime": _day(today, ago),
        "performer": [{"display": CITY}],
        "component": [
            part("8480-6", "Systolic blood pressure", upper),
            part("8462-4", "Diastolic blood pressure", lower),
        ],
    }


def _bundle(resources: list[dict[str, Any]]) -> bytes:
    given, family = NAME.split()
    patient = {
        "resourceType": "Patient",
        "name": [{"given": [given], "family": family}],
        "birthDate": BIRTH_DATE,
    }
    entries = [{"resource": each} for each in (patient, *resources)]
    written = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return _DIGITS.sub(r"\1", written).encode()

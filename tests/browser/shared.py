"""What patients share, as FHIR: results of every shape, other records, a letter of three pages."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image, ImageDraw

from vault.health.composition import ACTION_URL

Json = dict[str, Any]
LOINC = "http://loinc.org"
SOURCE = "urn:health-data-vault:source"


def bundle(*resources: Json, actions: tuple[str, ...] = ("view",)) -> Json:
    """A document Bundle of Ana Example."""
    composition = {
        "resourceType": "Composition",
        "extension": [{"url": ACTION_URL, "valueCode": action} for action in actions],
    }
    patient = {"resourceType": "Patient", "name": [{"text": "Ana Example"}], "birthDate": "1980-02-29"}
    entries = [{"resource": each} for each in (composition, patient, *resources)]
    return {"resourceType": "Bundle", "type": "document", "entry": entries}


def observation(name: str, code: str, taken: str, **more: Any) -> Json:
    source = more.pop("source", None)
    found = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}], "text": name},
        "effectiveDateTime": taken,
        "performer": [{"display": "Hill Street Laboratory"}],
    } | more
    return found | ({"meta": {"tag": [{"system": SOURCE, "code": source}]}} if source else {})


def quantity(value: float, unit: str = "mmol/L", comparator: str = "") -> Json:
    return {"valueQuantity": {"value": value, "unit": unit} | ({"comparator": comparator} if comparator else {})}


def between(low: float | None, high: float | None, unit: str = "mmol/L") -> Json:
    bounds = {"low": low, "high": high}
    return {"referenceRange": [{k: {"value": v, "unit": unit} for k, v in bounds.items() if v is not None}]}


def magnesium(taken: str, value: float, unit: str = "mmol/L", comparator: str = "", **more: Any) -> Json:
    code = "19123-9" if unit == "mg/dL" else "2601-3"
    ranged = between(1.7, 2.4, unit) if unit == "mg/dL" else between(0.7, 1.0, unit)
    return observation("Magnesium", code, taken, **(quantity(value, unit, comparator) | ranged | more))


def pressure(taken: str, systolic: int, diastolic: int) -> Json:
    parts = [("Systolic", "8480-6", systolic, 140), ("Diastolic", "8462-4", diastolic, 90)]
    component = [
        {"code": {"coding": [{"system": LOINC, "code": code}], "text": name}}
        | quantity(value, "mmHg")
        | between(None, high, "mmHg")
        for name, code, value, high in parts
    ]
    return observation("Blood pressure", "85354-9", taken, component=component, source="typed")


def magnesium_history() -> list[Json]:
    plain = [(2020, 0.81), (2021, 0.74), (2022, 0.68), (2023, 0.83), (2024, 0.66)]
    return [
        *(magnesium(f"{year}-03-{year - 2015:02d}", value, source="lab") for year, value in plain),
        magnesium("2024-09-10", 1.9, "mg/dL", source="file"),
        magnesium("2025-02-11", 1.6, "mg/dL", source="file"),
        magnesium("2025-06-03T08:15:00+02:00", 0.5, comparator="<", source="document"),
        magnesium("2025-09-20", 0.91, status="corrected", source="lab"),
        magnesium("2025-11-02", 0.55, status="cancelled", source="lab"),
        magnesium("2026-01-15", 0.88, source="typed", performer=[]),
        observation("Magnesium", "2601-3", "2025-12-24", valueString="Sample haemolysed, please repeat", source="lab"),
    ]


def others() -> list[Json]:
    active = {"coding": [{"code": "active"}]}
    return [
        {"resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"}, "clinicalStatus": active}
        | {"criticality": "high", "reaction": [{"manifestation": [{"text": "Rash"}], "severity": "moderate"}]},
        {"resourceType": "Condition", "code": {"text": "Coeliac disease"}, "clinicalStatus": active}
        | {"onsetDateTime": "2011-05", "verificationStatus": {"coding": [{"code": "confirmed"}]}},
        {"resourceType": "MedicationRequest", "status": "active", "authoredOn": "2025-10-01"}
        | {"medicationCodeableConcept": {"text": "Magnesium citrate 200 mg tablet"}}
        | {"dosageInstruction": [{"text": "One tablet with breakfast"}], "requester": {"display": "Dr Bo Lind"}},
        {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "Influenza 2025/26"}}
        | {"occurrenceDateTime": "2025-10-14", "lotNumber": "A7-114"},
        {"resourceType": "CarePlan", "status": "active", "title": "Walking plan", "period": {"start": "2025-01-01"}}
        | {"activity": [{"detail": {"status": "in-progress", "description": "Thirty minutes a day"}}]},
    ]


def many_tests(count: int = 24) -> list[Json]:
    return [
        observation(
            f"Test number {i}",
            f"9{i:03d}-0",
            f"2025-{i % 12 + 1:02d}-0{visit}",
            **quantity(round(4 + i + visit / 10, 1)),
        )
        | between(4, 20 if i % 5 else 9)
        for i in range(1, count + 1)
        for visit in (1, 3, 5)
    ]


def letter(title: str = "Discharge letter", pages: int = 3, original: bool = False) -> Json:
    """A DocumentReference with a picture of each page, and a PDF where it may be saved."""
    content = [
        {"attachment": {"contentType": "image/jpeg", "title": f"Page {n} of {pages}", "data": _picture(title, n)}}
        for n in range(1, pages + 1)
    ]
    if original:
        data = base64.b64encode(b"%PDF-1.7 not a real one").decode()
        content.append({"attachment": {"contentType": "application/pdf", "title": "letter.pdf", "data": data}})
    found: Json = {"resourceType": "DocumentReference", "status": "current", "description": title}
    return found | {"date": "2025-11-04T09:00:00Z", "content": content}


def _picture(title: str, number: int) -> str:
    image = Image.new("RGB", (1130, 1600), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 60, 1070, 1540), outline="#888888", width=3)
    pen.text((120, 120), f"{title}, page {number}", fill="black", font_size=54)
    for line in range(24):
        pen.line((120, 260 + line * 50, 900 + (line * 37) % 110, 260 + line * 50), fill="#555555", width=9)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return base64.b64encode(out.getvalue()).decode()

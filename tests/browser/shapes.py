"""A synthetic citizen's results in every shape: steps of ranges, bounds, one-sided, words, several units, corrected."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.servers import PASSPHRASE, Server

LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
RIVER, CITY = "Riverside Laboratory", "City Hospital"
Range = tuple[str | None, str | None]
NONE: Range = (None, None)


def result(  # noqa: PLR0917
    number: int,
    code: str,
    name: str,
    day: str,
    value: str,
    unit: str,
    limits: Range = NONE,
    lab: str = RIVER,
    **more: Any,
) -> dict[str, Any]:
    """One observation; ``value`` is a number, a bound such as ``<0.5``, or words."""
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"shape-{number}",
        "status": "final",
        "category": [LABORATORY],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}] if code else [], "text": name},
        "effectiveDateTime": day,
        "performer": [{"display": lab}],
    }
    found |= _value(value, unit)
    stated = [(side, limit) for side, limit in zip(("low", "high"), limits, strict=True) if limit]
    if stated:
        found["referenceRange"] = [{side: {"value": Digits(limit), "unit": unit} for side, limit in stated}]
    return found | more


def _value(value: str, unit: str) -> dict[str, Any]:
    bound = value[:1] if value[:1] in "<>" else ""
    try:
        number = Digits(value.removeprefix(bound))
    except ValueError:
        return {"valueString": value}
    quantity = {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return {"valueQuantity": quantity | ({"comparator": bound} if bound else {})}


class Digits(float):
    """A number that JSON shows with the digits it was given."""

    def __new__(cls, text: str) -> Digits:
        made = super().__new__(cls, text)
        made.text = text  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return self.text  # type: ignore[attr-defined,no-any-return]


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": each} for each in resources]
    return _encode({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def _encode(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_encode(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_encode, value)) + "]"
    return repr(value) if isinstance(value, Digits) else json.dumps(value)


MG, WIDE, NARROW = "2601-3", ("0.70", "1.00"), ("0.75", "0.95")
NAME = "Magnesium, serum"
SHAPES = bundle(
    result(1, MG, NAME, "2020-11-03T09:15:00+00:00", "0.84", "mmol/L", WIDE),
    result(2, MG, NAME, "2021-06-14", "0.79", "mmol/L", WIDE),
    result(3, "19123-9", "Magnesium", "2022-02-21", "1.75", "mg/dL", ("1.70", "2.43"), CITY),
    result(4, MG, NAME, "2022-10-09", "0.68", "mmol/L", WIDE),
    result(5, MG, NAME, "2023-04-02", "<0.5", "mmol/L", NARROW),
    result(6, MG, NAME, "2023-12-18", "0.74", "mmol/L", NARROW),
    result(7, MG, NAME, "2024-07-30", "haemolysed, not measured", ""),
    result(8, MG, NAME, "2025-01-27", "0.81", "mmol/L", NARROW),
    result(9, MG, NAME, "2025-08-11", "0.78", "mmol/L", NARROW, status="preliminary"),
    result(10, MG, NAME, "2026-01-20", "0.72", "mmol/L", NARROW),
    result(11, MG, NAME, "2021-12-01", "3", "furlongs", NONE, CITY),
    result(20, "62238-1", "eGFR", "2025-06-01", ">90", "mL/min/{1.73_m2}", ("60", None)),
    result(21, "62238-1", "eGFR", "2024-06-01", "88", "mL/min/{1.73_m2}", ("60", None)),
    result(22, "62238-1", "eGFR", "2023-06-01", "84", "mL/min/{1.73_m2}", ("60", None)),
    result(30, "39469-2", "LDL cholesterol calculated", "2025-06-01", "3.4", "mmol/L", (None, "3.0"), CITY),
    result(31, "39469-2", "LDL cholesterol calculated", "2024-05-12", "2.8", "mmol/L", (None, "3.0"), CITY),
    result(40, "2823-3", "Potassium", "2026-01-20", "4.2", "mmol/L", ("3.5", "5.1")),
    result(41, "2951-2", "Sodium", "2026-01-20", "140", "mmol/L", ("136", "145")),
    result(42, "14682-9", "Creatinine", "2026-01-20", "72", "umol/L", ("45", "84")),
    result(43, "1742-6", "Alanine aminotransferase", "2025-06-01", "31", "U/L"),
    result(44, "718-7", "Haemoglobin", "2026-01-20", "128", "g/L", ("115", "165")),
    result(45, "6690-2", "White cell count", "2026-01-20", "6.1", "10*9/L", ("4.0", "11.0")),
    result(46, "2276-4", "Ferritin", "2025-06-01", "14", "ug/L", ("15", "200")),
    result(47, "3016-3", "TSH", "2025-06-01", "2.1", "m[IU]/L", ("0.4", "4.0")),
    result(48, "1988-5", "C-reactive protein", "2025-06-01", "<5", "mg/L", (None, "5")),
    result(50, "", "Vitamin K1", "2025-06-01", "0.4", "ug/L", ("0.2", "2.2"), CITY),
    result(51, "", "Urine culture", "2025-03-02", "No growth after 48 hours", "", lab=CITY),
)
CORRECTED = bundle(result(10, MG, NAME, "2026-01-20", "0.73", "mmol/L", NARROW, status="corrected"))


def signed_in(server: Server, open_browser: Callable[..., Page], email: str, **options: Any) -> tuple[Page, str]:
    """A browser of a new citizen who has kept the recovery code, and the token that it carries."""
    wanted = {"email": email, "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}
    made = server.post("/api/accounts", wanted).json
    token = str(made["token"])
    answer = server.post("/api/account/recovery-code/confirm", {"last_group": made["recovery_code"][-4:]}, token)
    assert answer.status == 204, answer.body
    page = open_browser(**options)
    kept = {"name": "__Host-session", "value": token, "domain": "localhost", "path": "/", "secure": True}
    page.context.add_cookies([kept])  # type: ignore[list-item]
    return page, token


def bring_in(server: Server, token: str, *files: bytes) -> None:
    for data in files:
        sent = {"Content-Type": "application/fhir+json"}
        answer = server.call("POST", "/api/imports?filename=results.json", data, token, sent)
        assert answer.status == 201, answer.body

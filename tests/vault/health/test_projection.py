"""A consent for a test sends that test: no note, narrative, extension, identifier or contained resource goes along."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from vault.health.formats import fhir_json, ndjson_phr
from vault.health.projection import project_observation, source_tag
from vault.health.strict_json import TooManyEntries
from vault.health.typed import TypedResult, document_url, resource_of

PATIENT = "urn:uuid:00000000-0000-4000-8000-000000000001"
MAGNESIUM: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "mg-1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}], "text": "Magnesium"},
    "subject": {"reference": "Patient/7", "display": "Ada", "identifier": {"value": "MRN-7"}},
    "effectiveDateTime": "2026-01-05",
    "performer": [{"reference": "Organization/3", "display": "City Laboratory"}],
    "valueQuantity": {"value": 0.8, "unit": "mmol/L"},
    "referenceRange": [{"low": {"value": 0.7}, "high": {"value": 1.0}, "text": "adults"}],
}
WHISPER = "HIV positive"


def sent(**changes: Any) -> bytes:
    return project_observation(json.dumps(MAGNESIUM | changes).encode(), PATIENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"note": [{"text": WHISPER}]},
        {"text": {"status": "generated", "div": f"<div>{WHISPER}</div>"}},
        {"extension": [{"url": "x", "valueString": WHISPER}]},
        {"_valueQuantity": {"extension": [{"url": "x", "valueString": WHISPER}]}},
        {"encounter": {"reference": "Encounter/1", "display": WHISPER}},
        {"hasMember": [{"display": WHISPER}]},
        {"derivedFrom": [{"reference": "Observation/2", "display": WHISPER}]},
        {"contained": [{"resourceType": "Patient", "id": "p", "text": {"div": WHISPER}}]},
        {"identifier": [{"value": WHISPER}]},
        {"meta": {"tag": [{"display": WHISPER}], "source": WHISPER}},
        {"component": [{"code": {"text": "Magnesium"}, "valueString": "1", "extension": [{"valueString": WHISPER}]}]},
        {"somethingNew": WHISPER},
    ],
)
def test_what_stands_beside_a_result_stays(changes: dict[str, Any]) -> None:
    assert WHISPER.encode() not in sent(**changes)


def test_value_unit_range_date_and_performer_travel_as_received() -> None:
    body = json.dumps(MAGNESIUM).replace("0.8,", "0.80,").encode()
    observation = json.loads(project_observation(body, PATIENT), parse_float=str)
    assert observation["valueQuantity"] == {"value": "0.80", "unit": "mmol/L"}
    assert observation["referenceRange"] == [{"low": {"value": "0.7"}, "high": {"value": "1.0"}, "text": "adults"}]
    assert observation["effectiveDateTime"] == "2026-01-05"
    assert observation["performer"] == [{"display": "City Laboratory"}]


def test_the_subject_is_the_patient_of_the_document_and_nobodys_number() -> None:
    assert json.loads(sent())["subject"] == {"reference": PATIENT}
    assert b"MRN-7" not in sent()


def test_a_laboratory_named_inside_the_resource_is_named_outside() -> None:
    inside = [{"resourceType": "Organization", "id": "lab", "name": "Hill Laboratory"}]
    observation = json.loads(sent(performer=[{"reference": "#lab"}], contained=inside))
    assert observation["performer"] == [{"display": "Hill Laboratory"}]


def test_the_vault_says_where_a_result_comes_from_whatever_the_file_claims() -> None:
    forged = MAGNESIUM | {"meta": {"tag": [source_tag("lab")]}}
    observation = json.loads(project_observation(json.dumps(forged).encode(), PATIENT, "file"))
    assert observation["meta"] == {"tag": [{"system": "urn:health-data-vault:source", "code": "file"}]}
    assert "meta" not in json.loads(project_observation(json.dumps(forged).encode(), PATIENT))


def test_a_result_names_its_document_only_where_that_travels_along() -> None:
    document = bytes(range(16))
    typed = TypedResult("magnesium", None, "0.80", "mmol/L", "2026-01-05", document=document)
    body, address = resource_of(typed).body, document_url(document)
    sent = json.loads(project_observation(body, PATIENT, "document", {address}))
    assert sent["derivedFrom"] == [{"reference": "urn:uuid:00010203-0405-0607-0809-0a0b0c0d0e0f"}]
    assert address.encode() not in project_observation(body, PATIENT, "document")
    assert address.encode() not in project_observation(body, PATIENT, "document", {"urn:uuid:another"})


def test_a_modifier_extension_is_never_left_out() -> None:
    modifier = [{"url": "urn:x:negated", "valueBoolean": True}]
    assert json.loads(sent(modifierExtension=modifier))["modifierExtension"] == modifier


def test_a_modifier_extension_holds_a_result_back_from_shares_of_its_test() -> None:
    from_file = json.dumps(MAGNESIUM | {"modifierExtension": [{"url": "urn:x:negated", "valueBoolean": True}]})
    (resource,) = fhir_json.read(from_file.encode()).resources
    assert "not-sorted" in resource.facts.marks


@pytest.mark.parametrize("read", [fhir_json.read, ndjson_phr.read])
def test_a_file_of_more_than_a_hundred_thousand_entries_is_refused(read: Callable[[bytes], object]) -> None:
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[' + b"1," * 100_000 + b"1]}"
    with pytest.raises(TooManyEntries):
        read(bundle)

"""FHIR files: each resource judged alone, its own bytes kept, its facts told without values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from vault.health.formats import EmptyFile, detect, fhir_json, ndjson_phr
from vault.health.observation import Resource, Upload
from vault.health.strict_json import MalformedJson

Sample = Callable[[str], bytes]
LOINC = "http://loinc.org"
CATEGORY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}


def coded(*codes: str, text: str = "", system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for code in codes], "text": text or None}


def observation(**changes: Any) -> dict[str, Any]:
    """A plain magnesium result; ``None`` takes a member away."""
    quantity = {"value": 0.8, "unit": "mmol/L"}
    made = {"resourceType": "Observation", "id": "one", "status": "final", "category": [CATEGORY]}
    made |= {"code": coded("2601-3"), "effectiveDateTime": "2026-01-05", "valueQuantity": quantity} | changes
    return {key: value for key, value in made.items() if value is not None}


def read(resource: Any) -> Upload:
    return fhir_json.read(json.dumps(resource).encode())


def one(**changes: Any) -> Resource:
    upload = read(observation(**changes))
    assert not upload.quarantined
    return upload.resources[0]


def by_title(upload: Upload) -> dict[str, Resource]:
    return {json.loads(each.body)["id"]: each for each in upload.resources}


def test_the_synthetic_life_of_jamison_has_seven_serum_magnesium_results(real_sample: Sample) -> None:
    data = real_sample("fhir/jamison-synthea.json")
    assert detect(data, "application/fhir+json") == detect(data) == "fhir-json"
    upload = fhir_json.read(data)
    found = [each for each in upload.resources if "magnesium" in each.facts.analytes]
    assert [(each.taken[:4], each.readings[0].value, each.readings[0].unit) for each in found] == [
        *[
            ("1995", "2.0355", "mg/dL"),
            ("1996", "2.1279", "mg/dL"),
            ("1996", "1.803", "mg/dL"),
            ("1997", "2.0934", "mg/dL"),
        ],
        *[("1997", "1.6131", "mg/dL"), ("1997", "2.1619", "mg/dL"), ("1997", "1.7124", "mg/dL")],
    ]
    assert all(each.facts.marks == frozenset() for each in found)
    assert (len(upload.resources), upload.quarantined) == (1577, ())
    assert all(each.body in data for each in upload.resources[:50])
    assert upload.people[0].birth_date == "1914-12-20"


def test_the_phr_file_of_stanley_has_three_and_its_database_ids_are_no_trouble(real_sample: Sample) -> None:
    data = real_sample("phr/stanley.phr")
    assert detect(data, "application/octet-stream", "stanley.phr") == "ndjson"
    upload = ndjson_phr.read(data)
    found = [each for each in upload.resources if "magnesium" in each.facts.analytes]
    assert [each.readings[0].value for each in found] == ["2.1395", "1.7066", "1.943"]
    assert all(b'"_id"' in each.body and b'"_id"' not in each.canonical for each in found)
    assert upload.quarantined == ()


def test_the_projects_own_file_shows_each_kind_of_range(own_sample: Sample) -> None:
    upload = fhir_json.read(own_sample("magnesium-ranges.json"))
    assert upload.quarantined == ()
    rows = {name: each.readings[0] for name, each in by_title(upload).items() if each.readings}
    shown = {n: (r.value, r.unit, r.low, r.high, r.range_text, r.flag) for n, r in rows.items()}
    assert shown["mg-two-sided"] == ("0.80", "mmol/L", "0.70", "1.00", "", "")
    assert shown["mg-low"] == ("0.62", "mmol/L", "0.70", "1.00", "", "low")
    assert shown["mg-one-sided-low"] == ("0.75", "mmol/L", "0.65", "", "", "")
    assert shown["mg-one-sided-high"] == ("2.70", "mg/dL", "", "2.60", "", "high")
    assert shown["mg-text-range"] == ("1.9", "mg/dL", "", "", "1.7 to 2.4 mg/dL in adults", "")
    assert shown["mg-bound"] == ("<0.5", "mmol/L", "0.70", "1.00", "", "low")
    assert shown["mg-meq"] == ("1.6", "mEq/L", "1.4", "2.0", "", "")
    assert shown["mg-words"][:2] == ("Sample haemolysed, not measured", "")
    assert shown["mg-absent"][0] == "no value: Not Performed"
    assert rows["mg-red-cells"].analyte == "magnesium_rbc"


def test_a_correction_has_the_identity_of_what_it_corrects(own_sample: Sample) -> None:
    upload = fhir_json.read(own_sample("magnesium-ranges.json"))
    first, second = [each for each in upload.resources if b'"mg-correctable"' in each.body]
    assert first.identity == second.identity
    assert len(first.identity) == 8
    assert (first.status, second.status) == ("final", "corrected")
    assert first.canonical != second.canonical


def test_a_blood_pressure_is_one_record_with_two_readings(own_sample: Sample) -> None:
    upload = fhir_json.read(own_sample("magnesium-ranges.json"))
    pressure = by_title(upload)["bp"]
    assert [(r.analyte, r.value, r.unit) for r in pressure.readings] == [("sbp", "128", "mmHg"), ("dbp", "82", "mmHg")]
    assert pressure.facts.analytes == {"sbp", "dbp"}
    assert pressure.facts.marks == frozenset()


def test_faults_are_quarantined_one_by_one_and_the_good_one_stays(own_sample: Sample) -> None:
    data = own_sample("faults.json")
    upload = fhir_json.read(data)
    assert len(upload.resources) == 1
    assert [each.where for each in upload.quarantined] == [f"entry {number}" for number in range(2, 11)]
    assert all(each.reason and each.body in data for each in upload.quarantined)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": None},
        {"status": "finished"},
        {"status": 7},
        {"code": None},
        {"code": "2601-3"},
        {"code": {"coding": [["2601-3"]]}},
        {"valueQuantity": None},
        {"valueString": "two"},
        {"valueQuantity": None, "valueSecret": 1},
        {"valueQuantity": {"value": "0.8"}},
        {"valueQuantity": {"value": True}},
        {"valueQuantity": {"unit": "mmol/L"}},
        {"valueQuantity": {"value": 1e300}},
        {"valueQuantity": {"value": 0.8, "comparator": "~"}},
        {"valueQuantity": {"value": 0.8, "unit": "mg/dL", "code": "mmol/L", "system": "http://unitsofmeasure.org"}},
        {"dataAbsentReason": {"text": "unknown"}},
        {"effectiveDateTime": "2026-02-30"},
        {"effectiveDateTime": "2026-01-05T08:00:00"},
        {"effectivePeriod": {"start": "2026-01-01"}},
        {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-02-01", "end": "2026-01-01"}},
        {"issued": "2026-02-30T00:00:00Z"},
        {"code": coded("2601-3", text="x" * 1_001)},
        {"component": [{"valueQuantity": {"value": 1}}]},
        {"id": "x" * 201},
    ],
)
def test_each_broken_rule_is_quarantined_in_words_without_contents(changes: dict[str, Any]) -> None:
    upload = read(observation(**changes))
    assert upload.resources == ()
    (fault,) = upload.quarantined
    assert fault.where == "the file"
    assert fault.reason.endswith(".")
    assert not any(word in fault.reason for word in ("2601", "finished", "2026", "xxx", "Secret", "mg/dL"))


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, {"resourceType": None}, {"resourceType": "<b>"}, {"resourceType": []}]
)
def test_an_entry_that_is_no_resource_is_quarantined(value: Any) -> None:
    upload = read(
        {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": value}, {"resource": observation()}]}
    )
    assert len(upload.resources) == 1
    assert upload.quarantined[0].where == "entry 1"


def test_the_own_bytes_of_a_resource_are_kept_with_spacing_and_digits() -> None:
    body = b'{ "resourceType":"Basic" ,"x": 0.80,\n "y":1.0E2}'
    data = b'{"entry": [ {"resource" : ' + body + b' , "fullUrl":"u"} ], "resourceType":"Bundle"}'
    (found,) = fhir_json.read(data).resources
    assert found.body == body
    assert found.kind == "other"
    assert found.facts.marks == {"not-sorted"}


def test_the_same_content_in_another_order_is_the_same_and_other_digits_are_not() -> None:
    def canonical(text: bytes) -> bytes:
        return fhir_json.read(text).resources[0].canonical

    first = canonical(b'{"resourceType":"Basic","a":0.80,"_id":"x","b":{"c":1,"d":2}}')
    assert first == canonical(b'{"b":{"d":2,"c":1},"a":0.80,\n"resourceType":"Basic","_id":{"$oid":"y"}}')
    assert first != canonical(b'{"resourceType":"Basic","a":0.8,"b":{"c":1,"d":2}}')
    assert first != canonical(b'{"resourceType":"Basic","a":"0.80","b":{"c":1,"d":2}}')


@pytest.mark.parametrize(
    ("code", "analytes", "marks"),
    [
        (coded("2601-3"), {"magnesium"}, set()),
        (coded("2601-3", "19123-9"), {"magnesium"}, set()),
        (coded("2601-3", text="Magnesium"), {"magnesium"}, set()),
        ({"text": "Magnesium"}, set(), {"not-sorted"}),
        (coded("local-1", system="urn:lab"), set(), {"not-sorted"}),
        ({"coding": [{"code": "2601-3"}]}, set(), {"not-sorted"}),
        (
            {"coding": [{"system": LOINC, "code": "2601-3"}, {"system": "urn:lab", "code": "MG"}]},
            {"magnesium"},
            {"not-sorted"},
        ),
        (coded("2601-3", "2951-2"), {"magnesium", "sodium"}, {"not-sorted", "contradictory"}),
        (coded("2601-3", text="Lithium"), {"magnesium"}, {"not-sorted", "contradictory"}),
        (coded("2601-3", text="RBC magnesium"), {"magnesium"}, {"not-sorted", "contradictory"}),
        (coded("2601-3", text="HIV-1 antibody"), {"magnesium"}, {"not-sorted", "contradictory"}),
        (coded("14334-7"), {"lithium"}, {"sensitive"}),
    ],
)
def test_only_codes_that_are_all_known_sort_a_result(code: dict[str, Any], analytes: set[str], marks: set[str]) -> None:
    facts = one(code=code).facts
    assert (facts.analytes, facts.marks) == (analytes, marks)


def test_a_contradictory_result_joins_no_trend() -> None:
    assert one(code=coded("2601-3", "2951-2")).readings[0].analyte is None


def component(code: str, value: float) -> dict[str, Any]:
    return {"code": coded(code), "valueQuantity": {"value": value, "unit": "mmol/L"}}


def test_a_panel_is_sorted_if_all_its_parts_are() -> None:
    panel = one(
        code=coded("24323-8"), valueQuantity=None, component=[component("2951-2", 140), component("2823-3", 4.1)]
    )
    assert panel.facts.marks == frozenset()
    assert panel.facts.analytes == {"sodium", "potassium"}
    mixed = one(code=coded("24323-8"), valueQuantity=None, component=[component("2951-2", 140), component("1-8", 4.1)])
    assert mixed.facts.marks == {"not-sorted"}
    named = one(code={"text": "HIV panel"}, valueQuantity=None, component=[component("2951-2", 140)])
    assert "not-sorted" in named.facts.marks


def test_members_instead_of_a_value_are_enough_and_a_reason_is_a_text() -> None:
    assert one(valueQuantity=None, hasMember=[{"reference": "Observation/2"}]).readings == ()
    absent = one(valueQuantity=None, dataAbsentReason={"text": "clotted"})
    assert absent.readings[0].value == "no value: clotted"


@pytest.mark.parametrize(
    ("status", "marks"),
    [
        ("entered-in-error", {"entered-in-error", "never-plotted"}),
        ("cancelled", {"never-plotted"}),
        ("corrected", set()),
    ],
)
def test_a_status_marks_what_is_never_plotted(status: str, marks: set[str]) -> None:
    assert one(status=status).facts.marks == marks


@pytest.mark.parametrize("changes", [{"meta": {"security": [{"code": "PSY"}]}}, {"contained": [observation()]}])
def test_labels_and_resources_inside_hold_a_result_back(changes: dict[str, Any]) -> None:
    assert "not-sorted" in one(**changes).facts.marks


def test_only_issued_is_no_clinical_date() -> None:
    facts = one(effectiveDateTime=None, issued="2026-01-05T08:00:00Z").facts
    assert (facts.since, facts.until) == (None, None)


def test_a_period_without_an_end_is_open_on_that_side() -> None:
    facts = one(effectiveDateTime=None, effectivePeriod={"start": "1970-01-02"}).facts
    assert (facts.since, facts.until) == (86_400_000_000, None)


def test_a_conditions_date_is_onset_else_recorded() -> None:
    condition = {"resourceType": "Condition", "code": {"text": "Asthma"}, "recordedDate": "1970-01-02"}
    assert read(condition).resources[0].taken == "1970-01-02"
    assert read(condition | {"onsetDateTime": "1970"}).resources[0].taken == "1970"
    error = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    assert "entered-in-error" in read(condition | error).resources[0].facts.marks


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        *[("Condition", "condition"), ("MedicationRequest", "medication"), ("Medication", "medication")],
        *[("Immunization", "immunization"), ("DocumentReference", "document"), ("Binary", "document")],
        *[("Media", "document"), ("Procedure", "other"), ("SomethingNew", "other")],
    ],
)
def test_other_types_have_their_kind_and_are_never_sorted(type_: str, kind: str) -> None:
    (found,) = read({"resourceType": type_}).resources
    assert (found.kind, found.facts.kind) == (kind, kind)
    assert found.facts.marks == {"not-sorted"}


def range_of(*ranges: dict[str, Any]) -> tuple[str, str, str, str]:
    reading = one(valueQuantity={"value": 0.5, "unit": "mmol/L"}, referenceRange=list(ranges)).readings[0]
    return reading.low, reading.high, reading.range_text, reading.flag


def test_a_range_in_another_unit_or_for_some_people_is_only_words() -> None:
    assert range_of({"low": {"value": 1.7, "unit": "mg/dL"}}) == ("", "", "≥ 1.7 mg/dL", "")
    women, men = {"appliesTo": [{"text": "women"}]}, {"appliesTo": [{"text": "men"}]}
    assert range_of({"low": {"value": 0.6}} | women, {"low": {"value": 0.7}} | men)[3] == ""
    assert range_of({"low": {"value": 2}, "high": {"value": 1}}) == ("", "", "≥ 2 and ≤ 1", "")
    assert range_of({"low": {"value": 0.7, "unit": "MMOL/L"}}) == ("0.7", "", "", "low")
    therapeutic = {"type": {"coding": [{"code": "treatment"}]}, "high": {"value": 0.1}}
    assert range_of({"low": {"value": 0.7}}, therapeutic) == ("0.7", "", "", "low")


def test_control_and_direction_characters_never_reach_a_line() -> None:
    assert one(code={"text": "Mag\u202enes\x00ium\r\n<b>"}).title == "Mag nes ium <b>"


MALFORMED = [
    b'{"resourceType":"Bundle","entry":[{"resource":{"a":1,"a":2}}]}',
    b'{"resourceType":"Bundle",',
    b'{"resourceType":"Basic","x":NaN}',
    b'{"resourceType":"Basic"} {',
    rb'{"resourceType":"Basic","x":"\ud800"}',
    rb'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Basic","x":"\udfff"}}]}',
]


@pytest.mark.parametrize("data", MALFORMED)
def test_what_is_not_well_formed_is_refused_whole(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        fhir_json.read(data)


def test_a_broken_line_refuses_the_file_and_names_the_line() -> None:
    with pytest.raises(MalformedJson) as caught:
        ndjson_phr.read(b'{"resourceType":"Basic"}\n\n{"resourceType":\n')
    assert "Line 3" in caught.value.advice


def test_a_bundle_on_a_line_is_opened() -> None:
    line = json.dumps({"resourceType": "Bundle", "entry": [{"resource": observation()}, {}]}).encode()
    upload = ndjson_phr.read(b'{"resourceType":"Basic"}\r\n' + line)
    assert len(upload.resources) == 2
    assert upload.quarantined[0].where == "line 2, entry 2"


FHIR = b' {"resourceType":"Basic"}'


@pytest.mark.parametrize(
    ("data", "content_type", "name", "expected"),
    [
        (FHIR, "", "", "fhir-json"),
        (FHIR, "text/plain", "notes.txt", "fhir-json"),
        (b"\xef\xbb\xbf" + FHIR, "application/json; charset=utf-8", "", "fhir-json"),
        (FHIR + b"\n" + FHIR, "application/json", "x.json", "ndjson"),
        (FHIR + b"\r\n\r\n" + FHIR, "", "x.phr", "ndjson"),
        (b"%PDF-1.7", "application/pdf", "letter.pdf", "document"),
        (b"%PDF-1.7", "application/json", "letter.pdf", "fhir-json"),
        (b"%PDF-1.7", "", "letter.JSON", "fhir-json"),
        (b'{"resourceType":', "application/fhir+json", "", "fhir-json"),
        (b'{"resourceType":', "text/plain", "", "document"),
        (b'{"a":1}', "application/json", "", "document"),
        (b'{"a":1}', "application/fhir+json", "", "fhir-json"),
        (b"[1,2]", "application/json", "", "document"),
        (b"[" * 100_000, "application/json", "", "fhir-json"),
        (b"[" * 100_000, "", "", "document"),
        (b"\x00\xff", "", "", "document"),
    ],
)
def test_a_file_is_told_by_content_then_by_what_it_is_called(
    data: bytes, content_type: str, name: str, expected: str
) -> None:
    assert detect(data, content_type, name) == expected


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        detect(data, "application/pdf")

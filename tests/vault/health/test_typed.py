"""A typed result is kept with its digits, or refused with the name of the field that needs another look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import Invalid
from vault.health.strict_json import read_json
from vault.health.typed import TypedResult, resource_of


def typed(**changes: object) -> TypedResult:
    fields: dict[str, object] = {"analyte": "magnesium", "code": None, "value": "0.80", "unit": "mmol/L"}
    fields |= {"taken_at": "2026-03-01"}
    fields |= {"range_low": "0.70", "range_high": "1.00", "lab": "Riverside Laboratory"}
    return TypedResult(**(fields | changes))  # type: ignore[arg-type]


def test_a_typed_result_becomes_an_observation_with_its_digits() -> None:
    resource = resource_of(typed())
    reading = resource.readings[0]
    assert (reading.analyte, reading.value, reading.unit, reading.flag) == ("magnesium", "0.80", "mmol/L", "")
    assert (reading.low, reading.high, resource.lab) == ("0.70", "1.00", "Riverside Laboratory")
    assert b'"value":0.80' in resource.body
    assert resource.facts.marks == frozenset()
    assert resource.facts.categories == {"laboratory"}
    assert read_json(resource.body)["code"]["coding"][0]["code"] == "2601-3"


def test_the_same_content_gives_the_same_bytes() -> None:
    assert resource_of(typed()) == resource_of(typed())


def test_the_code_fits_the_unit() -> None:
    body = read_json(resource_of(typed(unit="mg/dL", value="2.0", range_low=None, range_high=None)).body)
    assert body["code"]["coding"][0]["code"] == "19123-9"


@pytest.mark.parametrize("value", ["<0.5", "< 0.5", ">=1.20"])
def test_bounds_are_kept_as_bounds(value: str) -> None:
    assert resource_of(typed(value=value)).readings[0].value == value.replace(" ", "")


@pytest.mark.parametrize("value", ["not detected", "1+", "1:128", "positive", "2+ protein", "Probe hämolytisch"])
def test_words_are_results_too(value: str) -> None:
    reading = resource_of(typed(value=value, range_low=None, range_high=None)).readings[0]
    assert (reading.value, reading.flag) == (value, "")


def test_a_code_outside_the_catalogue_is_kept_and_not_sorted() -> None:
    resource = resource_of(typed(analyte=None, code=("urn:lab", "HIV-1"), unit="copies"))
    assert resource.facts.marks == {"not-sorted"}
    assert resource.facts.analytes == frozenset()


def test_a_loinc_code_of_the_catalogue_is_its_analyte() -> None:
    resource = resource_of(typed(analyte=None, code=("http://loinc.org", "2597-3")))
    assert resource.facts.analytes == {"magnesium_rbc"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"analyte": "unheard-of"}, "unknown-analyte", "analyte"),
        ({"analyte": None}, "bad-code", "analyte"),
        ({"analyte": None, "code": ("http://loinc.org", "")}, "bad-code", "code"),
        ({"code": ("http://loinc.org", "2951-2")}, "bad-code", "code"),
        ({"analyte": None, "code": ("s" * 300, "x")}, "bad-text", "code.system"),
        ({"unit": "furlongs"}, "unknown-unit", "unit"),
        ({"unit": "K/uL"}, "unknown-unit", "unit"),
        ({"taken_at": "2026-02-30"}, "bad-date", "taken_at"),
        ({"taken_at": "2026-03-01T08:30:00"}, "bad-date", "taken_at"),
        ({"taken_at": ""}, "bad-date", "taken_at"),
        ({"range_low": "1.1"}, "bad-range", "range_high"),
        ({"range_low": "NaN"}, "bad-range", "range_low"),
        ({"range_high": "0,9"}, "bad-range", "range_high"),
        ({"value": "not detected"}, "bad-range", "range_low"),
        ({"lab": "x" * 201}, "bad-text", "lab"),
        ({"lab": "a\r\nb"}, "bad-text", "lab"),
        ({"lab": "\ud800"}, "bad-text", "lab"),
        ({"lab": "Lab \u202egnol"}, "bad-text", "lab"),
    ],
)
def test_each_fault_names_its_field(changes: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        resource_of(typed(**changes))
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    "value",
    ["", " ", "0,80", "1 000", "1e5", "+5", ".5", "05", "5.", "NaN", "-Infinity", "<", "<abc", "≤0.5", "٣", "9" * 99],
)
def test_what_looks_like_a_number_and_is_not_a_plain_one_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as caught:
        resource_of(typed(value=value))
    assert (caught.value.code, caught.value.field) == ("bad-value", "value")


text = st.text(max_size=40)


@given(st.tuples(text, text | st.none(), text, text | st.none(), text | st.none(), text | st.none()))
def test_whatever_is_typed_is_kept_or_refused(
    fields: tuple[str, str | None, str, str | None, str | None, str | None],
) -> None:
    value, unit, taken, low, high, lab = fields
    for taken_at in (taken, "2026-03-01"):
        try:
            resource = resource_of(TypedResult(None, ("urn:x", value), value, unit, taken_at, low, high, lab))
        except Invalid:
            continue
        assert read_json(resource.body)["resourceType"] == "Observation"


def test_a_typed_result_says_that_a_person_typed_it() -> None:
    tags = read_json(resource_of(typed()).body)["meta"]["tag"]
    assert tags == [{"system": "urn:health-data-vault:source", "code": "typed"}]

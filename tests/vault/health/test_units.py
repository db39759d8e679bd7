"""Conversion is exact, keeps the significant figures received, and goes by the unit received alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.health import catalogue
from vault.health.units import UNITS, canonical_unit, convert, split_bound, ucum_code, units_of

MAGNESIUM = ["magnesium", "magnesium_blood", "magnesium_rbc", "magnesium_ionised", "magnesium_urine"]


@pytest.mark.parametrize("key", MAGNESIUM)
def test_one_millimole_of_magnesium_is_exactly_2_4305_mg_a_decilitre_and_two_milliequivalents(key: str) -> None:
    assert convert("1.0000", "mmol/L", "mg/dL", key) == "2.4305"
    assert convert("1.0000", "mmol/L", "mEq/L", key) == "2.0000"
    assert convert("2.4305", "mg/dL", "mmol/L", key) == "1.0000"
    assert convert("2.4305", "mg/dL", "mEq/L", key) == "2.0000"
    assert convert("2.0000", "mEq/L", "mg/dL", key) == "2.4305"


@pytest.mark.parametrize(
    ("value", "source", "target", "shown"),
    [
        ("0.80", "mmol/L", "mg/dL", "1.9"),
        ("0.800", "mmol/L", "mg/dL", "1.94"),
        ("2.0355", "mg/dL", "mmol/L", "0.83748"),
        ("0.80", "mmol/L", "mEq/L", "1.6"),
        ("1.6", "mEq/L", "mmol/L", "0.80"),
        ("<0.50", "mmol/L", "mEq/L", "<1.0"),
        (">=1.00", "mmol/L", "mg/dL", ">=2.43"),
        ("0.00", "mmol/L", "mg/dL", "0.00"),
        ("0.80", "mmol/L", "mmol/l", "0.80"),
        ("999.6", "mmol/L", "mg/dL", "2430"),
        ("4.11", "mmol/L", "mg/dL", "9.99"),
        ("4.113", "mmol/L", "mg/dL", "9.997"),
        ("4.1", "mmol/L", "mg/dL", "10"),
    ],
)
def test_a_converted_value_has_the_significant_figures_received(
    value: str, source: str, target: str, shown: str
) -> None:
    assert convert(value, source, target, "magnesium") == shown


@pytest.mark.parametrize(
    ("value", "source", "target", "key"),
    [
        ("haemolysed", "mmol/L", "mg/dL", "magnesium"),
        ("0.8", "furlongs", "mg/dL", "magnesium"),
        ("0.8", "", "mg/dL", "magnesium"),
        ("0.8", "mmol/L", "furlongs", "magnesium"),
        ("0.8", "mmol/L", "mg/dL", "unheard-of"),
        ("0.8", "mmol/L", "mg/dL", None),
        ("5.4", "%", "mmol/mol", "hba1c"),
        ("10", "u[IU]/mL", "pmol/L", "insulin"),
        ("10", "U/L", "m[IU]/L", "alt"),
        ("3", "mg/dL", "nmol/L", "lpa"),
        ("5.0", "mmol/(24.h)", "mmol/L", "magnesium_urine24"),
        ("9" * 80, "mmol/L", "mg/dL", "magnesium"),
        ("NaN", "mmol/L", "mg/dL", "magnesium"),
        ("٣", "mmol/L", "mg/dL", "magnesium"),
    ],
)
def test_nothing_is_converted_where_nothing_exact_leads(value: str, source: str, target: str, key: str | None) -> None:
    assert convert(value, source, target, key) is None


def test_feu_and_plain_nanograms_of_d_dimer_are_different_units() -> None:
    assert canonical_unit("ng/mL", "ddimer") is None
    assert canonical_unit("ng/mL FEU", "ddimer") == "ng/mL{FEU}"


@pytest.mark.parametrize(
    ("spelling", "key", "unit"),
    [
        ("MMOL/L", "magnesium", "mmol/L"),
        ("meq/l", "magnesium", "mEq/L"),
        ("mg / dl", "magnesium", "mg/dL"),
        ("µmol/L", "creatinine", "umol/L"),
        ("μmol/L", "creatinine", "umol/L"),
        ("mcg/dL", "iron", "ug/dL"),
        ("K/uL", "wbc", "10*3/uL"),
        ("x10^9/L", "platelets", "10*9/L"),
        ("G/L", "wbc", "10*9/L"),
        ("G/L", "haemoglobin", "g/L"),
        ("mmHg", "sbp", "mm[Hg]"),
        ("mmol/24h", "magnesium_urine24", "mmol/(24.h)"),
        ("mL/min/1.73m2", "egfr", "mL/min/{1.73_m2}"),
    ],
)
def test_the_spellings_of_real_laboratories_are_known(spelling: str, key: str, unit: str) -> None:
    assert canonical_unit(spelling, key) == unit


def test_k_per_microlitre_is_thousands_and_no_unit_of_magnesium() -> None:
    assert convert("5.1", "K/uL", "10*9/L", "wbc") == "5.1"
    assert canonical_unit("K/uL", "magnesium") is None


every_pair = [(each.key, one, other) for each in catalogue.all_analytes() for one in each.units for other in each.units]


@given(st.sampled_from(every_pair), st.decimals("0.001", "9999", places=3))
def test_there_and_back_is_the_same_number_to_its_last_figure(pair: tuple[str, str, str], number: Decimal) -> None:
    key, one, other = pair
    there = convert(f"{number:f}", one, other, key, figures=30)
    if there is not None:
        back = convert(there, other, one, key, figures=30)
        assert back is not None
        assert abs(Decimal(back) - number) < Decimal("1e-20")


@given(st.text(max_size=50))
def test_no_unit_text_raises(text: str) -> None:
    canonical_unit(text, "magnesium")
    split_bound(text)


def test_every_factor_agrees_with_ucum() -> None:
    ucumvert = pytest.importorskip("ucumvert")
    registry = ucumvert.PintUcumRegistry()
    for each in catalogue.all_analytes():
        for unit in each.units:
            first = each.units[0]
            same = (UNITS[unit].quantity, UNITS[unit].per) == (UNITS[first].quantity, UNITS[first].per)
            same = same and "{" not in unit
            if not same or "meq" in ucum_code(unit) + ucum_code(first):
                continue
            expected = registry.from_ucum(ucum_code(unit)).to(registry.from_ucum(ucum_code(first)).units)
            base = registry.from_ucum(ucum_code(first)).magnitude
            shown = convert("1", unit, first, each.key, figures=12)
            assert shown is not None
            assert float(shown) == pytest.approx(float(expected.magnitude / base), rel=1e-9), (each.key, unit, first)


def test_units_of_an_unknown_analyte_are_none() -> None:
    assert units_of("unheard-of") == ()
    assert units_of(None) == ()

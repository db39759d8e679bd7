"""The reviewed table: every figure in it can be derived again, and no code means two things."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import reduce
from importlib.resources import files

import pytest

from vault.health import catalogue
from vault.health.units import UNITS

# Standard atomic weights, IUPAC, abridged to the digits the table uses.
_ELEMENTS = """
H 1.008, Li 6.94, C 12.011, N 14.007, O 15.999, Na 22.990, Mg 24.305, P 30.974, Cl 35.45, K 39.098, Ca 40.078,
Fe 55.845, Co 58.933, Cu 63.546, Zn 65.38, Se 78.971, I 126.904
"""
WEIGHTS = dict(re.findall(r"([A-Z][a-z]?) ([0-9.]+)", _ELEMENTS))


def mass_of(formula: str) -> Decimal:
    parts = re.findall(r"([A-Z][a-z]?)([0-9]*)", formula)
    return reduce(lambda sum_, part: sum_ + Decimal(WEIGHTS[part[0]]) * int(part[1] or 1), parts, Decimal(0))


def test_every_molar_mass_is_the_sum_of_its_atoms() -> None:
    for each in catalogue.all_analytes():
        if each.molar_mass is not None:
            assert mass_of(each.formula) == each.molar_mass, each.key


def test_serum_blood_red_cell_ionised_and_urine_magnesium_are_different_analytes() -> None:
    codes = {
        "magnesium": {"19123-9", "2601-3"},
        "magnesium_blood": {"21377-7", "2593-2"},
        "magnesium_rbc": {"26746-8", "2597-3"},
        "magnesium_ionised": {"32698-3", "2600-5"},
        "magnesium_urine24": {"24447-5", "2599-9"},
        "magnesium_urine": {"19124-7", "2598-1"},
    }
    for key, expected in codes.items():
        found = catalogue.analyte(key)
        assert found.codes == expected
        assert (found.molar_mass, found.valence) == (Decimal("24.305"), 2)
        assert all(catalogue.by_loinc(code) == found for code in expected)


def test_no_code_and_no_key_stands_twice() -> None:
    codes = [code for each in catalogue.all_analytes() for code in each.codes]
    keys = [each.key for each in catalogue.all_analytes()]
    assert len(codes) == len(set(codes))
    assert len(keys) == len(set(keys)) == 90


def test_every_loinc_code_ends_in_its_check_digit() -> None:
    for each in catalogue.all_analytes():
        for code in each.codes:
            digits, check = code.split("-")
            doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
            total = sum(sum(divmod(digit, 10)) for digit in doubled)
            assert (10 - total % 10) % 10 == int(check), (each.key, code)


def test_every_unit_of_the_table_is_in_the_closed_list() -> None:
    for each in catalogue.all_analytes():
        assert each.units
        assert set(each.units) <= set(UNITS), each.key


@pytest.mark.parametrize("key", ["lithium", "testosterone", "estradiol", "prolactin"])
def test_sensitive_analytes_do_not_count_as_sorted(key: str) -> None:
    found = catalogue.analyte(key)
    assert found.sensitive
    assert not found.sort
    assert found.reason in {"mental-health", "sexual-health"}


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(catalogue.UnknownAnalyte):
        catalogue.analyte("unheard-of")
    assert catalogue.find(None) is None


def test_a_name_may_mean_several_analytes() -> None:
    assert catalogue.by_name("MAGNESIUM") >= {"magnesium", "magnesium_rbc", "magnesium_urine24"}
    assert catalogue.by_name("RBC magnesium") == {"magnesium_rbc"}
    assert catalogue.by_name("HIV-1") == frozenset()


def test_the_loinc_notice_stands_at_the_head_of_the_table() -> None:
    head = files("vault.health").joinpath("catalogue.csv").read_text(encoding="utf-8").split("key,name")[0]
    assert "http://loinc.org/license" in head
    assert "Regenstrief" in head

"""Finding a test by name: the server's rule, and by the same vectors the browser's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.pages.finding import is_found, plain
from app.pages.words import unit_words
from vault.health.catalogue import all_analytes

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "find.json").read_text())


@pytest.mark.parametrize(("text", "expected"), VECTORS["plain"])
def test_names_are_compared_without_case_accents_and_punctuation(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(("names", "wanted", "found"), VECTORS["found"])
def test_each_word_wanted_begins_a_word_of_the_names(names: str, wanted: str, found: bool) -> None:
    assert is_found(names, wanted) is found


def test_no_unit_is_shown_in_a_machines_spelling() -> None:
    for unit in {unit for analyte in all_analytes() for unit in analyte.units}:
        assert not set("{}[]*_") & set(unit_words(unit)), unit
    assert unit_words("umol/L") == "\u00b5mol/L"
    assert unit_words("furlongs") == "furlongs"

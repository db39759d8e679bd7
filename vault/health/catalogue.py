"""The reviewed table of analytes (``catalogue.csv``): what a code means, which units it comes in, whether it is sorted.

Serum, whole blood, red cell, ionised and urine magnesium are different analytes: specimens are never joined.
Carries content from LOINC (http://loinc.org); the notice stands at the head of the table.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from vault.errors import Invalid

LOINC = "http://loinc.org"
NOTICE = (
    "This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, Inc. "
    "and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under the "
    "license at http://loinc.org/license. LOINC® is a registered United States trademark of Regenstrief Institute, Inc."
)


class UnknownAnalyte(Invalid):
    code = "unknown-analyte"
    advice = "This vault doesn't know that test by this name. Choose one from the list."


@dataclass(frozen=True, slots=True)
class Analyte:
    """One row. ``code`` is the first LOINC code, ``amount_code`` the one for amounts of substance; ``units`` are
    canonical words, the first is shown first; ``molar_mass`` in g/mol; ``sort``: counts as sorted for selections by
    category and kind, which leave every ``sensitive`` analyte out (``reason`` says why)."""

    key: str
    name: str
    common_name: str
    group: str
    codes: frozenset[str]
    code: str
    amount_code: str
    units: tuple[str, ...]
    formula: str
    molar_mass: Decimal | None
    valence: int | None
    sensitive: bool
    sort: bool
    reason: str
    names: frozenset[str]


def analyte(key: str) -> Analyte:
    """The analyte of that key; UnknownAnalyte otherwise."""
    found = _by_key().get(key)
    if found is None:
        raise UnknownAnalyte
    return found


def find(key: str | None) -> Analyte | None:
    """The analyte of that key, or None."""
    return _by_key().get(key) if key else None


def by_loinc(code: str) -> Analyte | None:
    """The one analyte a LOINC code stands for, or None."""
    return _by_code().get(code)


def by_name(text: str) -> frozenset[str]:
    """Keys of all analytes that go by this name; a name alone never sorts a result."""
    return _by_name().get(plain_name(text), frozenset())


def all_analytes() -> tuple[Analyte, ...]:
    """Every analyte, in the order of the table."""
    return _table()


all = all_analytes  # noqa: A001


def plain_name(text: str) -> str:
    """A name without case, punctuation and double spaces, for comparing."""
    return " ".join(re.findall(r"\w+", text.casefold()))


@cache
def _table() -> tuple[Analyte, ...]:
    text = files(__package__).joinpath("catalogue.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(_analyte(row) for row in rows)


def _analyte(row: Mapping[str, str]) -> Analyte:
    also = [name for name in row["also"].split("|") if name]
    codes = row["codes"].split()
    return Analyte(
        key=row["key"],
        name=row["name"],
        common_name=row["common_name"],
        group=row["group"],
        codes=frozenset(codes),
        code=codes[0],
        amount_code=codes[-1],
        units=tuple(row["units"].split()),
        formula=row["formula"],
        molar_mass=Decimal(row["molar_mass"]) if row["molar_mass"] else None,
        valence=int(row["valence"]) if row["valence"] else None,
        sensitive=bool(row["sensitive"]),
        sort=not row["sensitive"],
        reason=row["sensitive"],
        names=frozenset(map(plain_name, (row["name"], row["common_name"], *also))),
    )


@cache
def _by_key() -> Mapping[str, Analyte]:
    return MappingProxyType({found.key: found for found in _table()})


@cache
def _by_code() -> Mapping[str, Analyte]:
    return MappingProxyType({code: found for found in _table() for code in found.codes})


@cache
def _by_name() -> Mapping[str, frozenset[str]]:
    names: dict[str, frozenset[str]] = {}
    for found in _table():
        for name in found.names:
            names[name] = names.get(name, frozenset()) | {found.key}
    return MappingProxyType(names)

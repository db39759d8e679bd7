"""What forms for typed results share: the list of tests, checks of a day, and advice in the form's own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from app.texts import _
from vault.errors import Invalid, VaultError
from vault.health import catalogue
from vault.health.typed import BadDate, TypedResult
from vault.health.units import UnknownUnit

FIRST_YEAR = 1900
NAMES: Final = ("analyte", "value", "unit", "taken_at", "range_low", "range_high", "lab")
NEEDED: Final = {
    "analyte": _("Please choose the test."),
    "value": _("Please enter the result as the paper gives it, such as 0.80, <0.5 or a word."),
    "taken_at": _("Please enter the day the sample was taken."),
}
FIELDS: Final = {"code": "analyte", "range": "range_low"}


def choices() -> dict[str, object]:
    """Tests by group, the usual one of a kind first, and every unit that one of them has."""
    groups: dict[str, list[catalogue.Analyte]] = {}
    for analyte in sorted(catalogue.all_analytes(), key=lambda each: (each.common_name or each.name).casefold()):
        groups.setdefault(analyte.group, []).append(analyte)
    units = sorted({unit for analytes in groups.values() for each in analytes for unit in each.units})
    return {"here": "/add", "groups": dict(sorted(groups.items())), "units": units}


def check_day(written: str, today: date) -> None:
    """Invalid for a day that is still to come or too long ago; today's date differs over the world by a day."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return
    if day > today + timedelta(days=1):
        raise Invalid(_("This day is still to come. Please check it."), "taken_at")
    if day.year < FIRST_YEAR:
        raise Invalid(_("This day is before {year}. Please check the year.").format(year=FIRST_YEAR), "taken_at")


def in_our_words(error: VaultError, analyte: str) -> VaultError:
    """The form has a list of tests and a picker of days, so its advice names no codes and no formats."""
    if isinstance(error, BadDate):
        return BadDate(_("Please enter a real day, such as 2026-04-05."), error.field)
    known = catalogue.find(analyte)
    if isinstance(error, UnknownUnit) and known is not None:
        units, name = ", ".join(known.units), known.common_name or known.name
        return UnknownUnit(
            _("{test} can be in {units}. Please choose one.").format(test=name, units=units), error.field
        )
    return error


def typed_of(values: Mapping[str, str]) -> TypedResult:
    """One row of a form."""
    return TypedResult(
        analyte=values["analyte"] or None,
        code=None,
        value=values["value"],
        unit=values["unit"] or None,
        taken_at=values["taken_at"],
        range_low=values["range_low"] or None,
        range_high=values["range_high"] or None,
        lab=values["lab"] or None,
    )

"""``decide``: may this record leave under these terms? Pure, total, three-valued; unknown anything refuses.

It runs while the citizen is unlocked and sees facts without values. Deny always wins. Records that hold
something sensitive, or that nobody has sorted yet, leave only when the citizen named them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sharing.consent.terms import By, Selector, Terms
from vault.clock import to_microseconds
from vault.health.observation import Facts

KINDS = frozenset({"observation", "document", "condition", "medication", "immunization", "other"})
_KNOWN_MARKS = frozenset({"not-sorted", "sensitive", "entered-in-error", "contradictory", "never-plotted"})
_UNSORTED_MARKS = frozenset({"not-sorted", "contradictory"})


class Reason(StrEnum):
    """Why a record is held back, in words that a program can rely on."""

    NOT_CHOSEN = "not-chosen"
    ENDED = "ended"
    EXCLUDED = "excluded"
    MAY_BE_EXCLUDED = "may-be-excluded"
    NO_DATE = "no-date"
    OUTSIDE_DATES = "outside-dates"
    ACROSS_DATES = "across-dates"
    NOT_SORTED = "not-sorted"
    SENSITIVE = "sensitive"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Permit:
    """The record may leave."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The record stays. ``NOT_CHOSEN`` means no line of the terms asked for it."""

    reason: Reason


Decision = Permit | Refuse
PERMIT = Permit()


@dataclass(frozen=True, slots=True)
class Rules:
    """Terms laid out for looking at many records: each set answers one question at once."""

    include: frozenset[Selector]
    exclude: frozenset[Selector]
    window: tuple[int | None, int | None]
    ends_at: int

    @classmethod
    def of(cls, terms: Terms) -> Rules:
        window = (_instant(terms.taken_from), _instant(terms.taken_until))
        return cls(terms.include, terms.exclude, window, to_microseconds(terms.expires_at))


def decide(rules: Rules, record_id: str, facts: Facts, now: datetime) -> Decision:
    """Permit, or the first reason against; ``record_id`` in wire form. Never raises for any facts."""
    if to_microseconds(now) >= rules.ends_at:
        return Refuse(Reason.ENDED)
    named = Selector("record_id", record_id) in rules.include
    chosen = _chosen_analytes(rules, facts)
    if not (named or chosen or _in_chosen_group(rules, facts)):
        return Refuse(Reason.NOT_CHOSEN)
    against = _shape(facts) or _exclusion(rules, record_id, facts) or _window(rules, facts)
    if against is None and not named:
        against = _reserve(facts, chosen)
    return PERMIT if against is None else Refuse(against)


def _chosen_analytes(rules: Rules, facts: Facts) -> frozenset[str]:
    return frozenset(each for each in facts.analytes if Selector("analyte", each) in rules.include)


def _in_chosen_group(rules: Rules, facts: Facts) -> bool:
    groups = (Selector("kind", facts.kind), *_selectors("category", facts.categories))
    return any(each in rules.include for each in groups)


def _shape(facts: Facts) -> Reason | None:
    """Facts outside what these rules were written for permit nothing."""
    if facts.kind not in KINDS or not facts.marks <= _KNOWN_MARKS:
        return Reason.UNKNOWN
    return None


def _exclusion(rules: Rules, record_id: str, facts: Facts) -> Reason | None:
    own = (
        Selector("record_id", record_id),
        Selector("kind", facts.kind),
        *_selectors("category", facts.categories),
        *_selectors("analyte", facts.analytes),
    )
    if any(each in rules.exclude for each in own):
        return Reason.EXCLUDED
    kinds_of_exclusion = {each.by for each in rules.exclude}
    if "category" in kinds_of_exclusion and not facts.categories:
        return Reason.MAY_BE_EXCLUDED
    if "analyte" in kinds_of_exclusion and facts.kind == "observation" and not _is_sorted(facts):
        return Reason.MAY_BE_EXCLUDED
    return None


def _window(rules: Rules, facts: Facts) -> Reason | None:
    """A record's whole span must lie in the window; without a clinical date it lies in none."""
    start, end = rules.window
    if start is None and end is None:
        return None
    since, until = facts.since, facts.until
    if since is None or until is None:
        return Reason.NO_DATE if since is until else Reason.ACROSS_DATES
    if since >= until:
        return Reason.UNKNOWN
    starts_inside = start is None or since >= start
    ends_inside = end is None or until <= end
    if starts_inside and ends_inside:
        return None
    is_apart = (start is not None and until <= start) or (end is not None and since >= end)
    return Reason.OUTSIDE_DATES if is_apart else Reason.ACROSS_DATES


def _reserve(facts: Facts, chosen: frozenset[str]) -> Reason | None:
    """What only naming the record, or for the sensitive every analyte in it, lets through."""
    if "entered-in-error" in facts.marks:
        return Reason.ENTERED_IN_ERROR
    if not _is_sorted(facts):
        return Reason.NOT_SORTED
    if "sensitive" in facts.marks and chosen != facts.analytes:
        return Reason.SENSITIVE
    return None


def _is_sorted(facts: Facts) -> bool:
    """Whether we know everything it measures. Only observations of known analytes are sorted."""
    return facts.kind == "observation" and bool(facts.analytes) and not facts.marks & _UNSORTED_MARKS


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)


def _selectors(by: By, values: Iterable[str]) -> tuple[Selector, ...]:
    return tuple(Selector(by, each) for each in values)

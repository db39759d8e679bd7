"""``decide``: may this record leave under these terms? Pure, total, three-valued; unknown anything refuses.

It runs while the citizen is unlocked and sees facts without values. Deny always wins. Records that hold
something sensitive, or that nobody has sorted yet, leave only when the citizen named them.
"""

from __future__ import annotations

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
class Choice:
    """Selectors laid out for looking at many records: one set of values for each way of choosing."""

    records: frozenset[str]
    kinds: frozenset[str]
    categories: frozenset[str]
    analytes: frozenset[str]

    @classmethod
    def of(cls, selectors: frozenset[Selector]) -> Choice:
        def values(by: By) -> frozenset[str]:
            return frozenset(each.value for each in selectors if each.by == by)

        return cls(values("record_id"), values("kind"), values("category"), values("analyte"))

    def touches(self, record_id: str, facts: Facts) -> bool:
        """Whether any selector names this record or anything it is."""
        return (
            record_id in self.records
            or facts.kind in self.kinds
            or not self.categories.isdisjoint(facts.categories)
            or not self.analytes.isdisjoint(facts.analytes)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What terms say about records. ``window`` and ``ends_at`` in microseconds since 1970 UTC."""

    include: Choice
    exclude: Choice
    window: tuple[int | None, int | None]
    ends_at: int

    @classmethod
    def of(cls, terms: Terms) -> Rules:
        window = (_instant(terms.taken_from), _instant(terms.taken_until))
        return cls(Choice.of(terms.include), Choice.of(terms.exclude), window, to_microseconds(terms.expires_at))


def decide(rules: Rules, record_id: str, facts: Facts, now: datetime) -> Decision:
    """Permit, or the first reason against; ``record_id`` in wire form. Never raises for any facts."""
    if to_microseconds(now) >= rules.ends_at:
        return Refuse(Reason.ENDED)
    if not rules.include.touches(record_id, facts):
        return Refuse(Reason.NOT_CHOSEN)
    against = _shape(facts) or _exclusion(rules.exclude, record_id, facts) or _window(rules, facts)
    if against is None and record_id not in rules.include.records:
        against = _reserve(facts, rules.include.analytes)
    return PERMIT if against is None else Refuse(against)


def _shape(facts: Facts) -> Reason | None:
    """Facts outside what these rules were written for permit nothing."""
    if facts.kind not in KINDS or not facts.marks <= _KNOWN_MARKS:
        return Reason.UNKNOWN
    return None


def _exclusion(exclude: Choice, record_id: str, facts: Facts) -> Reason | None:
    """Excluded, or perhaps so: what we can't tell apart from an excluded thing stays."""
    if exclude.touches(record_id, facts):
        return Reason.EXCLUDED
    if exclude.categories and not facts.categories:
        return Reason.MAY_BE_EXCLUDED
    if exclude.analytes and facts.kind == "observation" and not _is_sorted(facts):
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


def _reserve(facts: Facts, named: frozenset[str]) -> Reason | None:
    """What only naming the record, or for the sensitive every analyte in it, lets through."""
    if "entered-in-error" in facts.marks:
        return Reason.ENTERED_IN_ERROR
    if not _is_sorted(facts):
        return Reason.NOT_SORTED
    if "sensitive" in facts.marks and not facts.analytes <= named:
        return Reason.SENSITIVE
    return None


def _is_sorted(facts: Facts) -> bool:
    """Whether we know everything it measures. Only observations of known analytes are sorted."""
    return facts.kind == "observation" and bool(facts.analytes) and not facts.marks & _UNSORTED_MARKS


def _instant(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)

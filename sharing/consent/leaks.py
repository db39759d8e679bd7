"""The leak check: what in a share may contradict the wish behind it, named before it is granted. Pure and total.

A finding is a doubt, never a block: whoever shares looks at it and decides. It sees terms and facts, no values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from sharing.consent.decide import Reason
from sharing.consent.terms import Terms
from vault.health.observation import CONTRADICTORY, ENTERED_IN_ERROR, NOT_SORTED, SENSITIVE, Facts

MANY_DAYS = timedelta(days=30)
FEW_OPENS = 2
A_YEAR_US = 366 * 86_400 * 1_000_000


class Leak(StrEnum):
    """What may contradict the wish, in the order in which it is told."""

    NO_PASSCODE = "no-passcode"
    SIMPLE_PASSCODE = "simple-passcode"
    FOR_MANY = "for-many"
    EVERYTHING = "everything"
    OTHER_PERSON = "other-person"
    SENSITIVE = "sensitive"
    ENTERED_IN_ERROR = "entered-in-error"
    NOT_SORTED = "not-sorted"
    DOCUMENT = "document"
    WHOLE_RECORD = "whole-record"
    LEFT_OUT_BY_DATES = "left-out-by-dates"
    OVER_A_YEAR = "over-a-year"
    LONG_OPEN = "long-open"
    SOON_USED_UP = "soon-used-up"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True, order=True)
class Leaving:
    """One record that would leave. ``names_another``: it came in a file that names another person."""

    record_id: str
    facts: Facts
    names_another: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """``records``: the ids it is about, in order; empty if it is about the share as a whole."""

    code: Leak
    records: tuple[str, ...] = ()


def find_leaks(
    terms: Terms,
    passcode: str | None,
    leaving: Iterable[Leaving],
    held_back: Iterable[tuple[str, Reason]],
    *,
    live: int,
    now: datetime,
) -> tuple[Finding, ...]:
    """All findings, each code once, in the order of ``Leak``; the order of records doesn't matter. Never raises.

    ``held_back``: (record id, reason) of what was asked for and stays; ``live``: how many records the vault holds.
    """
    going = {each.record_id: each for each in leaving}
    about = _about_records(going.values())
    about[Leak.LEFT_OUT_BY_DATES] = {name for name, why in held_back if why in _DATES}
    whole = _about_the_whole(terms, passcode, going.values(), live, now)
    return tuple(Finding(code, tuple(sorted(about.get(code, ())))) for code in Leak if code in whole or about.get(code))


def is_simple(passcode: str) -> bool:
    """Whether a passcode is one that people try first: one sign again and again, or counting up or down."""
    letters = passcode.strip().casefold()
    steps = {ord(after) - ord(before) for before, after in pairwise(letters)}
    return len(steps) <= 1 and steps <= {0, 1, -1}


def is_for_many(name: str) -> bool:
    """Whether a recipient's name reads like a group or a place and not like somebody."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    words = set(re.findall(r"[a-z]+", plain.casefold()))
    return not words.isdisjoint(_CROWDS) or (not words.isdisjoint(_PLACES) and words.isdisjoint(_SOMEBODY))


_CROWDS = frozenset(
    {
        *("all", "anybody", "anyone", "colleagues", "everybody", "everyone", "facebook", "family", "friends", "group"),
        *("internet", "people", "public", "relatives", "staff", "team", "twitter", "whatsapp", "whoever", "world"),
    }
)
_PLACES = frozenset(
    {
        *("clinic", "company", "employer", "hospital", "insurance", "insurer", "office", "practice", "school"),
        *("surgery", "ward", "work"),
    }
)
_SOMEBODY = frozenset({"doctor", "dr", "gp", "miss", "mr", "mrs", "ms", "mx", "nurse", "prof", "professor", "sister"})
_DATES = frozenset({Reason.OUTSIDE_DATES, Reason.ACROSS_DATES, Reason.NO_DATE})


def _about_records(leaving: Iterable[Leaving]) -> dict[Leak, set[str]]:
    found: dict[Leak, set[str]] = {}
    for each in leaving:
        for code in _of_record(each):
            found.setdefault(code, set()).add(each.record_id)
    return found


def _of_record(each: Leaving) -> Iterable[Leak]:
    marks, kind = each.facts.marks, each.facts.kind
    if each.names_another:
        yield Leak.OTHER_PERSON
    if SENSITIVE in marks:
        yield Leak.SENSITIVE
    if ENTERED_IN_ERROR in marks:
        yield Leak.ENTERED_IN_ERROR
    if kind == "document":
        yield Leak.DOCUMENT
    elif kind != "observation":
        yield Leak.WHOLE_RECORD
    elif marks & {NOT_SORTED, CONTRADICTORY}:
        yield Leak.NOT_SORTED


def _about_the_whole(
    terms: Terms, passcode: str | None, leaving: Iterable[Leaving], live: int, now: datetime
) -> set[Leak]:
    going = list(leaving)
    chooses_whole = any(each.by in {"kind", "category"} for each in terms.include)
    return {
        code
        for code, is_so in (
            (Leak.NO_PASSCODE, not terms.with_passcode and terms.sign_in is None),
            (Leak.SIMPLE_PASSCODE, passcode is not None and is_simple(passcode)),
            (Leak.FOR_MANY, is_for_many(terms.recipient.name)),
            (Leak.EVERYTHING, len(going) > 1 and (chooses_whole or _is_unchosen(terms, len(going), live))),
            (Leak.OVER_A_YEAR, terms.taken_from is None and _span_us(going) > A_YEAR_US),
            (Leak.LONG_OPEN, terms.expires_at - now > MANY_DAYS),
            (Leak.SOON_USED_UP, terms.max_opens is not None and terms.max_opens <= FEW_OPENS),
            (Leak.DOWNLOAD, "download" in terms.actions),
        )
        if is_so
    }


def _is_unchosen(terms: Terms, going: int, live: int) -> bool:
    """Whether all of a vault leaves by several ways of choosing; one test that is all there is was chosen."""
    return going >= live and len(terms.include) > 1


def _span_us(going: Iterable[Leaving]) -> int:
    since = [each.facts.since for each in going if each.facts.since is not None]
    return max(since) - min(since) if since else 0

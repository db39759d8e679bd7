"""Whose data a file holds: the people it names against the vault's own citizen. Pure.

Case, accents, order, titles and middle names make no other person; another birth date always does. What a file doesn't
say makes no doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vault.health.observation import Person
from vault.records.profile import Profile

OTHER_NAME: Final = "other-name"
OTHER_BIRTH_DATE: Final = "other-birth-date"
WARNINGS: Final = {
    OTHER_NAME: "The name in this file differs from the name of this vault.",
    OTHER_BIRTH_DATE: "The birth date in this file differs from the one of this vault.",
}

_TITLES: Final = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "herr", "frau", "mme", "mlle"}
)
_GENERATIONS: Final = frozenset({"jr", "sr", "junior", "senior", "ii", "iii"})
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_SPELT_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_APOSTROPHES: Final = re.compile("['\u2018\u2019\u02bc`\u00b4]")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One person of a file who may be somebody else: the names and birth date as the file gives them."""

    names: tuple[str, ...]
    birth_date: str
    other_name: bool
    other_birth_date: bool


def doubts_about(people: Iterable[Person], profile: Profile | None) -> tuple[Doubt, ...]:
    """Everybody in the file who differs from the vault's citizen, each once, in order."""
    if profile is None:
        return ()
    found: dict[Person, Doubt] = {}
    for person in people:
        other_name = bool(person.names) and not any(is_same_name(name, profile.name) for name in person.names)
        other_birth_date = not profile.birth_date.startswith(person.birth_date[:10])
        if other_name or other_birth_date:
            found[person] = Doubt(person.names, person.birth_date, other_name, other_birth_date)
    return tuple(found.values())


def warnings_of(doubts: Iterable[Doubt]) -> tuple[str, ...]:
    """The code of each thing in which somebody differs; no contents."""
    found = tuple(doubts)
    names = [OTHER_NAME] if any(doubt.other_name for doubt in found) else []
    return (*names, *([OTHER_BIRTH_DATE] if any(doubt.other_birth_date for doubt in found) else []))


def is_same_name(one: str, other: str) -> bool:
    """Whether two names may well be one person's: the same words, but for middle names that only one of them has."""
    return any(_agree(a, b) for a in _spellings(one) for b in _spellings(other))


def _agree(one: frozenset[str], other: frozenset[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if shorter == longer:
        return True
    left = longer - shorter
    if not _GENERATIONS.isdisjoint(left | shorter - longer) or len(shorter & longer) < 2:
        return False
    return all(any(_is_initial(word, each) for each in left) for word in shorter - longer)


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _spellings(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a name without accents, and with them spelt out as in Mueller."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return _words(plain), _words(plain.translate(_SPELT_OUT))


def _words(name: str) -> frozenset[str]:
    bare = "".join(char for char in unicodedata.normalize("NFKD", name.translate(_LETTERS)) if not _is_mark(char))
    words = frozenset(re.findall(r"\w+", _APOSTROPHES.sub("", bare)))
    return words - _TITLES or words


def _is_mark(char: str) -> bool:
    return unicodedata.combining(char) != 0

"""A share in a few words: what it is about, for a line of a list, and what would leave, gathered by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.texts import _
from sharing.grants.views import GrantRow
from vault.disclosure import Candidate
from vault.health import catalogue
from vault.health.vocabulary import CATEGORIES, KINDS

MOST_NAMED = 3


def what_words(grant: GrantRow) -> str:
    """Names of the tests, kinds and single records that were chosen; the first few, then ``…``."""
    titles = {each.record_id: each.title for each in grant.records}
    names = []
    for each in sorted(grant.terms.include):
        if each.by == "analyte":
            test = catalogue.find(each.value)
            names.append((test.common_name or test.name) if test else each.value)
        elif each.by == "record_id":
            names.append(titles.get(each.value) or _("one record"))
        else:
            names.append((KINDS | CATEGORIES).get(each.value, each.value))
    more = [] if len(names) <= MOST_NAMED else ["…"]
    return ", ".join(dict.fromkeys(names[:MOST_NAMED] + more))


@dataclass(frozen=True, slots=True)
class Named:
    """All records of one title: its dates as written, newest first; documents are counted by themselves."""

    title: str
    is_document: bool
    taken: tuple[str, ...]


def by_title(records: Iterable[Candidate]) -> tuple[Named, ...]:
    """The records that leave, gathered by title in the order in which they first come."""
    found: dict[tuple[str, bool], list[str]] = {}
    for each in records:
        found.setdefault((each.title, each.facts.kind == "document"), []).append(each.taken)
    return tuple(Named(title, is_document, tuple(taken)) for (title, is_document), taken in found.items())

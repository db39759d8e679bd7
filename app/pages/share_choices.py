"""What there is to choose from in the first step of a share: tests with their counts, single records, whole kinds.

Only names, dates and counts; no value. A long vault is searched, and what is ticked always stays in sight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.pages import words
from app.texts import _
from vault.disclosure import Candidate
from vault.health import catalogue
from vault.health.vocabulary import CATEGORIES, KINDS
from vault.ids import text_of

MANY_LINES = 10
MOST_FOUND = 50
NEWEST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One box to tick. ``value``: selector and value, as the form sends it; ``taken`` as written, for a record."""

    value: str
    label: str
    count: int | None = None
    hint: str = ""
    taken: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Single records of one kind; ``more`` of them are not shown and can be searched for."""

    name: str
    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """``picked``: single records ticked so far; ``unknown``: how many ticked ones are not in the vault (any more)."""

    picked: tuple[Line, ...]
    tests: tuple[Line, ...]
    groups: tuple[Group, ...]
    wholes: tuple[Line, ...]
    find: str
    is_long: bool
    unknown: int

    @property
    def is_empty(self) -> bool:
        return not (self.picked or self.tests or self.groups or self.wholes or self.find)


def choices_in(candidates: Sequence[Candidate], ticked: Iterable[str], find: str = "") -> Choices:
    """The choices of one vault. ``find`` narrows tests and records to those whose name holds it; ticked ones stay."""
    chosen = frozenset(ticked)
    by_id = {text_of(each.record_id): each for each in candidates}
    named = [value.partition(":")[2] for value in chosen if value.startswith("record_id:")]
    every = _tests(candidates)
    wanted = find.strip().casefold()
    tests = tuple(line for line in every if line.value in chosen or _is_like(line, wanted))
    recorded = set(named)
    singles = [each for each in candidates if each.facts.kind != "observation"]
    return Choices(
        picked=tuple(_record_line(each) for each in candidates if text_of(each.record_id) in recorded),
        tests=tests,
        groups=_found(candidates, wanted, chosen) if wanted else _groups(singles, chosen),
        wholes=_wholes(candidates, chosen),
        find=find.strip(),
        is_long=len(every) > MANY_LINES or len(singles) > NEWEST_SHOWN,
        unknown=sum(name not in by_id for name in named),
    )


def _tests(candidates: Sequence[Candidate]) -> tuple[Line, ...]:
    counts = Counter(key for each in candidates if each.facts.kind == "observation" for key in each.facts.analytes)
    found = [(test, count) for key, count in counts.items() if (test := catalogue.find(key))]
    lines = []
    for test, count in found:
        name = test.common_name or test.name
        other = test.name if test.name != name else ""
        lines.append(Line(f"analyte:{test.key}", name, count, _("May be sensitive") if test.sensitive else other))
    return tuple(sorted(lines, key=lambda line: line.label.casefold()))


def _is_like(line: Line, wanted: str) -> bool:
    test = catalogue.find(line.value.partition(":")[2])
    names = (line.label, line.hint, *((test.name, *test.names) if test else ()))
    return any(wanted in name.casefold() for name in names)


def _groups(singles: Sequence[Candidate], chosen: frozenset[str]) -> tuple[Group, ...]:
    groups = []
    for kind, name in words.KINDS_MANY.items():
        lines = [_record_line(each) for each in singles if each.facts.kind == kind]
        fresh = [line for line in lines if line.value not in chosen]
        if fresh:
            groups.append(Group(name, tuple(fresh[:NEWEST_SHOWN]), max(0, len(fresh) - NEWEST_SHOWN)))
    return tuple(groups)


def _found(candidates: Sequence[Candidate], wanted: str, chosen: frozenset[str]) -> tuple[Group, ...]:
    lines = [_record_line(each) for each in candidates if wanted in each.title.casefold()]
    fresh = [line for line in lines if line.value not in chosen]
    return (Group(_("Single records found"), tuple(fresh[:MOST_FOUND]), max(0, len(fresh) - MOST_FOUND)),)


def _wholes(candidates: Sequence[Candidate], chosen: frozenset[str]) -> tuple[Line, ...]:
    """Kinds and categories that can leave whole: those of results. Others only if an earlier share named them."""
    kinds = Counter(each.facts.kind for each in candidates)
    categories = Counter(
        category for each in candidates if each.facts.kind == "observation" for category in each.facts.categories
    )
    lines = [
        Line(f"kind:{key}", name, kinds[key])
        for key, name in KINDS.items()
        if (key == "observation" and kinds[key]) or f"kind:{key}" in chosen
    ]
    return (
        *lines,
        *(
            Line(f"category:{key}", name, categories[key])
            for key, name in CATEGORIES.items()
            if categories[key] or f"category:{key}" in chosen
        ),
    )


def _record_line(each: Candidate) -> Line:
    kind = words.word(words.KINDS, each.facts.kind)
    return Line(f"record_id:{text_of(each.record_id)}", each.title or _("No name given"), None, kind, each.taken)

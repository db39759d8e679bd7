"""What a file would bring, told before anything joins: counted by test and by kind, and what is doubtful. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vault.health import catalogue
from vault.health.observation import Quarantined, Resource
from vault.ids import ImportId
from vault.records.originals import FileFacts
from vault.records.plan import Plan
from vault.records.profile import Profile
from vault.records.whose import Doubt

OBSERVATION: Final = "observation"
DOCUMENT: Final = "document"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would join if its citizen said yes now; nothing of it is anywhere yet.

    ``tests``: (name, how many results), most first; ``others``: (kind, how many records that hold no result);
    ``results`` counts readings. ``added`` counts records, with ``corrected`` (records that are here) and ``back``
    (from the bin) among them. ``first`` and ``last``: the clinical dates between which the results lie, as written,
    or empty. ``owner`` is the vault's citizen, to set beside ``doubts``. ``is_document``: of a kind that we don't
    read, to be kept as it is.
    """

    import_id: ImportId
    file: FileFacts
    kept_until: datetime
    added: int
    corrected: int
    back: int
    duplicates: int
    results: int
    tests: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int], ...]
    first: str
    last: str
    quarantined: tuple[Quarantined, ...]
    doubts: tuple[Doubt, ...]
    owner: Profile | None
    is_document: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """Resources counted, as ``Preview`` tells it."""

    results: int
    tests: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int], ...]
    first: str
    last: str


def contents_of(resources: Iterable[Resource]) -> Contents:
    """Results by test, everything else by kind."""
    tests: Counter[str] = Counter()
    others: Counter[str] = Counter()
    dated: list[tuple[int, str]] = []
    for resource in resources:
        if not resource.readings:
            others[resource.kind] += 1
            continue
        tests.update(_name(reading.analyte, reading.name) for reading in resource.readings)
        if resource.facts.since is not None:
            dated.append((resource.facts.since, resource.taken))
    by_count = sorted(tests.items(), key=lambda each: (-each[1], each[0].casefold()))
    return Contents(
        results=sum(tests.values()),
        tests=tuple(by_count),
        others=tuple(sorted(others.items(), key=lambda each: (-each[1], each[0]))),
        first=min(dated)[1] if dated else "",
        last=max(dated)[1] if dated else "",
    )


def preview_of(  # noqa: PLR0917  What a preview is made of.
    import_id: ImportId,
    file: FileFacts,
    kept_until: datetime,
    plan: Plan,
    quarantined: Sequence[Quarantined],
    doubts: tuple[Doubt, ...],
    owner: Profile | None,
    is_document: bool,
) -> Preview:
    """Counts of what the plan would store; what is here already is only a number."""
    last = {write.record_id: write.item.resource for write in plan.writes}
    contents = contents_of(last.values())
    return Preview(
        import_id=import_id,
        file=file,
        kept_until=kept_until,
        added=len(last) + len(plan.revived),
        corrected=len({write.record_id for write in plan.writes if not write.fresh}),
        back=len(plan.revived),
        duplicates=plan.duplicates,
        results=contents.results,
        tests=contents.tests,
        others=contents.others,
        first=contents.first,
        last=contents.last,
        quarantined=tuple(quarantined),
        doubts=doubts,
        owner=owner,
        is_document=is_document,
    )


def _name(analyte: str | None, name: str) -> str:
    known = catalogue.find(analyte)
    return (known.common_name or known.name) if known else name

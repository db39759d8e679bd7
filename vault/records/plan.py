"""What an upload changes in a vault: which items are new, which correct a record, which are here already.

Pure. A resource whose status says it replaces (``corrected``, ``amended``, ``entered-in-error``, ``cancelled``), or
that finishes a preliminary one, becomes the next version of the record with the same identity, if both speak of the
same test at the same time or from the same lab; a mere collision of ids never merges records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vault.ids import RecordId, SegmentId, make_id
from vault.records.cards import ANALYTES, DELETED, KIND, LAB, RECORD, STATUS, TAKEN, TITLE, VERSION, Row
from vault.records.intake import Item

REPLACING: Final = frozenset({"corrected", "amended", "entered-in-error", "cancelled"})
PROVISIONAL: Final = frozenset({"registered", "preliminary"})


@dataclass(slots=True)
class Known:
    """The part of a vault that an upload touches: cards by record (hex) and by identity, records by tag."""

    rows: dict[str, tuple[SegmentId, Row]] = field(default_factory=dict)
    by_identity: dict[str, Row] = field(default_factory=dict)
    record_of_tag: Mapping[bytes, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One version to store. ``fresh``: its record is new with this upload."""

    item: Item
    record_id: RecordId
    version: int
    fresh: bool


@dataclass(slots=True)
class Plan:
    """``writes`` in order; ``revived``: records (hex) that come back from the bin; ``record_of_tag`` of every item."""

    writes: list[Write] = field(default_factory=list)
    revived: set[str] = field(default_factory=set)
    record_of_tag: dict[bytes, str] = field(default_factory=dict)
    duplicates: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.writes and not self.revived

    @property
    def added(self) -> int:
        return len(self.writes) + len(self.revived)


@dataclass(frozen=True, slots=True)
class _State:
    """The newest version of a record so far, in what matters to a correction."""

    record_id: RecordId
    version: int
    fresh: bool
    kind: str
    title: str
    analytes: frozenset[str]
    taken: str
    lab: str
    status: str


def make_plan(items: Iterable[Item], known: Known) -> Plan:
    """Go through the items in order; the same content twice, here or in the vault, counts as a duplicate."""
    plan = Plan()
    pending: dict[str, _State] = {}
    for item in sorted(items, key=_is_replacing):
        here = plan.record_of_tag.get(item.tag) or known.record_of_tag.get(item.tag)
        if here is not None:
            _note_duplicate(plan, known, item, here)
            continue
        identity = item.resource.identity.hex()
        before = pending.get(identity) or _known_state(known, identity) if identity else None
        if before is not None and _is_outdated(before, item):
            plan.duplicates += 1
            continue
        write = _write(item, before)
        plan.writes.append(write)
        plan.record_of_tag[item.tag] = write.record_id.hex()
        if identity:
            pending[identity] = _state_of(write)
    return plan


def _is_replacing(item: Item) -> bool:
    return item.resource.status in REPLACING


def _note_duplicate(plan: Plan, known: Known, item: Item, record: str) -> None:
    plan.record_of_tag[item.tag] = record
    place = known.rows.get(record)
    if place is not None and place[1][DELETED] and record not in plan.revived:
        plan.revived.add(record)  # Who brings a record in again wants it back from the bin.
    else:
        plan.duplicates += 1


def _write(item: Item, before: _State | None) -> Write:
    if before is not None and _replaces(before, item):
        return Write(item, before.record_id, before.version + 1, before.fresh)
    keeps = item.placed is not None and item.placed.version == 1
    record_id = item.placed.record_id if keeps and item.placed is not None else RecordId(make_id())
    return Write(item, record_id, 1, fresh=True)


def _replaces(before: _State, item: Item) -> bool:
    resource = item.resource
    moves_on = resource.status in REPLACING or (before.status in PROVISIONAL and resource.status not in PROVISIONAL)
    same_time_or_lab = before.taken == resource.taken or (before.lab != "" and before.lab == resource.lab)
    return moves_on and _same_test(before, item) and same_time_or_lab


def _is_outdated(before: _State, item: Item) -> bool:
    """An earlier state of a result that is already corrected here; it is kept in its original file only."""
    resource = item.resource
    return (
        before.status in REPLACING
        and resource.status not in REPLACING
        and resource.status != ""
        and before.taken == resource.taken
        and _same_test(before, item)
    )


def _same_test(before: _State, item: Item) -> bool:
    facts = item.resource.facts
    if before.kind != facts.kind:
        return False
    return before.title == item.resource.title or bool(before.analytes & facts.analytes)


def _state_of(write: Write) -> _State:
    r = write.item.resource
    return _State(
        write.record_id, write.version, write.fresh, r.facts.kind, r.title, r.facts.analytes, r.taken, r.lab, r.status
    )


def _known_state(known: Known, identity: str) -> _State | None:
    row = known.by_identity.get(identity)
    if row is None:
        return None
    return _State(
        RecordId(bytes.fromhex(row[RECORD])),
        int(row[VERSION]),
        False,
        row[KIND],
        row[TITLE],
        frozenset(row[ANALYTES].split()),
        row[TAKEN],
        row[LAB],
        row[STATUS],
    )

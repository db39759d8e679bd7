"""Sealing the versions that a plan names, and editing the index to match: slow work, before any transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from vault.crypto.runs import RecordRun
from vault.ids import RootId, SegmentId, make_id
from vault.keys.keyring import Keyring, NewRoot
from vault.keys.roots import OBJECTS_PER_ROOT
from vault.records.cards import (
    ADDED,
    CARDS_PER_SEGMENT,
    DELETED,
    EARLIER,
    NONCE,
    RECORD,
    Row,
    Stored,
    make_row,
)
from vault.records.index import Edit, Index
from vault.records.intake import Item, Placed
from vault.records.plan import Known, Plan, Write

SMALL_UPLOAD = 64
"""Up to so many new records fill up a segment that has room; more get segments of their own, known before staging."""


class RootSupply:
    """Write roots made as needed, each for at most 1,024 objects. ``rows`` are to be stored with what they sealed.

    ``purpose``: ``write``, or ``private`` for what is kept from carers.
    """

    def __init__(self, keyring: Keyring, purpose: str = "write") -> None:
        self._keyring = keyring
        self._purpose = purpose
        self._left = 0
        self._root: NewRoot
        self._runs: dict[tuple[str, bytes], RecordRun] = {}
        self.rows: list[dict[str, Any]] = []

    def next(self, kind: str, source: bytes) -> tuple[RootId, RecordRun]:
        """A root with room for one more record of this kind and source, ready to seal it."""
        if self._left == 0:
            self._root = self._keyring.make_root(self._purpose)
            self._runs.clear()
            self.rows.append({**self._root.row, "objects": 0})
            self._left = OBJECTS_PER_ROOT
        self._left -= 1
        self.rows[-1]["objects"] += 1
        run = self._runs.get((kind, source))
        if run is None:
            root = self._root
            run = RecordRun(root.root, self._keyring.vault_id, root.root_id, kind, source)
            self._runs[kind, source] = run
        return self._root.root_id, run


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records of a write come from, as cards name it and as seals bind it, and when (a card's stamp)."""

    name: str
    as_bytes: bytes
    added: str


def room_for(index: Index, plan: Plan) -> SegmentId | None:
    """The newest segment that takes all new records of a small upload; it must be open before ``seal_plan``."""
    count = sum(write.fresh and write.version == 1 and not write.item.staged for write in plan.writes)
    if not 0 < count <= SMALL_UPLOAD:
        return None
    public = (entry for entry in reversed(index.entries) if not entry.is_private)
    return next((entry.segment_id for entry in public if entry.room >= count), None)


def seal_plan(
    plan: Plan,
    known: Known,
    edit: Edit,
    *,
    supply: RootSupply,
    private: RootSupply,
    source: Source,
    room: SegmentId | None,
) -> None:
    """Seal what isn't sealed yet (``item.placed``), and give ``edit`` the cards of every touched segment.

    ``private``: for new versions of records that are kept from carers.
    """
    segments = _Segments(edit, room)
    cards: dict[str, tuple[SegmentId, Row]] = {}
    for write in plan.writes:
        record = write.record_id.hex()
        before = cards.get(record) or (None if write.fresh else known.rows[record])
        segment_id = before[0] if before else segments.place(write.item)
        placed = write.item.placed
        if placed is None or (placed.record_id, placed.version) != (write.record_id, write.version):
            _seal(write, segment_id, private if edit.is_private(segment_id) else supply, source)
        elif placed.segment_id != segment_id:
            write.item.placed = replace(placed, segment_id=segment_id)
        row = _card(write, before[1] if before else None, source)
        cards[record] = (segment_id, row)
        segments.set(segment_id, row, before[1] if before else None)
    for record in plan.revived:
        segment_id, row = known.rows[record]
        segments.set(segment_id, [*row[:DELETED], "", *row[DELETED + 1 :]], row)
    segments.flush()


def _seal(write: Write, segment_id: SegmentId, supply: RootSupply, source: Source) -> None:
    item = write.item
    root_id, run = supply.next(item.resource.facts.kind, source.as_bytes)
    sealed = run.seal(write.record_id, write.version, item.resource.body)
    item.placed = Placed(write.record_id, write.version, segment_id, root_id, sealed)
    item.staged = False


def _card(write: Write, before: Row | None, source: Source) -> Row:
    item = write.item
    assert item.placed is not None  # Sealed just now or in an earlier round.
    nonce = item.placed.sealed[:12]
    if before is None:
        stored = Stored(write.record_id, 1, nonce, item.digest, source.name, source.added)
    else:
        earlier = f"{before[EARLIER]} {before[NONCE]}".strip()
        deleted, added = before[DELETED], before[ADDED]
        stored = Stored(write.record_id, write.version, nonce, item.digest, source.name, added, earlier, deleted)
    return make_row(item.resource, item.media, stored)


class _Segments:
    """The content of touched segments while cards join or change."""

    def __init__(self, edit: Edit, room: SegmentId | None) -> None:
        self._edit = edit
        self._room = room
        self._filling = SegmentId(b"")
        self._left = 0
        self._content: dict[SegmentId, list[Row]] = {}

    def place(self, item: Item) -> SegmentId:
        """The segment of a new record: where it was staged, where there is room, or a new one."""
        if item.staged and item.placed is not None:
            return item.placed.segment_id
        if self._room is not None:
            return self._room
        if self._left == 0:
            self._filling, self._left = SegmentId(make_id()), CARDS_PER_SEGMENT
        self._left -= 1
        return self._filling

    def set(self, segment_id: SegmentId, row: Row, before: Row | None) -> None:
        """Add a card, or put it in the place of ``before``, which is in the segment."""
        rows = self._content.get(segment_id)
        if rows is None:
            rows = self._content[segment_id] = list(self._edit.content(segment_id))
        if before is None:
            rows.append(row)
        else:
            place = next(place for place, other in enumerate(rows) if other[RECORD] == row[RECORD])
            rows[place] = row

    def flush(self) -> None:
        for segment_id, rows in self._content.items():
            self._edit.put(segment_id, rows)


def record_rows(
    keyring: Keyring, items: Iterable[Item], import_id: bytes | None, stored_at: int
) -> list[tuple[Any, ...]]:
    """The rows of sealed items, in the order of the ``record`` table's columns."""
    vault_id = keyring.vault_id
    return [
        (vault_id, p.record_id, p.version, p.segment_id, p.root_id, import_id, stored_at, p.sealed)
        for p in (item.placed for item in items)
        if p is not None
    ]

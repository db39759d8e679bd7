"""The directory: which segments there are, and for each how full, from when until when, and which analytes.

It lets a reader leave segments closed that can't matter. Pages of 64 entries. docs/specs/index-segment.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vault.errors import Tampered
from vault.ids import SegmentId
from vault.records.cards import ANALYTES, CARDS_PER_SEGMENT, FORMAT, Row, when_of

SEGMENTS_PER_PAGE: Final = 64
FIRST_PRIVATE_PAGE: Final = 1 << 20
"""Pages from this number on are kept from carers."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One segment in outline. ``first`` and ``last`` in µs; None if it holds no card.

    ``is_private``: it stands on a page that hangs under VK-private, as the segment itself does.
    """

    segment_id: SegmentId
    count: int
    first: int | None
    last: int | None
    analytes: frozenset[str]
    is_private: bool = False

    @property
    def room(self) -> int:
        """How many more cards fit."""
        return CARDS_PER_SEGMENT - self.count


def outline_of(segment_id: SegmentId, rows: Sequence[Row], *, is_private: bool = False) -> Outline:
    """A segment with these cards, in outline."""
    times = [when_of(row) for row in rows]
    keys = {row[ANALYTES] for row in rows}
    analytes = frozenset(key for joined in keys for key in joined.split())
    return Outline(segment_id, len(rows), min(times, default=None), max(times, default=None), analytes, is_private)


def encode_page(entries: Sequence[Outline]) -> bytes:
    """The plaintext of a page."""
    rows = [
        [e.segment_id.hex(), str(e.count), _text(e.first), _text(e.last), " ".join(sorted(e.analytes))] for e in entries
    ]
    return json.dumps([FORMAT, rows], separators=(",", ":")).encode("ascii")


def decode_page(data: bytes, *, is_private: bool = False) -> list[Outline]:
    """The segments of an opened page; Tampered for another shape."""
    found = json.loads(data)
    if not isinstance(found, list) or len(found) != 2 or found[0] != FORMAT or len(found[1]) > SEGMENTS_PER_PAGE:
        raise Tampered
    return [
        Outline(
            SegmentId(bytes.fromhex(key)),
            int(count),
            _number(first),
            _number(last),
            frozenset(analytes.split()),
            is_private,
        )
        for key, count, first, last, analytes in found[1]
    ]


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> int | None:
    return int(text) if text else None

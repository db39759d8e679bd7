"""Walking the index newest first, a page at a time, opening no more segments than a page needs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from vault.errors import Invalid
from vault.paging import MAX_LIMIT, BadCursor, decode_cursor, encode_cursor
from vault.records.bulk import batches
from vault.records.cards import RECORD, Row, when_of
from vault.records.directory import Outline
from vault.records.index import Index

_SEGMENTS_AT_ONCE = 16
_EARLIEST: Final = -(1 << 63)


class BadLimit(Invalid):
    code = "bad-limit"
    advice = f"A page has between 1 and {MAX_LIMIT} lines."


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: (``when``, record id in hex, part). Newer is greater."""

    when: int
    record: str
    part: int

    def cursor(self) -> str:
        return encode_cursor(str(self.when), self.record, str(self.part))


def check_limit(limit: int) -> int:
    """BadLimit unless 1 to 200."""
    if not 1 <= limit <= MAX_LIMIT:
        raise BadLimit(field="limit")
    return limit


def read_position(after: str | None) -> Position | None:
    """The position a cursor stands for. BadCursor."""
    if after is None:
        return None
    when, record, part = decode_cursor(after, 3)
    try:
        return Position(int(when), record, int(part))
    except ValueError:
        raise BadCursor(field="after") from None


def newest_cards(
    connection: Connection,
    index: Index,
    entries: Iterable[Outline],
    wanted: Callable[[Row], bool],
    *,
    count: int,
    upto: Position | None,
) -> list[tuple[int, str, Row]]:
    """The ``count`` newest wanted cards not newer than ``upto``, newest first; (when, record, card)."""
    queue = sorted(entries, key=_latest, reverse=True)
    ceiling = (upto.when, upto.record) if upto else None
    found: list[tuple[int, str, Row]] = []
    for batch in batches(queue, _SEGMENTS_AT_ONCE):
        if len(found) == count and found[-1][0] > _latest(batch[0]):
            break
        for _, rows in index.rows(connection, [e.segment_id for e in batch if _reaches(e, ceiling)], keep=False):
            places = [(when_of(row), row[RECORD], row) for row in rows if wanted(row)]
            if ceiling is not None:
                places = [place for place in places if place[:2] <= ceiling]
            found = heapq.nlargest(count, found + places, key=_place)
    return found


def _place(found: tuple[int, str, Row]) -> tuple[int, str]:
    return found[:2]


def _latest(entry: Outline) -> int:
    return _EARLIEST if entry.last is None else entry.last


def _reaches(entry: Outline, ceiling: tuple[int, str] | None) -> bool:
    return ceiling is None or (entry.first is not None and entry.first <= ceiling[0])

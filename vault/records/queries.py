"""Lists made from cards alone: results, the latest of every test, records, the bin. No record body is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection

from vault.errors import Invalid
from vault.health import catalogue, units
from vault.health.observation import ENTERED_IN_ERROR, NEVER_PLOTTED, Reading, lacks_value
from vault.health.ranges import standing_of
from vault.health.trends import limits_in
from vault.health.vocabulary import KINDS
from vault.paging import Page
from vault.records.cards import (
    DELETED,
    KIND,
    LAB,
    MARKS,
    READINGS,
    RECORD,
    SINCE,
    STATUS,
    TAKEN,
    Row,
    reading_of,
    record_id_of,
    record_row,
    source_text,
    when_of,
)
from vault.records.index import Index
from vault.records.positions import Position, check_limit, newest_cards, read_position
from vault.records.views import LatestRow, RecordRow, ResultQuery, ResultRow

BY_NAME: Final = "name:"
_WITHDRAWN = frozenset({ENTERED_IN_ERROR, NEVER_PLOTTED})
_Place = tuple[tuple[int, str, int], Row]
"""((when, record id in hex, minus the part), card): newer is greater."""


class UnitNeedsAnalyte(Invalid):
    code = "unit-needs-analyte"
    advice = "Say which test the unit is for."


class UnknownKind(Invalid):
    code = "unknown-kind"
    advice = "There is no such kind of record. Choose one from the list."


def checked_unit(query: ResultQuery) -> str | None:
    """The canonical unit asked for, or None. UnknownAnalyte, UnknownUnit, UnitNeedsAnalyte."""
    if query.analyte is not None and catalogue.find(query.analyte) is None:
        raise catalogue.UnknownAnalyte(field="analyte")
    if query.unit is None:
        return None
    if query.analyte is None:
        raise UnitNeedsAnalyte(field="unit")
    return unit_of(query.analyte, query.unit)


def unit_of(analyte: str, text: str) -> str:
    """The canonical unit of that analyte that a text means. UnknownUnit."""
    unit = units.canonical_unit(text, analyte)
    if unit is None:
        raise units.UnknownUnit(field="unit")
    return unit


def page_of_results(connection: Connection, index: Index, query: ResultQuery) -> Page[ResultRow]:
    """One page of measured values, newest clinical date first."""
    limit, unit, below = check_limit(query.limit), checked_unit(query), read_position(query.after)
    entries = [e for e in index.entries if query.analyte is None or query.analyte in e.analytes]

    def is_wanted(row: Row) -> bool:
        return is_result(row) and any(True for _ in _parts(row, query.analyte))

    # Every wanted card brings at least one result, so limit + 2 cards always fill a page and show whether more follow:
    # one of them may be the one the last page ended in. What a card's facts speak of needn't be among its readings.
    cards = newest_cards(connection, index, entries, is_wanted, count=limit + 2, upto=below)
    found: list[tuple[Position, Row]] = []
    for when, record, row in cards:
        for part in _parts(row, query.analyte):
            position = Position(when, record, -part)
            if below is None or position < below:
                found.append((position, row))
    rows = tuple(result_row(row, -position.part, unit) for position, row in found[:limit])
    return Page(rows, found[limit - 1][0].cursor() if len(found) > limit else None)


def latest_of_each(connection: Connection, index: Index) -> tuple[LatestRow, ...]:
    """Every test once, by name, from one pass over the cards."""
    newest: dict[str, _Place] = {}
    valued: dict[str, _Place] = {}
    counts: dict[str, int] = {}
    for _, rows in index.all_rows(connection, keep=False):
        for row in rows:
            if not is_result(row):
                continue
            when, record = when_of(row), row[RECORD]
            for part, reading in enumerate(row[READINGS]):
                test = test_of(reading[0], reading[1])
                counts[test] = counts.get(test, 0) + 1
                place = (when, record, -part)
                if test not in newest or place > newest[test][0]:
                    newest[test] = (place, row)
                if not lacks_value(reading[2]) and (test not in valued or place > valued[test][0]):
                    valued[test] = (place, row)
    found = [_latest_row(test, newest[test], valued.get(test), count) for test, count in counts.items()]
    return tuple(sorted(found, key=lambda latest: latest.result.name.casefold()))


def test_of(analyte: str | None, name: str) -> str:
    """Which test a reading belongs to: the catalogue's key, else the name the lab gave, marked as such."""
    return analyte or f"{BY_NAME}{name.casefold()}"


def _latest_row(test: str, newest: _Place, valued: _Place | None, count: int) -> LatestRow:
    (_, _, part), row = valued or newest
    later = result_row(newest[1], -newest[0][2], None) if valued and valued[0] != newest[0] else None
    return LatestRow(result_row(row, -part, None), count, test, later)


def page_of_records(
    connection: Connection, index: Index, *, kind: str | None, limit: int, after: str | None, deleted: bool
) -> Page[RecordRow]:
    """One page of live records, or of the bin, newest first."""
    check_limit(limit)
    if kind is not None and kind not in KINDS:
        raise UnknownKind(field="kind")
    below = read_position(after)

    def is_wanted(row: Row) -> bool:
        return bool(row[DELETED]) == deleted and (kind is None or row[KIND] == kind)

    cards = newest_cards(connection, index, index.entries, is_wanted, count=limit + 2, upto=below)
    found = [place for place in cards if below is None or place[:2] < (below.when, below.record)]
    items = tuple(record_row(row) for _, _, row in found[:limit])
    last = Position(*found[limit - 1][:2], 0).cursor() if len(found) > limit else None
    return Page(items, last)


def is_result(row: Row) -> bool:
    """Whether a card stands in lists of results: live, with a value, neither withdrawn by its lab nor cancelled."""
    if row[DELETED] or not row[READINGS] or row[KIND] != "observation":
        return False
    return not row[MARKS] or _WITHDRAWN.isdisjoint(row[MARKS].split())


def result_row(row: Row, part: int, unit: str | None) -> ResultRow:
    """A reading as a list shows it: in ``unit`` if it converts exactly, else as received."""
    reading = reading_of(row, part)
    value, shown_unit, low, high, text, converted = _shown(reading, unit)
    return ResultRow(
        record_id=record_id_of(row),
        part=part,
        analyte=reading.analyte,
        name=reading.name,
        taken=row[TAKEN],
        when=int(row[SINCE]) if row[SINCE] else None,
        value=value,
        unit=shown_unit,
        original_value=reading.value,
        original_unit=reading.unit,
        converted=converted,
        low=low,
        high=high,
        range_text=text,
        flag=reading.flag,
        lab=row[LAB],
        status=row[STATUS],
        source=source_text(row),
        standing=standing_of(reading),
    )


def _shown(reading: Reading, unit: str | None) -> tuple[str, str, str, str, str, bool]:
    """Value, unit, low, high, range text, converted."""
    received = (reading.value, reading.unit, reading.low, reading.high, reading.range_text, False)
    if unit is None:
        return received
    value = units.convert(reading.value, reading.unit, unit, reading.analyte)
    if value is None:
        return received
    if units.canonical_unit(reading.unit, reading.analyte) == unit:
        return (value, unit, *received[2:5], False)
    low, high = limits_in(reading, unit)
    if bool(low) != bool(reading.low) or bool(high) != bool(reading.high):
        return value, unit, "", "", _as_text(reading), True
    return value, unit, low, high, reading.range_text, True


def _as_text(reading: Reading) -> str:
    said = reading.range_text or f"{reading.low}–{reading.high}"  # noqa: RUF001  An en dash, as ranges are written.
    return f"{said} {reading.unit}".strip()


def _parts(row: Row, analyte: str | None) -> Iterator[int]:
    for part, reading in enumerate(row[READINGS]):
        if analyte is None or reading[0] == analyte:
            yield part


def ids_of(rows: Iterable[ResultRow | RecordRow]) -> list[bytes]:
    """The records that a page shows, for the log's set digest."""
    return [row.record_id for row in rows]

"""One record, and one result among all results of its test: what it says, how it was measured, what it said before.

Everything comes from one state of the vault; nothing here writes, and nothing is logged here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from vault.errors import NotFound
from vault.health import catalogue
from vault.health.formats import fhir_json
from vault.health.observation import Reading
from vault.health.strict_json import read_json
from vault.health.units import UnknownUnit, canonical_unit
from vault.keys.keyring import Keyring
from vault.keys.roots import KeptPrivate
from vault.records.bodies import open_bodies, open_version
from vault.records.cards import (
    ANALYTES,
    MEDIA,
    READINGS,
    RECORD,
    VERSION,
    Row,
    import_of,
    reading_of,
    readings_of,
    record_row,
    when_of,
)
from vault.records.index import Index
from vault.records.originals import read_report
from vault.records.positions import newest_cards
from vault.records.queries import is_result, result_row, unit_of
from vault.records.views import RecordView, ResultRow, ResultView

FHIR_JSON: Final = "application/fhir+json"
AS_RECEIVED: Final = "as-received"
MOST_ROWS: Final = 200
MAX_METHOD_CHARACTERS: Final = 100


def open_view(connection: Connection, keyring: Keyring, card: Row, version: int) -> RecordView:
    """A record with the body of one of its versions. Tampered."""
    body = open_version(connection, keyring, card, version)
    import_id = import_of(card)
    report = None
    if import_id is not None:
        with contextlib.suppress(KeptPrivate):  # Something else in that file is kept from who asks.
            report = read_report(connection, keyring, import_id)
    row = record_row(card)
    return RecordView(
        row=row,
        readings=readings_of(card),
        body=body if card[MEDIA] == "fhir" else b"",
        filename=report.filename if report else "",
        content_type=report.content_type if report else FHIR_JSON,
        size_bytes=report.size_bytes if report else len(body),
        earlier_versions=tuple(range(1, row.version)),
    )


def open_result(connection: Connection, index: Index, card: Row, part: int, unit: str | int | None) -> ResultView:
    """Reading ``part`` of a record, with the newest results of its test. NotFound; UnknownUnit; Tampered.

    ``unit``: one of the test's, its number among them from 1, ``as-received`` or 0, or None for the reading's own.
    """
    if not 0 <= part < len(card[READINGS]):
        raise NotFound
    reading = reading_of(card, part)
    view = open_view(connection, index.keyring, card, int(card[VERSION]))
    earlier = tuple(_earlier(connection, index.keyring, card, part))
    if reading.analyte is None:
        return ResultView(view, part, reading, result_row(card, part, None), (), False, (), AS_RECEIVED, earlier)
    units = catalogue.analyte(reading.analyte).units
    asked = _own_unit(reading, units) if unit is None else _named(unit, units)
    shown_in = None if asked == AS_RECEIVED else unit_of(reading.analyte, asked)
    rows = _rows(connection, index, reading.analyte, shown_in)
    return ResultView(
        record=view,
        part=part,
        reading=reading,
        result=result_row(card, part, shown_in),
        rows=rows[:MOST_ROWS],
        has_more=len(rows) > MOST_ROWS,
        units=units,
        unit=shown_in or AS_RECEIVED,
        earlier=earlier,
    )


def _own_unit(reading: Reading, units: tuple[str, ...]) -> str:
    """The unit to show a test in: this result's own; the test's first for a result in words."""
    own = canonical_unit(reading.unit, reading.analyte) if reading.unit else units[0] if units else None
    return own if own in units else AS_RECEIVED


def _named(unit: str | int, units: tuple[str, ...]) -> str:
    if isinstance(unit, str):
        return unit
    if not 0 <= unit <= len(units):
        raise UnknownUnit(field="unit")
    return units[unit - 1] if unit else AS_RECEIVED


def _rows(connection: Connection, index: Index, analyte: str, unit: str | None) -> tuple[ResultRow, ...]:
    """The newest results of a test, newest first, at most one more than a page shows."""
    entries = [entry for entry in index.entries if analyte in entry.analytes]

    def is_wanted(row: Row) -> bool:
        return analyte in row[ANALYTES] and is_result(row) and any(each[0] == analyte for each in row[READINGS])

    found = newest_cards(connection, index, entries, is_wanted, count=MOST_ROWS + 1, upto=None)
    cards = [card for _, _, card in found]
    methods = _methods(connection, index.keyring, cards)
    places = [
        (when_of(card), card[RECORD], -part, card)
        for card in cards
        for part, reading in enumerate(card[READINGS])
        if reading[0] == analyte
    ]
    places.sort(key=lambda place: place[:3], reverse=True)
    return tuple(
        replace(result_row(card, -part, unit), method=methods.get(record, ""))
        for _, record, part, card in places[: MOST_ROWS + 1]
    )


def _methods(connection: Connection, keyring: Keyring, cards: Sequence[Row]) -> dict[str, str]:
    """How each was measured, by record id in hex, where its lab says so. Two methods share no line of a trend."""
    fhir = [card for card in cards if card[MEDIA] == "fhir"]
    bodies = zip(fhir, open_bodies(connection, keyring, fhir), strict=True)
    return {card[RECORD]: method for card, body in bodies if (method := _method(body))}


def _method(body: bytes) -> str:
    if b'"method"' not in body:
        return ""
    method: Any = read_json(body).get("method")
    if not isinstance(method, dict):
        return ""
    coding = method.get("coding")
    first = coding[0] if isinstance(coding, list) and coding and isinstance(coding[0], dict) else {}
    said = method.get("text") or first.get("display") or first.get("code")
    return " ".join(said.split())[:MAX_METHOD_CHARACTERS] if isinstance(said, str) else ""


def _earlier(connection: Connection, keyring: Keyring, card: Row, part: int) -> list[tuple[int, Reading]]:
    """What the same part said in earlier versions; a version without it is left out."""
    found = []
    for version in range(1, int(card[VERSION])) if card[MEDIA] == "fhir" else ():
        resources = fhir_json.read(open_version(connection, keyring, card, version)).resources
        if resources and part < len(resources[0].readings):
            found.append((version, resources[0].readings[part]))
    return found

"""Cards, segments and directory pages are the bytes that docs/specs/index-segment.md says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vault.errors import Tampered
from vault.health.observation import Facts, Reading, Resource
from vault.ids import RecordId, SegmentId
from vault.records.cards import (
    CARDS_PER_SEGMENT,
    FIELDS,
    Row,
    Stored,
    decode_rows,
    encode_rows,
    facts_of,
    make_row,
    readings_of,
    record_row,
    when_of,
)
from vault.records.directory import Outline, decode_page, encode_page, outline_of

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "card.json").read_text())


def resource() -> Resource:
    return Resource(
        kind="observation",
        title="Magnesium, serum",
        taken="2025-01-15",
        status="corrected",
        lab="Labor Müller",
        identity=bytes(range(8)),
        body=b"{}",
        canonical=b"{}",
        readings=(Reading("magnesium", "Magnesium", "0.80", "mmol/L", "0.70", "1.00", "", ""),),
        facts=Facts(
            "observation",
            frozenset({"magnesium"}),
            frozenset({"laboratory", "exam"}),
            1736899200000000,
            1736985600000000,
            frozenset(),
        ),
    )


def row() -> Row:
    stored = Stored(
        RecordId(bytes(range(16))), 2, bytes(12), bytes(range(16, 32)), "ff" * 16, "1772366400000000", "ab" * 12
    )
    return make_row(resource(), "fhir", stored)


def test_a_card_and_its_segment_are_the_vector_s_bytes() -> None:
    assert encode_rows([row()]).decode("ascii") == VECTORS["segment"]
    assert decode_rows(VECTORS["segment"].encode()) == [row()]


def test_a_directory_page_is_the_vector_s_bytes() -> None:
    entries = [outline_of(SegmentId(bytes(range(16))), [row()]), outline_of(SegmentId(bytes(16)), [])]
    assert encode_page(entries).decode("ascii") == VECTORS["page"]
    assert decode_page(VECTORS["page"].encode()) == entries


def test_a_card_gives_back_what_made_it() -> None:
    assert facts_of(row()) == resource().facts
    assert readings_of(row()) == resource().readings
    assert when_of(row()) == resource().facts.since
    shown = record_row(row())
    assert (shown.version, shown.title, shown.lab, shown.deleted_at) == (2, "Magnesium, serum", "Labor Müller", None)
    assert shown.source == "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.mark.parametrize(
    "plain",
    [[2, []], [1, [["short"]]], {"1": []}, [1], [1, [[""] * FIELDS] * (CARDS_PER_SEGMENT + 1)]],
)
def test_a_segment_of_another_shape_is_refused(plain: Any) -> None:
    with pytest.raises(Tampered):
        decode_rows(json.dumps(plain).encode())


@pytest.mark.parametrize("plain", [[2, []], [1], {"1": []}, [1, [["00" * 16, "0", "", "", ""]] * 65]])
def test_a_directory_page_of_another_shape_is_refused(plain: Any) -> None:
    with pytest.raises(Tampered):
        decode_page(json.dumps(plain).encode())


def test_an_entry_knows_its_room() -> None:
    assert Outline(SegmentId(bytes(16)), 200, None, None, frozenset()).room == 56

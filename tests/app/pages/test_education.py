"""Education cards: the same bytes for everybody, sourced, dated, plain, and apart from any value."""

from __future__ import annotations

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from app.education import Card, all_cards, card_of
from tests.app.conftest import House
from tests.app.pages.conftest import confirmed, type_in
from tests.texts.reading_age import age_of

BOX = re.compile(r'<section class="card education.*?</section>', re.DOTALL)


def box(client: TestClient, value: str, **more: str) -> str:
    text = client.get(f"/results/{type_in(client, value, **more)}").text
    found = BOX.search(text)
    assert found is not None
    assert text.index("education") > text.index("Who can see this?") or "results.css" in text
    assert found.start() > text.index("Who can see this?")
    return found[0]


def test_the_card_has_the_same_bytes_whatever_the_value(sqlite_house: House) -> None:
    boxes = set()
    for number, (value, more) in enumerate(
        [
            ("0.66", {"range_low": "0.70", "range_high": "1.00"}),
            ("0.80", {}),
            ("<0.5", {}),
            ("haemolysed", {"unit": ""}),
        ]
    ):
        client = confirmed(sqlite_house, f"c{number}@example.org")
        boxes.add(box(client, value, **{key: text for key, text in more.items() if text}))
    assert len(boxes) == 1


def test_only_serum_magnesium_has_a_card(citizen: TestClient) -> None:
    record_id = type_in(citizen, "4.2", analyte="potassium")
    assert not BOX.search(citizen.get(f"/results/{record_id}").text)
    assert not BOX.search(citizen.get("/results").text)
    assert card_of("magnesium_rbc") is None
    assert card_of("magnesium_urine") is None
    assert card_of("magnesium", "XX") is None
    assert card_of(None) is None


@pytest.mark.parametrize("card", all_cards(), ids=lambda card: f"{card.analyte}-{card.country}")
def test_every_part_has_a_source_and_a_day(card: Card) -> None:
    assert card.parts
    for part in card.parts:
        assert part.source
        assert date(2020, 1, 1) < part.checked
    assert "This card is information, not medical advice. Ask the clinician who ordered your test." in card.notes
    assert "can\u2019t be compared" in " ".join(card.notes)


@pytest.mark.parametrize("card", all_cards(), ids=lambda card: f"{card.analyte}-{card.country}")
def test_a_card_is_plain_and_judges_nobody(card: Card) -> None:
    said = [*card.notes, *(each for part in card.parts for each in (part.question, *part.text))]
    assert age_of(said) <= 12, age_of(said)
    whole = " ".join(said).lower()
    for word in ("normal", "your result", "your level", "you should", "deficien", "we recommend"):
        assert word not in whole

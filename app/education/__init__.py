"""Education cards: plain words about what is measured, one file per analyte and country, sourced and dated.

A card is the same for everybody: it is found by the analyte alone, and neither this module nor the card's template is
given a value, a range or a flag.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

COUNTRY: Final = "GB"


@dataclass(frozen=True, slots=True)
class Part:
    """One question with its answer: sentences, then perhaps a list; ``source`` as people cite it."""

    question: str
    text: tuple[str, ...]
    items: tuple[str, ...]
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Card:
    """``checked`` is the oldest day on which one of its parts was last held against its source."""

    analyte: str
    country: str
    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    @property
    def checked(self) -> date:
        return min(part.checked for part in self.parts)


def card_of(analyte: str | None, country: str = COUNTRY) -> Card | None:
    """The card about an analyte for readers in a country, or None where nobody has written one."""
    return _cards().get((analyte or "", country))


def all_cards() -> tuple[Card, ...]:
    return tuple(_cards().values())


@cache
def _cards() -> dict[tuple[str, str], Card]:
    found = {}
    for file in files(__package__).iterdir():
        if file.name.endswith(".toml"):
            card = _read(file.read_text(encoding="utf-8"))
            found[card.analyte, card.country] = card
    return found


def _read(text: str) -> Card:
    """A card as written. KeyError or TypeError for one that lacks a part, a source or a day."""
    stated = tomllib.loads(text)
    parts = tuple(
        Part(each["question"], tuple(each["text"]), tuple(each.get("items", ())), each["source"], each["checked"])
        for each in stated["part"]
    )
    return Card(stated["analyte"], stated["country"], stated["title"], parts, tuple(stated["notes"]))

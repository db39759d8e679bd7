"""Finding a test by any name that people or labs give it. ``find.js`` follows the same rule in the browser."""

from __future__ import annotations

import unicodedata

from vault.health import catalogue
from vault.records.views import LatestRow

MAX_WANTED_CHARACTERS = 200


def plain(text: str) -> str:
    """Without case, accents, punctuation and double spaces: ``Vitamin-B₁₂`` and ``vitamin b12`` are one."""
    spread = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return catalogue.plain_name(kept.replace("_", " "))


def names_of(latest: LatestRow, group: str) -> str:
    """Every name that a search may find a test by, plain, with one space between words."""
    found = catalogue.find(latest.result.analyte)
    known = (found.common_name, found.name, *sorted(found.names)) if found else ()
    words = dict.fromkeys(plain(" ".join((*known, latest.result.name, group))).split())
    return " ".join(words)


def is_found(names: str, wanted: str) -> bool:
    """Whether each word wanted begins a word of the names."""
    padded = f" {names}"
    return all(f" {word}" in padded for word in plain(wanted[:MAX_WANTED_CHARACTERS]).split())

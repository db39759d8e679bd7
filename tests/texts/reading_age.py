"""How old a reader must be, by the stricter of two published formulas that count letters, words and sentences.

    Automated Readability Index (Smith & Senter 1967, AMRL-TR-66-220)
        grade = 4.71 * letters / words + 0.5 * words / sentences - 21.43
    Coleman-Liau index (Coleman & Liau 1975, J. Applied Psychology 60, 283)
        grade = 5.88 * letters / words - 29.6 * sentences / words - 15.8

A grade is read at that many years and five more. Neither needs a dictionary, and neither says anything of a handful of
words: texts are weighed by the page, and labels of up to three words don't count as sentences.
``python -m tests.texts.reading_age`` prints every page's age, the hardest first.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from html import unescape

from tests.texts.catalogue import Text, texts

FEWEST_WORDS = 40
FEWEST_IN_A_SENTENCE = 4
_TAG = re.compile(r"<[^>]+>")
_GAP = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['\u2019.-][A-Za-z0-9]+)*")
_END = re.compile(r"[.!?:;]+(?=\s|$)|$")


def age_of(sentences: Iterable[str]) -> float:
    """In years; each text is at least one sentence. ValueError without a sentence."""
    letters = words = ends = 0
    for each in sentences:
        plain = _GAP.sub("x", unescape(_TAG.sub(" ", each))).strip()
        found = _WORD.findall(plain)
        if len(found) < FEWEST_IN_A_SENTENCE:
            continue
        words += len(found)
        letters += sum(len(word) for word in found)
        ends += sum(1 for part in _END.split(plain) if _WORD.search(part))
    if not words:
        raise ValueError("no words")
    automated = 4.71 * letters / words + 0.5 * words / ends - 21.43
    coleman_liau = 5.88 * letters / words - 29.6 * ends / words - 15.8
    return max(automated, coleman_liau) + 5


def ages() -> dict[str, float]:
    """Place → age, for places with enough words; ``everything`` for all texts together."""
    by_place: defaultdict[str, list[str]] = defaultdict(list)
    for place, text in texts():
        by_place["errors" if place.startswith("errors/") else place].append(_whole(text))
    by_place["everything"] = [text for found in by_place.values() for text in found]
    return {
        place: age_of(found)
        for place, found in by_place.items()
        if sum(len(_WORD.findall(text)) for text in found) >= FEWEST_WORDS
    }


def _whole(text: Text) -> str:
    return text if isinstance(text, str) else text[-1]


if __name__ == "__main__":
    for place, age in sorted(ages().items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"{age:5.1f}  {place}\n")

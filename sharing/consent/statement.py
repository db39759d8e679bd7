"""The statement: the exact words a citizen is shown before granting, and an id that binds terms, list and words.

The wording is versioned. A grant names the id it was shown; when terms, records or wording have moved on, the ids
differ and nothing is granted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sharing.consent.terms import ACTIONS, PURPOSES, By, Selector, Terms, Vocabulary, canonical
from vault.crypto.context import ctx

WORDING_VERSION = "1"
LOCALE = "en-GB"


@dataclass(frozen=True, slots=True)
class Statement:
    """``id``: 64 hex characters. ``text``: paragraphs separated by newlines."""

    id: str
    version: str
    locale: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class ListedRecord:
    """One record of the frozen list: its id in wire form and the version that is sealed."""

    record_id: str
    version: int


def make_statement(terms: Terms, records: Iterable[ListedRecord], vocabulary: Vocabulary) -> Statement:
    """The statement for exactly these terms and these record versions; order and repeats don't matter."""
    listed = sorted(set(records))
    text = _text(terms, len(listed), vocabulary)
    parts = (canonical(terms), _list_bytes(listed), text.encode())
    bound = ctx("statement/1", WORDING_VERSION, LOCALE, *(hashlib.sha256(each).digest() for each in parts))
    return Statement(hashlib.sha256(bound).hexdigest(), WORDING_VERSION, LOCALE, text)


def _list_bytes(listed: list[ListedRecord]) -> bytes:
    return "".join(f"{each.record_id} {each.version}\n" for each in listed).encode()


def _text(terms: Terms, count: int, vocabulary: Vocabulary) -> str:
    lines = (
        f"I let {terms.recipient.name} see {_counted(count)} from my vault, exactly as listed.",
        f"Chosen: {_chosen(terms.include, vocabulary) or 'nothing'}.",
        f"Left out: {_chosen(terms.exclude, vocabulary)}." if terms.exclude else "",
        _window(terms),
        f"Why: {PURPOSES[terms.purpose]}.",
        f"They may {_joined([ACTIONS[each] for each in ACTIONS if each in terms.actions])}.",
        _door(terms),
        f"It ends on {_moment(terms.expires_at)}. I can stop it sooner at any time; "
        "what was seen or kept before then can't be taken back, and nobody can stop a photo of a screen.",
        "They get a copy as the records are now. A record I delete later stays in that copy until I stop sharing.",
        "Every opening is written into my access log.",
    )
    return "\n".join(each for each in lines if each)


def _door(terms: Terms) -> str:
    who = (
        "Anyone who has the link and the passcode can open it"
        if terms.with_passcode
        else "Anyone who has the link can open it, without a passcode"
    )
    if terms.max_opens is None:
        return f"{who}, as often as they need until the end."
    return f"{who}, {'once' if terms.max_opens == 1 else f'{terms.max_opens} times'} in all."


def _window(terms: Terms) -> str:
    start, end = terms.taken_from, terms.taken_until
    after = "" if start is None else f" from {_moment(start)} on"
    before = "" if end is None else f" before {_moment(end)}"
    between = " and" if after and before else ""
    return f"Only what was taken{after}{between}{before}." if after or before else ""


def _chosen(selectors: frozenset[Selector], vocabulary: Vocabulary) -> str:
    names = [
        *_names("analyte", selectors, dict(vocabulary.analytes), "all results of {}"),
        *_names("category", selectors, dict(vocabulary.categories), "all records of the category {}"),
        *_names("kind", selectors, dict(vocabulary.kinds), "all records of the kind {}"),
    ]
    named = sum(each.by == "record_id" for each in selectors)
    return _joined([*names, f"{_counted(named)} picked one by one"] if named else names)


def _names(by: By, selectors: frozenset[Selector], words: dict[str, str], pattern: str) -> list[str]:
    chosen = sorted(words.get(each.value, each.value) for each in selectors if each.by == by)
    return [pattern.format(_joined(chosen))] if chosen else []


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def _counted(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _moment(moment: datetime) -> str:
    """``8 Mar 2026, 12:00 UTC``; months in English whatever the server's locale."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

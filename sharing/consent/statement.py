"""The statement: the exact words a citizen is shown before granting, and an id that binds terms, list and words.

The wording is versioned (``wordings``). A grant names the id it was shown; when terms, records or wording have moved
on, the ids differ and nothing is granted. A statement of an earlier wording can be made again from its terms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sharing.consent.readers import shown_issuer
from sharing.consent.terms import ACTIONS, By, Selector, Terms, Vocabulary, canonical
from sharing.consent.wordings import CURRENT, Wording, wording
from vault.crypto.context import ctx


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


def make_statement(
    terms: Terms, records: Iterable[ListedRecord], vocabulary: Vocabulary, version: str = CURRENT
) -> Statement:
    """The statement for exactly these terms and these record versions; order and repeats don't matter.

    ``version`` names an earlier wording. KeyError for one that never was.
    """
    words, listed = wording(version), sorted(set(records))
    text = _text(words, terms, len(listed), vocabulary)
    parts = (canonical(terms), _list_bytes(listed), text.encode())
    bound = ctx("statement/1", words.version, words.locale, *(hashlib.sha256(each).digest() for each in parts))
    return Statement(hashlib.sha256(bound).hexdigest(), words.version, words.locale, text)


def _list_bytes(listed: list[ListedRecord]) -> bytes:
    return "".join(f"{each.record_id} {each.version}\n" for each in listed).encode()


def _text(words: Wording, terms: Terms, count: int, vocabulary: Vocabulary) -> str:
    said = words.sentences
    lines = (
        said["see"].format(name=terms.recipient.name, records=_counted(words, count)),
        said["chosen"].format(what=_chosen(words, terms.include, vocabulary) or said["nothing"]),
        said["left-out"].format(what=_chosen(words, terms.exclude, vocabulary)) if terms.exclude else "",
        _window(words, terms),
        said["why"].format(purpose=said[f"purpose-{terms.purpose}"]),
        said["may"].format(
            actions=_joined(words, [said[f"action-{each}"] for each in ACTIONS if each in terms.actions])
        ),
        _door(words, terms),
        said["ends"].format(end=_moment(terms.expires_at)),
        said["copy"],
        said["log"],
    )
    return "\n".join(each for each in lines if each)


def _door(words: Wording, terms: Terms) -> str:
    said = words.sentences
    who = said["door-passcode"] if terms.with_passcode else said["door-open"]
    if terms.sign_in is not None:
        door = said["door-sign-in-passcode"] if terms.with_passcode else said["door-sign-in"]
        who = door.format(where=shown_issuer(terms.sign_in), email=terms.recipient.email)
    if terms.max_opens is None:
        return said["no-limit"].format(who=who)
    often = said["once"] if terms.max_opens == 1 else said["times"].format(count=terms.max_opens)
    return said["limit"].format(who=who, often=often)


def _window(words: Wording, terms: Terms) -> str:
    said, start, end = words.sentences, terms.taken_from, terms.taken_until
    after = "" if start is None else said["from"].format(start=_moment(start))
    before = "" if end is None else said["before"].format(end=_moment(end))
    between = said["between"] if after and before else ""
    return said["window"].format(window=after + between + before) if after or before else ""


def _chosen(words: Wording, selectors: frozenset[Selector], vocabulary: Vocabulary) -> str:
    names = [
        *_names(words, "analyte", selectors, dict(vocabulary.analytes)),
        *_names(words, "category", selectors, dict(vocabulary.categories)),
        *_names(words, "kind", selectors, dict(vocabulary.kinds)),
    ]
    named = sum(each.by == "record_id" for each in selectors)
    picked = [words.sentences["picked"].format(records=_counted(words, named))] if named else []
    return _joined(words, [*names, *picked])


def _names(words: Wording, by: By, selectors: frozenset[Selector], known: dict[str, str]) -> list[str]:
    chosen = sorted(known.get(each.value, each.value) for each in selectors if each.by == by)
    return [words.sentences[f"all-{by}"].format(names=_joined(words, chosen))] if chosen else []


def _joined(words: Wording, parts: list[str]) -> str:
    """``one``, ``one and two``, ``one, two and three``; nothing for nothing."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + words.sentences["and"] + parts[-1]


def _counted(words: Wording, count: int) -> str:
    return words.sentences["record"] if count == 1 else words.sentences["records"].format(count=count)


def _moment(moment: datetime) -> str:
    """``8 Mar 2026, 12:00 UTC``; months in English whatever the server's locale."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

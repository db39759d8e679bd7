"""What a preview or a grant asks for: a JSON body read into frozen terms, or an ``Invalid`` that names the field.

Lists are sets: order and repeats mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sharing.consent.fields import Fields, MissingField, WrongType, read_line
from sharing.consent.terms import ACTIONS, PURPOSES, By, Recipient, Selector, Terms, Vocabulary
from vault.errors import Invalid, NotFound
from vault.ids import parse_id

MOST_SELECTORS = 10_000
MOST_OPENS = 10_000
LONGEST_NAME = 200
LONGEST_EMAIL = 254
SHORTEST_PASSCODE, LONGEST_PASSCODE = 4, 128
LONGEST_TREATMENT = timedelta(days=90)
LONGEST_OTHER = timedelta(days=366)
_SELECTOR_FIELDS: tuple[By, ...] = ("analyte", "category", "kind", "record_id")
_TERMS_FIELDS = frozenset(
    {
        "recipient",
        "purpose",
        "include",
        "exclude",
        "taken_from",
        "taken_until",
        "expires_at",
        "passcode",
        "max_opens",
        "actions",
        "sign_in",
    }
)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]+\.[^\s@<>\"(),:;\\\[\].]+")


class UnknownChoice(Invalid):
    code = "unknown-choice"
    advice = "This isn't one of the words that can be chosen here."


class UnknownRecord(Invalid):
    code = "unknown-record"
    advice = "This names a record that is not in your vault."


class BadEmail(Invalid):
    code = "bad-email"
    advice = "This doesn't look like an e-mail address."


class ReaderUnnamed(Invalid):
    code = "reader-unnamed"
    advice = "Say by which e-mail address they sign in."


class BadWindow(Invalid):
    code = "bad-window"
    advice = "The first day must lie before the last."


class BadEnd(Invalid):
    code = "bad-end"
    advice = "The end must lie in the future, within 90 days for your care and within a year otherwise."


class BadPasscode(Invalid):
    code = "bad-passcode"
    advice = f"A passcode has {SHORTEST_PASSCODE} to {LONGEST_PASSCODE} characters."


class ViewRequired(Invalid):
    code = "view-required"
    advice = "Looking is part of every share: name the action view."


@dataclass(frozen=True, slots=True)
class StatementRef:
    """What the citizen says they were shown."""

    id: str
    version: str


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """The terms, and beside them the passcode, which is never stored or bound."""

    terms: Terms
    passcode: str | None
    statement: StatementRef | None


def parse_request(body: Any, vocabulary: Vocabulary, now: datetime, with_statement: bool) -> Request:
    """The request in a preview body, or in a grant body where ``with_statement``; Invalid names the field."""
    known = _TERMS_FIELDS | {"statement"} if with_statement else _TERMS_FIELDS
    fields = Fields(body, known)
    passcode = _passcode(fields)
    purpose = _choice(fields.required("purpose"), PURPOSES, "purpose")
    taken_from, taken_until = fields.optional_moment("taken_from"), fields.optional_moment("taken_until")
    if taken_from is not None and taken_until is not None and taken_from >= taken_until:
        raise BadWindow(field="taken_until")
    recipient, sign_in = _recipient(fields), _sign_in(fields, vocabulary)
    if sign_in is not None and recipient.email is None:
        raise ReaderUnnamed(field="recipient.email")
    terms = Terms(
        recipient=recipient,
        purpose=purpose,
        include=_selectors(fields.items("include", MOST_SELECTORS), vocabulary, "include"),
        exclude=_selectors(fields.optional_items("exclude", MOST_SELECTORS), vocabulary, "exclude"),
        taken_from=taken_from,
        taken_until=taken_until,
        expires_at=_end(fields, purpose, now),
        with_passcode=passcode is not None,
        max_opens=fields.optional_count("max_opens", MOST_OPENS),
        actions=_actions(fields),
        sign_in=sign_in,
    )
    return Request(terms, passcode, _statement(fields) if with_statement else None)


def _sign_in(fields: Fields, vocabulary: Vocabulary) -> str | None:
    issuer = fields.raw("sign_in")
    return None if issuer is None else _choice(issuer, vocabulary.sign_ins, "sign_in")


def _recipient(fields: Fields) -> Recipient:
    inner = Fields(fields.required("recipient"), frozenset({"name", "email"}), "recipient")
    email = inner.optional_text("email", LONGEST_EMAIL)
    if email is not None and _EMAIL.fullmatch(email) is None:
        raise BadEmail(field="recipient.email")
    return Recipient(inner.text("name", LONGEST_NAME), email)


def _selectors(values: list[Any], vocabulary: Vocabulary, path: str) -> frozenset[Selector]:
    return frozenset(_selector(each, vocabulary, f"{path}[{number}]") for number, each in enumerate(values))


def _selector(value: Any, vocabulary: Vocabulary, path: str) -> Selector:
    fields = Fields(value, frozenset(_SELECTOR_FIELDS), path)
    named = [by for by in _SELECTOR_FIELDS if fields.raw(by) is not None]
    if not named:
        raise MissingField("Name one of analyte, category, kind or record_id.", path)
    if len(named) > 1:
        raise WrongType("Name only one of analyte, category, kind or record_id; add an entry for each.", path)
    (by,) = named
    words = {"analyte": vocabulary.analytes, "category": vocabulary.categories, "kind": vocabulary.kinds}
    if by != "record_id":
        return Selector(by, _choice(fields.raw(by), words[by], fields.path(by)))
    text = fields.raw(by)
    if not isinstance(text, str):
        raise WrongType("A record id is expected here, as text.", fields.path(by))
    try:
        parse_id(text)
    except NotFound:
        raise UnknownRecord(field=fields.path(by)) from None
    return Selector(by, text)


def _choice(value: Any, words: Mapping[str, str], path: str) -> str:
    if not isinstance(value, str):
        raise WrongType("A word from the vocabulary is expected here.", path)
    if value not in words:
        raise UnknownChoice(field=path)
    return value


def _actions(fields: Fields) -> frozenset[str]:
    values = fields.items("actions", 50)
    actions = frozenset(_choice(each, ACTIONS, f"actions[{number}]") for number, each in enumerate(values))
    if "view" not in actions:
        raise ViewRequired(field="actions")
    return actions


def _end(fields: Fields, purpose: str, now: datetime) -> datetime:
    end = fields.moment("expires_at")
    longest = LONGEST_TREATMENT if purpose == "treatment" else LONGEST_OTHER
    if not now < end <= now + longest:
        raise BadEnd(field="expires_at")
    return end


def _passcode(fields: Fields) -> str | None:
    value = fields.raw("passcode")
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongType("A passcode is a text, in quotes.", "passcode")
    if not value.strip():
        raise BadPasscode(field="passcode")
    line = read_line(value, LONGEST_PASSCODE, "passcode")
    if len(line) < SHORTEST_PASSCODE:
        raise BadPasscode(field="passcode")
    return line


def _statement(fields: Fields) -> StatementRef:
    inner = Fields(fields.required("statement"), frozenset({"id", "version"}), "statement")
    return StatementRef(inner.text("id", 200), inner.text("version", 50))

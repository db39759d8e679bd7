"""The terms of one consent: who, why, what, from when to when, how often, and what may be done.

``parse_request`` turns a JSON body into frozen terms or raises an ``Invalid`` that names the field.
Lists are sets: order and repeats mean nothing. ``canonical`` is the one byte form that statements and papers bind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sharing.consent.fields import Fields, MissingField, WrongType, read_line
from vault.errors import Invalid, NotFound
from vault.ids import parse_id

By = Literal["analyte", "category", "kind", "record_id"]

PURPOSES: Mapping[str, str] = {
    "treatment": "my care",
    "second-opinion": "a second opinion",
    "family": "to keep my family informed",
    "support": "support with something I asked for",
}
ACTIONS: Mapping[str, str] = {"view": "look at them", "print": "print and copy them", "download": "download them"}

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
class Vocabulary:
    """The words that selectors may use, each with the name people know: key → name.

    ``sign_ins``: where a reader may have to sign in, issuer → name.
    """

    analytes: Mapping[str, str]
    categories: Mapping[str, str]
    kinds: Mapping[str, str]
    sign_ins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """One line of *include* or *exclude*. ``value`` is a key of the vocabulary or a record id in wire form."""

    by: By
    value: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the citizen names. A claim, stored as stated; nobody has proven it."""

    name: str
    email: str | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Terms:
    """What one version of a grant says. Both windows are half-open, moments in UTC.

    ``sign_in``: the issuer at which the recipient must sign in by their e-mail address; None: whoever has the link.
    """

    recipient: Recipient
    purpose: str
    include: frozenset[Selector]
    exclude: frozenset[Selector]
    taken_from: datetime | None
    taken_until: datetime | None
    expires_at: datetime
    with_passcode: bool
    max_opens: int | None
    actions: frozenset[str]
    sign_in: str | None = None


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


def canonical(terms: Terms) -> bytes:
    """The terms as UTF-8 JSON with sorted keys and sets in order: equal terms, equal bytes."""
    return json.dumps(to_json(terms), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def to_json(terms: Terms) -> dict[str, Any]:
    """The terms as plain JSON values; ``from_json`` reads them back."""
    demanded = {} if terms.sign_in is None else {"sign_in": terms.sign_in}
    return demanded | {
        "recipient": {"name": terms.recipient.name, "email": terms.recipient.email},
        "purpose": terms.purpose,
        "include": [{each.by: each.value} for each in sorted(terms.include)],
        "exclude": [{each.by: each.value} for each in sorted(terms.exclude)],
        "taken_from": _moment_text(terms.taken_from),
        "taken_until": _moment_text(terms.taken_until),
        "expires_at": _moment_text(terms.expires_at),
        "with_passcode": terms.with_passcode,
        "max_opens": terms.max_opens,
        "actions": sorted(terms.actions),
    }


def from_json(value: Mapping[str, Any]) -> Terms:
    """Terms that ``to_json`` wrote, read back from our own sealed paper."""
    return Terms(
        recipient=Recipient(value["recipient"]["name"], value["recipient"]["email"]),
        purpose=value["purpose"],
        include=_stored_selectors(value["include"]),
        exclude=_stored_selectors(value["exclude"]),
        taken_from=_stored_moment(value["taken_from"]),
        taken_until=_stored_moment(value["taken_until"]),
        expires_at=datetime.fromisoformat(value["expires_at"]),
        with_passcode=value["with_passcode"],
        max_opens=value["max_opens"],
        actions=frozenset(value["actions"]),
        sign_in=value.get("sign_in"),
    )


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


def _stored_selectors(values: list[dict[By, str]]) -> frozenset[Selector]:
    return frozenset(Selector(by, value) for each in values for by, value in each.items())


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _stored_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

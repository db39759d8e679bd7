"""The terms of one consent: who, why, what, from when to when, how often, and what may be done.

Frozen values, made by ``sharing.consent.requests``. ``canonical`` is the one byte form that statements and papers bind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

By = Literal["analyte", "category", "kind", "record_id"]
PURPOSES: Mapping[str, str] = {
    "treatment": "my care",
    "second-opinion": "a second opinion",
    "family": "to keep my family informed",
    "support": "support with something I asked for",
}
ACTIONS: Mapping[str, str] = {"view": "look at them", "print": "print and copy them", "download": "download them"}


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


def _stored_selectors(values: list[dict[By, str]]) -> frozenset[Selector]:
    return frozenset(Selector(by, value) for each in values for by, value in each.items())


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _stored_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

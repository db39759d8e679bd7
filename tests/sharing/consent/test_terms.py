"""What a grant body may say, and how precisely a wrong one is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sharing.consent.fields import BadText, BadTime, MissingField, UnknownField, WrongType
from sharing.consent.requests import (
    BadEmail,
    BadEnd,
    BadPasscode,
    BadWindow,
    UnknownChoice,
    UnknownRecord,
    ViewRequired,
    parse_request,
)
from sharing.consent.terms import Selector, Vocabulary, canonical, from_json, to_json
from vault.errors import Invalid

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = Vocabulary(
    analytes={"magnesium": "Magnesium", "sodium": "Sodium"},
    categories={"laboratory": "Laboratory"},
    kinds={"observation": "Results", "document": "Documents"},
)
RECORD = "0b0f5d0e-7a2b-4c5d-8e9f-0123456789ab"


def body(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "recipient": {"name": "Dr Ada Weiß", "email": "ada@clinic.example"},
        "purpose": "treatment",
        "include": [{"analyte": "magnesium"}],
        "exclude": [{"record_id": RECORD}],
        "taken_from": "2020-01-01T00:00:00+01:00",
        "taken_until": "2026-01-01T00:00:00Z",
        "expires_at": "2026-03-08T12:00:00Z",
        "passcode": "482913",
        "max_opens": 5,
        "actions": ["view", "print"],
    }
    whole.update(changes)
    return whole


def parse(value: Any, with_statement: bool = False) -> Any:
    return parse_request(value, WORDS, NOW, with_statement)


def test_a_whole_body_becomes_frozen_terms_in_utc() -> None:
    request = parse(body())
    terms = request.terms
    assert terms.recipient.name == "Dr Ada Weiß"
    assert terms.include == {Selector("analyte", "magnesium")}
    assert terms.taken_from == datetime(2019, 12, 31, 23, tzinfo=UTC)
    assert terms.actions == {"view", "print"}
    assert terms.with_passcode
    assert request.passcode == "482913"
    assert "482913" not in repr(request)
    assert b"482913" not in canonical(terms)


def test_null_and_absent_mean_the_same() -> None:
    optional = ("exclude", "taken_from", "taken_until", "passcode", "max_opens")
    with_nulls = body(**dict.fromkeys(optional))
    without = {name: value for name, value in body().items() if name not in optional}
    assert parse(with_nulls).terms == parse(without).terms


def test_order_and_repeats_do_not_matter() -> None:
    first = parse(body(include=[{"analyte": "sodium"}, {"analyte": "magnesium"}], actions=["print", "view", "view"]))
    again = parse(body(include=[{"analyte": "magnesium"}, {"analyte": "sodium"}, {"analyte": "sodium"}]))
    assert canonical(first.terms) == canonical(again.terms)


def test_terms_survive_their_own_json() -> None:
    for whole in (body(), body(exclude=None, taken_from=None, max_opens=None, passcode=None)):
        terms = parse(whole).terms
        assert from_json(to_json(terms)) == terms


def test_an_include_of_nothing_is_understood() -> None:
    assert parse(body(include=[])).terms.include == frozenset()


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"expires_On": "2026-03-08T12:00:00Z"}, UnknownField, None),
        ({"statement": {"id": "x", "version": "1"}}, UnknownField, None),
        ({"recipient": None}, MissingField, "recipient"),
        ({"recipient": "Dr"}, WrongType, "recipient"),
        ({"recipient": {"nam": "Dr"}}, UnknownField, "recipient"),
        ({"recipient": {"name": "  "}}, BadText, "recipient.name"),
        ({"recipient": {"name": "a\nb"}}, BadText, "recipient.name"),
        ({"recipient": {"name": "a\u202eb"}}, BadText, "recipient.name"),
        ({"recipient": {"name": "\ud800"}}, BadText, "recipient.name"),
        ({"recipient": {"name": "x" * 201}}, BadText, "recipient.name"),
        ({"recipient": {"name": 5}}, WrongType, "recipient.name"),
        ({"recipient": {"name": "Dr", "email": "no"}}, BadEmail, "recipient.email"),
        ({"recipient": {"name": "Dr", "email": "a@b.c\r\nBcc: x@y.z"}}, BadText, "recipient.email"),
        ({"purpose": "curiosity"}, UnknownChoice, "purpose"),
        ({"purpose": ["treatment"]}, WrongType, "purpose"),
        ({"include": None}, MissingField, "include"),
        ({"include": {"analyte": "magnesium"}}, WrongType, "include"),
        ({"include": ["magnesium"]}, WrongType, "include[0]"),
        ({"include": [{}]}, MissingField, "include[0]"),
        ({"include": [{"analyt": "magnesium"}]}, UnknownField, "include[0]"),
        ({"include": [{"analyte": "magnesium", "kind": "observation"}]}, WrongType, "include[0]"),
        ({"include": [{"analyte": "unobtainium"}]}, UnknownChoice, "include[0].analyte"),
        ({"include": [{"category": "x"}]}, UnknownChoice, "include[0].category"),
        ({"exclude": [{"kind": "x"}]}, UnknownChoice, "exclude[0].kind"),
        ({"exclude": [{"record_id": "x"}]}, UnknownRecord, "exclude[0].record_id"),
        ({"exclude": [{"record_id": 7}]}, WrongType, "exclude[0].record_id"),
        ({"taken_from": "2020-01-01"}, BadTime, "taken_from"),
        ({"taken_from": "2020-01-01T00:00:00"}, BadTime, "taken_from"),
        ({"taken_from": "2020-02-30T00:00:00Z"}, BadTime, "taken_from"),
        ({"taken_from": "0001-01-01T00:00:00+14:00"}, BadTime, "taken_from"),
        ({"taken_from": 1577836800}, WrongType, "taken_from"),
        ({"taken_from": "2026-01-01T00:00:00Z"}, BadWindow, "taken_until"),
        ({"taken_from": "2026-01-02T00:00:00Z"}, BadWindow, "taken_until"),
        ({"expires_at": None}, MissingField, "expires_at"),
        ({"expires_at": "2026-03-01T12:00:00Z"}, BadEnd, "expires_at"),
        ({"expires_at": "2026-05-31T12:00:00Z"}, BadEnd, "expires_at"),
        ({"purpose": "family", "expires_at": "2027-03-03T12:00:00Z"}, BadEnd, "expires_at"),
        ({"passcode": ""}, BadPasscode, "passcode"),
        ({"passcode": "12 "}, BadPasscode, "passcode"),
        ({"passcode": 482913}, WrongType, "passcode"),
        ({"passcode": "x" * 129}, BadText, "passcode"),
        ({"max_opens": "5"}, WrongType, "max_opens"),
        ({"max_opens": True}, WrongType, "max_opens"),
        ({"max_opens": Decimal("5.0")}, WrongType, "max_opens"),
        ({"max_opens": 0}, WrongType, "max_opens"),
        ({"max_opens": -1}, WrongType, "max_opens"),
        ({"actions": None}, MissingField, "actions"),
        ({"actions": []}, ViewRequired, "actions"),
        ({"actions": ["print"]}, ViewRequired, "actions"),
        ({"actions": ["view", "share"]}, UnknownChoice, "actions[1]"),
    ],
)
def test_a_fault_is_refused_and_its_field_named(
    changes: dict[str, Any], error: type[Invalid], field: str | None
) -> None:
    with pytest.raises(error) as caught:
        parse(body(**changes))
    assert type(caught.value) is error
    assert caught.value.field == field


@pytest.mark.parametrize("value", [None, [], "x", 5, True])
def test_a_body_that_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(WrongType):
        parse(value)


def test_a_refusal_repeats_nothing_that_was_sent() -> None:
    with pytest.raises(UnknownField) as caught:
        parse(body(canary_7f3a="canary_7f3a"))
    assert "canary" not in caught.value.advice
    assert "canary" not in str(caught.value)


def test_a_grant_body_needs_the_statement_it_was_shown() -> None:
    with pytest.raises(MissingField) as caught:
        parse(body(), with_statement=True)
    assert caught.value.field == "statement"
    request = parse(body(statement={"id": "ab", "version": "1"}), with_statement=True)
    assert request.statement.id == "ab"


def test_ninety_days_are_the_longest_share_for_treatment() -> None:
    last = NOW + timedelta(days=90)
    assert parse(body(expires_at=last.isoformat())).terms.expires_at == last

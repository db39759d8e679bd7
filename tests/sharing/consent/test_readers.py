"""Whom a link is for: what the terms must say, what is kept, and who counts as the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sharing.consent.readers import Reader, read_reader, reader_of, write_reader
from sharing.consent.requests import ReaderUnnamed, UnknownChoice, parse_request
from sharing.consent.statement import make_statement
from sharing.consent.terms import Vocabulary, canonical, from_json, to_json

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "https://id.clinic.example/real"
WORDS = Vocabulary({"magnesium": "Magnesium"}, {}, {}, {ISSUER: "The clinic"})
BODY: dict[str, Any] = {
    "recipient": {"name": "Dr Grey", "email": "grey@clinic.example"},
    "purpose": "treatment",
    "include": [{"analyte": "magnesium"}],
    "expires_at": "2026-03-08T12:00:00Z",
    "actions": ["view"],
}


def terms(**more: Any) -> Any:
    return parse_request(BODY | more, WORDS, NOW, with_statement=False).terms


def test_terms_name_the_issuer_and_the_address_and_read_back() -> None:
    found = terms(sign_in=ISSUER)
    assert reader_of(found) == Reader(ISSUER, "grey@clinic.example")
    assert from_json(to_json(found)) == found
    assert reader_of(terms()) is None


def test_terms_without_a_sign_in_have_the_bytes_they_always_had() -> None:
    assert b"sign_in" not in canonical(terms())
    assert terms() == terms(sign_in=None)


def test_a_sign_in_needs_an_address_and_an_issuer_that_is_known() -> None:
    with pytest.raises(ReaderUnnamed) as unnamed:
        terms(sign_in=ISSUER, recipient={"name": "Dr Grey"})
    assert unnamed.value.field == "recipient.email"
    for unknown in ("https://other.example", "", "The clinic"):
        with pytest.raises(UnknownChoice) as refused:
            terms(sign_in=unknown)
        assert refused.value.field == "sign_in"


def test_the_statement_says_who_alone_can_open_it() -> None:
    text = make_statement(terms(sign_in=ISSUER), [], WORDS).text
    said = "Only somebody who signs in at id.clinic.example/real as grey@clinic.example can open it"
    assert said in text
    assert "Anyone who has the link" not in text
    assert "and has the passcode" in make_statement(terms(sign_in=ISSUER, passcode="4417"), [], WORDS).text
    assert make_statement(terms(), [], WORDS).id != make_statement(terms(sign_in=ISSUER), [], WORDS).id


def test_capitals_of_an_address_tell_nobody_apart_and_anything_else_does() -> None:
    wanted = Reader(ISSUER, "Grey@Clinic.example")
    assert wanted.is_same(Reader(ISSUER, " grey@clinic.EXAMPLE "))
    for other in (
        Reader(ISSUER + "/", "grey@clinic.example"),
        Reader(ISSUER.upper(), "grey@clinic.example"),
        Reader(ISSUER, "grey@clinic.example.org"),
        Reader(ISSUER, "gr\u0435y@clinic.example"),
        Reader(ISSUER, ""),
    ):
        assert not wanted.is_same(other)


def test_what_is_kept_reads_back() -> None:
    for reader in (None, Reader(ISSUER, "grey@clinic.example"), Reader(ISSUER, "größe@clinic.example")):
        assert read_reader(write_reader(reader)) == reader

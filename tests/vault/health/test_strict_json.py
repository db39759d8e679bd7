"""The strict reader takes RFC 8259 and nothing else, and never loses a digit."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.health.strict_json import MalformedJson, literal_of, read_json, scan, scan_array, scan_object

ALLOWED = {
    "empty object": b"{}",
    "byte order mark": b'\xef\xbb\xbf {"a": 1} ',
    "sixty-four deep": b"[" * 64 + b"]" * 64,
    "brackets in a text": b'{"a": "' + b"[{" * 200 + b'"}',
    "escaped quotes and backslashes": rb'["\\", "\"[[", "\\\"", "\\\\"]',
    "a whole character from two escapes": rb'"\ud83d\ude00"',
    "escaped backslash before what looks like half a character": rb'"\\ud800"',
}
REFUSED = {
    "nothing": b"",
    "only space": b" \n",
    "NaN": b"[NaN]",
    "Infinity": b"Infinity",
    "minus Infinity": b'{"a": -Infinity}',
    "repeated key": b'{"a": 1, "a": 1}',
    "repeated key deep inside": b'[{"b": {"a": 1, "\\u0061": 2}}]',
    "sixty-five deep": b"[" * 65 + b"]" * 65,
    "ten thousand deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a hundred thousand open brackets": b"[" * 100_000,
    "deep after a text with a quote": b'["\\"", ' + b"[" * 65 + b"]" * 65 + b"]",
    "invalid UTF-8": b'"\xff"',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a surrogate as bytes": b'"\xed\xa0\x80"',
    "half a character": rb'["\ud800"]',
    "half a character as a key": rb'{"\udc00": 1}',
    "something behind": b'{"a": 1} x',
    "two values": b"{}{}",
    "leading zero": b"01",
    "no digits before the dot": b".5",
    "trailing comma": b"[1,]",
    "single quotes": b"{'a': 1}",
    "raw line break in a text": b'"\n"',
    "comment": b"{} // x",
    "gigantic number": b"9" * 5_000,
    "gigantic exponent": b"1e999999999",
    "unfinished": b'{"a": [1',
}


@pytest.mark.parametrize("data", ALLOWED.values(), ids=ALLOWED.keys())
def test_well_formed_json_is_read_as_the_standard_reader_reads_it(data: bytes) -> None:
    assert read_json(data) == json.loads(data)


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_well_formed_is_refused_and_the_error_says_nothing_of_it(data: bytes) -> None:
    with pytest.raises(MalformedJson) as caught:
        read_json(data)
    assert str(caught.value) == "malformed-json"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("literal", ["0.80", "-0.0", "1.0e2", "1E-7", "0.0000000001", "100", "2.4305"])
def test_numbers_keep_the_digits_they_were_written_with(literal: str) -> None:
    number = read_json(literal.encode())
    assert literal_of(number) == literal
    assert isinstance(number, int | Decimal)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_every_json_value_survives(value: object, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only, indent=1).encode("utf-8", "surrogatepass")) == value


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(MalformedJson):
        read_json(data)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=5))
def test_stepping_through_an_object_finds_what_reading_it_finds(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=1) + "tail"
    assert scan_object(text, 0, {}) == (value, len(text) - 4)


@given(st.lists(json_values, max_size=5))
def test_stepping_through_an_array_finds_what_reading_it_finds(value: list[object]) -> None:
    text = json.dumps(value, indent=1) + "tail"
    assert scan_array(text, 0, scan) == (value, len(text) - 4)


@pytest.mark.parametrize(
    "text", ['{"a":1 "b":2}', '{"a":1,}', '{"a":1', "{a:1}", '{"a":1]', "{1:2}", "{", '{"a":1,"a":2}']
)
def test_stepping_refuses_what_reading_refuses(text: str) -> None:
    with pytest.raises(MalformedJson):
        scan_object(text, 0, {})

"""The one strict JSON reader: RFC 8259 and nothing beside it, for request bodies and for files.

Refuses NaN and Infinity, repeated keys, nesting over a limit (without ever recursing into it), invalid UTF-8, lone
surrogates and numbers no laboratory writes. A leading byte order mark is skipped. Whole numbers arrive as ``int``,
all others as ``Decimal``, digit for digit as written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from vault.errors import Invalid

Reader = Callable[[str, int], tuple[Any, int]]

MAX_DEPTH = 64
MAX_NUMBER_CHARACTERS = 400
MAX_EXPONENT_DIGITS = 3

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_KEY = re.compile(r'[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_STEP = re.compile(r"[ \t\n\r]*([,}\]])[ \t\n\r]*")
_END_OF_EMPTY = re.compile(r"\{[ \t\n\r]*\}|\[[ \t\n\r]*\]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SHAPE_ONLY = bytes(code for code in range(256) if code not in b'"[]{}')
_ALL_BRACKETS_ALIKE = bytes.maketrans(b"{}", b"[]")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
# Ten megabytes of "1," would otherwise become a gigabyte of entries to judge and report.
MAX_ENTRIES = 100_000


class TooManyEntries(Invalid):
    code = "too-many-entries"
    advice = "This file holds more than 100,000 entries. Please split it; nothing of it was taken."


class MalformedJson(Invalid):
    """Carries a place (a line or nothing), never a piece of the text."""

    code = "malformed-json"
    advice = "This isn't well-formed JSON, so nothing of it was taken."


class Written(Decimal):
    """A decimal whose own text (``1.0e2``, ``0.0000001``) is not what ``str`` of its value would print."""

    __slots__ = ("literal",)
    literal: str


def literal_of(number: Decimal | int) -> str:
    """The digits of a number exactly as the file had them."""
    return number.literal if isinstance(number, Written) else str(number)


def read_json(data: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The one JSON value in ``data`` (UTF-8); MalformedJson for anything that is not exactly that."""
    text = checked_text(data, max_depth)
    start = skip_space(text, 0)
    value, end = scan(text, start)
    if skip_space(text, end) != len(text):
        raise MalformedJson
    check_surrogates(text, value)
    return value


def checked_text(data: bytes, max_depth: int = MAX_DEPTH) -> str:
    """The text of ``data``, known to be UTF-8 and to nest at most ``max_depth`` deep."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedJson("This file isn't UTF-8 text.") from None
    _check_depth(data, max_depth)
    return text.removeprefix("\ufeff")


def skip_space(text: str, index: int) -> int:
    """The first place from ``index`` on that isn't JSON white space."""
    match = _SPACE.match(text, index)
    return match.end() if match else index


def scan(text: str, index: int) -> tuple[Any, int]:
    """The value that starts at ``index`` of a checked text and the place where it ends."""
    try:
        return _scan(text, index)
    except (ValueError, RecursionError, ArithmeticError):
        raise MalformedJson from None


def scan_object(text: str, index: int, readers: Mapping[str, Reader]) -> tuple[dict[str, Any], int]:
    """The object that starts at ``index`` and where it ends; named members are read by ``readers`` of their own."""
    found: dict[str, Any] = {}
    empty = _END_OF_EMPTY.match(text, index)
    if empty:
        return found, empty.end()
    index += 1
    while True:
        key, index = _key(text, index)
        if key in found:
            raise MalformedJson
        found[key], index = readers.get(key, scan)(text, index)
        index, more = _next(text, index, "}")
        if not more:
            return found, index


def scan_array(text: str, index: int, reader: Reader) -> tuple[list[Any], int]:
    """The array that starts at ``index`` and where it ends; each item is read by ``reader``. TooManyEntries."""
    found: list[Any] = []
    empty = _END_OF_EMPTY.match(text, index)
    if empty:
        return found, empty.end()
    index = skip_space(text, index + 1)
    while True:
        item, index = reader(text, index)
        found.append(item)
        if len(found) > MAX_ENTRIES:
            raise TooManyEntries
        index, more = _next(text, index, "]")
        if not more:
            return found, index


def check_surrogates(text: str, value: Any) -> None:
    """Refuse half a character. Only ``\\u`` escapes can write one, so most texts cost one search."""
    if "\\u" not in text or _SURROGATE_ESCAPE.search(text) is None:
        return
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedJson("This file holds half a character.") from None


def _key(text: str, index: int) -> tuple[str, int]:
    """A member's name and where its value starts."""
    match = _PLAIN_KEY.match(text, index)
    if match:
        return match[1], match.end()
    key, index = scan(text, skip_space(text, index))
    index = skip_space(text, index)
    if not isinstance(key, str) or text[index : index + 1] != ":":
        raise MalformedJson
    return key, skip_space(text, index + 1)


def _next(text: str, index: int, closing: str) -> tuple[int, bool]:
    """Step over a comma (more follows) or the closing bracket (nothing does)."""
    match = _STEP.match(text, index)
    if match is None or (match[1] != "," and match[1] != closing):
        raise MalformedJson
    return match.end(1) if match[1] == closing else match.end(), match[1] == ","


def _check_depth(data: bytes, max_depth: int) -> None:
    """Peel the innermost brackets away, level by level, after everything else is gone."""
    if b"\\" in data:
        data = _ESCAPE.sub(b"", data)
    shape = data.translate(_ALL_BRACKETS_ALIKE, _SHAPE_ONLY).replace(b'""', b"")
    if b'"' in shape:
        shape = _STRING.sub(b"", shape)
    for _ in range(max_depth):
        peeled = shape.replace(b"[]", b"")
        if len(peeled) == len(shape):
            break
        shape = peeled
    # What doesn't peel is unbalanced: the parser refuses it, and can't sink deeper than its length.
    if len(shape) > max_depth or b"[]" in shape:
        raise MalformedJson


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _decimal(literal: str) -> Decimal:
    _, _, exponent = literal.lower().partition("e")
    if len(literal) > MAX_NUMBER_CHARACTERS or len(exponent.lstrip("+-0")) > MAX_EXPONENT_DIGITS:
        raise ValueError
    number = Decimal(literal)
    if exponent or str(number) != literal:
        number = Written(literal)
        number.literal = literal
    return number


def _integer(literal: str) -> int:
    if len(literal) > MAX_NUMBER_CHARACTERS:
        raise ValueError
    return int(literal)


def _refuse_constant(_name: str) -> Any:
    raise ValueError


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse_constant
)
_scan = _decoder.raw_decode

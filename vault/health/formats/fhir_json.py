"""FHIR R4 JSON: one resource, or a Bundle whose resources are judged one by one.

A text that isn't well-formed is refused whole (MalformedJson). A resource that breaks a rule is quarantined with its
own bytes; the others stand. Every body is the exact stretch of the file that the resource took.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from vault.health.formats.collector import paused_collector
from vault.health.formats.fhir_observation import Codes
from vault.health.formats.fhir_resource import person_of, resource_of
from vault.health.formats.fields import FaultError
from vault.health.observation import Person, Quarantined, Resource, Upload
from vault.health.strict_json import (
    MalformedJson,
    check_surrogates,
    checked_text,
    scan,
    scan_array,
    scan_object,
    skip_space,
)


class Piece(NamedTuple):
    """One parsed value, its own text, and where it stood."""

    value: Any
    text: str
    where: str


def read(data: bytes) -> Upload:
    """All resources of a FHIR JSON file. Raises MalformedJson, TooManyEntries."""
    text = checked_text(data)
    with paused_collector():
        pieces, end = pieces_at(text, skip_space(text, 0), "the file")
        if skip_space(text, end) != len(text):
            raise MalformedJson
        return judge(pieces, text)


def pieces_at(text: str, index: int, where: str) -> tuple[list[Piece], int]:
    """The resource that starts at ``index``, or those of its Bundle, and where it ends. Nothing is judged yet."""
    if text[index : index + 1] != "{":
        value, end = scan(text, index)
        return [Piece(value, text[index:end], where)], end
    outer, end = scan_object(text, index, {"entry": _entries})
    entries = outer.get("entry")
    if outer.get("resourceType") != "Bundle" or not isinstance(entries, (list, type(None))):
        value, end = scan(text, index)
        return [Piece(value, text[index:end], where)], end
    prefix = "" if where == "the file" else f"{where}, "
    return [_placed(entry, f"{prefix}entry {number}") for number, entry in enumerate(entries or (), 1)], end


def judge(pieces: list[Piece], text: str) -> Upload:
    """Judge each piece alone, in order. ``text`` is where they came from."""
    resources: list[Resource] = []
    quarantined: list[Quarantined] = []
    people: list[Person] = []
    for piece, outcome in _judged(pieces, text):
        if isinstance(outcome, Resource):
            resources.append(outcome)
            if piece.value["resourceType"] == "Patient":
                people.append(person_of(piece.value))
        else:
            quarantined.append(outcome)
    return Upload(tuple(resources), tuple(quarantined), tuple(people))


def _judged(pieces: list[Piece], text: str) -> Iterator[tuple[Piece, Resource | Quarantined]]:
    escapes = "\\u" in text
    codes = Codes()
    for piece in pieces:
        if escapes:
            check_surrogates(piece.text, piece.value)
        body = piece.text.encode()
        try:
            yield piece, resource_of(piece.value, body, codes)
        except FaultError as fault:
            yield piece, Quarantined(piece.where, fault.reason, body)


def _entries(text: str, index: int) -> tuple[Any, int]:
    return scan_array(text, index, _entry) if text[index : index + 1] == "[" else scan(text, index)


def _entry(text: str, index: int) -> tuple[Piece, int]:
    """One entry: its resource if it has one, else the entry itself, which can't be one."""
    parts: dict[str, Any] = {}
    end = index
    if text[index : index + 1] == "{":
        parts, end = scan_object(text, index, {"resource": _slice})
    else:
        _, end = scan(text, index)
    return parts.get("resource") or Piece(None, text[index:end], ""), end


def _slice(text: str, index: int) -> tuple[Piece, int]:
    value, end = scan(text, index)
    return Piece(value, text[index:end], ""), end


def _placed(piece: Piece, where: str) -> Piece:
    return Piece(piece.value, piece.text, where)

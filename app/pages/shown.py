"""A share's own files as a page shows them without a script: who, tests with their rows, documents, the rest by title.

Read by the vault's own FHIR reader, so that a value, unit, range and flag are what they are everywhere else. Pure.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.texts import _
from vault.health import catalogue
from vault.health.formats import fhir_json
from vault.health.observation import Person, Reading, Resource
from vault.health.projection import SOURCE_SYSTEM
from vault.health.strict_json import read_json

SOURCES = {
    "lab": _("sent by lab"),
    "file": _("uploaded file"),
    "document": _("read from a document and confirmed by the patient"),
    "typed": _("typed by the patient"),
}
_FRAME = frozenset({"Composition", "Patient"})


@dataclass(frozen=True, slots=True)
class Row:
    """One value. ``source`` in words, or empty where the file doesn't say."""

    reading: Reading
    taken: str
    status: str
    lab: str
    source: str


@dataclass(slots=True)
class Test:
    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """``pages``: JPEG pictures of it; ``text``: its words, if it is plain text; ``note``: what is missing."""

    title: str
    note: str
    pages: tuple[bytes, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    patient: Person
    tests: tuple[Test, ...]
    documents: tuple[Document, ...]
    others: tuple[Resource, ...]


def read_shown(files: Iterable[bytes]) -> Shown:
    """What the files of one link show. Tests by name, rows newest first; nothing is left out in silence."""
    tests: dict[str, Test] = {}
    documents: list[Document] = []
    others: list[Resource] = []
    patient = Person((), "")
    for data in files:
        upload = fhir_json.read(data)
        patient = upload.people[0] if upload.people else patient
        for resource in upload.resources:
            value: dict[str, Any] = read_json(resource.body)
            kind = str(value["resourceType"])
            if kind == "Observation":
                _add(tests, resource, _source(value))
            elif kind == "DocumentReference":
                documents.append(_document(resource, value))
            elif kind not in _FRAME:
                others.append(resource)
    for test in tests.values():
        test.rows.sort(key=lambda row: row.taken, reverse=True)
    ordered = sorted(tests.values(), key=lambda test: test.name.casefold())
    return Shown(patient, tuple(ordered), tuple(documents), tuple(others))


def _add(tests: dict[str, Test], resource: Resource, source: str) -> None:
    for reading in resource.readings:
        known = catalogue.find(reading.analyte)
        name = known.name if known else reading.name
        test = tests.setdefault(reading.analyte or f"name {name}", Test(name))
        test.rows.append(Row(reading, resource.taken, resource.status, resource.lab, source))


def _document(resource: Resource, value: dict[str, Any]) -> Document:
    attached = [each.get("attachment") or {} for each in value.get("content") or ()]
    pages = tuple(_bytes(each) for each in attached if each.get("contentType") == "image/jpeg" and each.get("data"))
    plain = [_bytes(each) for each in attached if str(each.get("contentType")).startswith("text/plain")]
    title = str(attached[-1].get("title") or resource.title) if attached else resource.title
    note = str(value.get("description") or "")
    text = plain[0].decode("utf-8", "replace") if plain else ""
    return Document(title, note if note != title else "", pages, text)


def _source(value: dict[str, Any]) -> str:
    tags = (value.get("meta") or {}).get("tag") or ()
    codes = [str(tag.get("code")) for tag in tags if tag.get("system") == SOURCE_SYSTEM]
    return SOURCES.get(codes[0], "") if codes else ""


def _bytes(attachment: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(attachment.get("data") or ""), validate=True)
    except (binascii.Error, ValueError):
        return b""

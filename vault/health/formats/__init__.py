"""One reader per format, and the question which one a file needs: by content first, then by what it is called."""

from __future__ import annotations

from typing import Literal

from vault.errors import Invalid
from vault.health.strict_json import MalformedJson, checked_text, read_json, scan

Format = Literal["fhir-json", "ndjson", "document"]

_JSON_NAMES = (".json", ".ndjson", ".jsonl", ".phr")
_RESOURCE = b'"resourceType"'


class EmptyFile(Invalid):
    code = "empty-file"
    advice = "This file is empty."


def detect(data: bytes, content_type: str = "", filename: str = "") -> Format:
    """The format of a file: ``fhir-json`` (a resource or Bundle), ``ndjson`` (one resource a line) or ``document``.

    What calls itself JSON, by type or by name, is never a document unless it is well-formed and holds no FHIR at all.
    Raises EmptyFile.
    """
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not head:
        raise EmptyFile
    if _is_lines(head):
        return "ndjson"
    media_type = content_type.partition(";")[0].strip().lower()
    if "fhir+" in media_type and "json" in media_type:
        return "fhir-json"
    looks = head.startswith(b"{") and _RESOURCE in data
    if "json" in media_type or filename.strip().lower().endswith(_JSON_NAMES):
        return "fhir-json" if looks or not _is_json(data) else "document"
    return "fhir-json" if looks and _is_json(data) else "document"


def _is_lines(head: bytes) -> bool:
    """Whether the first line is a whole object and another object follows it."""
    first, _, rest = head.partition(b"\n")
    first = first.rstrip(b" \t\r")
    if not (first.startswith(b"{") and first.endswith(b"}") and rest.lstrip(b" \t\r\n").startswith(b"{")):
        return False
    try:
        text = checked_text(first)
        return scan(text, 0)[1] == len(text) and _RESOURCE in first
    except MalformedJson:
        return False


def _is_json(data: bytes) -> bool:
    try:
        read_json(data)
    except MalformedJson:
        return False
    return True

"""NDJSON and HL7's ``.phr``: one FHIR resource a line, blank lines and a database's ``_id`` allowed.

One line that isn't well-formed refuses the file (MalformedJson names the line); a line that breaks a rule is
quarantined.
"""

from __future__ import annotations

from vault.health.formats.collector import paused_collector
from vault.health.formats.fhir_json import Piece, judge, pieces_at
from vault.health.observation import Upload
from vault.health.strict_json import MAX_ENTRIES, MalformedJson, TooManyEntries, checked_text, skip_space


def read(data: bytes) -> Upload:
    """All resources of the lines. Raises MalformedJson, TooManyEntries."""
    text = checked_text(data)
    pieces: list[Piece] = []
    with paused_collector():
        for number, line in enumerate(text.split("\n"), 1):
            start = skip_space(line, 0)
            if start < len(line):
                pieces.extend(_line(line, start, number))
            if len(pieces) > MAX_ENTRIES:
                raise TooManyEntries
        return judge(pieces, text)


def _line(line: str, start: int, number: int) -> list[Piece]:
    try:
        found, end = pieces_at(line, start, f"line {number}")
        if skip_space(line, end) != len(line):
            raise MalformedJson
    except MalformedJson:
        raise MalformedJson(f"Line {number:,} isn't well-formed JSON, so nothing of this file was taken.") from None
    return found

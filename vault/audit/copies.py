"""The public log as a file: CSV by RFC 4180, or NDJSON, one entry a line, newest first. Both hold the same columns.

``leaf`` is the entry's own bytes in base64url; everything beside it is read out of them.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Iterable
from typing import Any

from vault.audit.lines import PublicLine
from vault.ids import text_of

Write = Callable[[Iterable[PublicLine]], bytes]
COLUMNS = (
    *("entry_id", "at", "event", "outcome", "reason", "role"),
    *("grant_id", "grant_version", "count", "citizen", "actor", "leaf"),
)


def as_json(line: PublicLine) -> dict[str, Any]:
    """One entry; ``at`` in RFC 3339 and UTC, ``grant_id`` None where there is none, ``citizen`` a pseudonym."""
    return {
        "entry_id": text_of(line.entry_id),
        "at": line.at.isoformat().replace("+00:00", "Z"),
        "event": str(line.event),
        "outcome": str(line.outcome),
        "reason": line.reason,
        "role": str(line.role),
        "grant_id": text_of(line.grant_id) if line.grant_id else None,
        "grant_version": line.grant_version,
        "count": line.count,
        "citizen": text_of(line.pseudonym),
        "actor": text_of(line.actor),
        "leaf": base64.urlsafe_b64encode(line.leaf).rstrip(b"=").decode("ascii"),
    }


def as_ndjson(lines: Iterable[PublicLine]) -> bytes:
    return b"".join(json.dumps(as_json(line), separators=(",", ":")).encode("ascii") + b"\n" for line in lines)


def as_csv(lines: Iterable[PublicLine]) -> bytes:
    """With a header line. Cells are ids, codes, numbers and times: no spreadsheet takes one for a formula."""
    written = io.StringIO(newline="")
    table = csv.DictWriter(written, COLUMNS)
    table.writeheader()
    table.writerows(as_json(line) for line in lines)
    return written.getvalue().encode("ascii")


FORMATS: dict[str, tuple[Write, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "ndjson": (as_ndjson, "application/x-ndjson"),
}

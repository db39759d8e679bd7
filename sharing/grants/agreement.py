"""What one grant version keeps, sealed as a paper: terms, the frozen list, the words shown, the act of granting."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.consent.statement import Statement
from sharing.consent.terms import Terms, from_json, to_json
from sharing.consent.wordings import LOCALE
from vault.ids import GrantId

PURPOSE = "grant-terms"
EVIDENCE = "one press in a signed-in session, after the exact list and wording were shown"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """One record of the frozen list, with the title the citizen saw."""

    record_id: str
    version: int
    title: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """``erased``: how many records of the list that was agreed to were erased since, the last one at ``erased_at``."""

    grant_id: GrantId
    version: int
    granted_at: datetime
    terms: Terms
    records: tuple[SharedRecord, ...]
    statement: Statement
    erased: int = 0
    erased_at: datetime | None = None

    @property
    def statement_sha256(self) -> str:
        return hashlib.sha256(self.statement.text.encode()).hexdigest()


def write_agreement(agreement: Agreement) -> bytes:
    """The agreement as UTF-8 JSON, ready to be sealed."""
    value = {
        "format": _VERSION,
        "grant_id": agreement.grant_id.hex(),
        "version": agreement.version,
        "granted_at": agreement.granted_at.isoformat(),
        "terms": to_json(agreement.terms),
        "records": [[each.record_id, each.version, each.title] for each in agreement.records],
        "statement": {
            "id": agreement.statement.id,
            "version": agreement.statement.version,
            "locale": agreement.statement.locale,
            "text": agreement.statement.text,
        },
    }
    if agreement.erased_at is not None:
        value["erased"] = [agreement.erased, agreement.erased_at.isoformat()]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_agreement(data: bytes) -> Agreement:
    """What ``write_agreement`` wrote; the paper's seal vouches for its shape."""
    value: dict[str, Any] = json.loads(data)
    words = value["statement"]
    erased, erased_at = value.get("erased", (0, None))
    return Agreement(
        grant_id=GrantId(bytes.fromhex(value["grant_id"])),
        version=value["version"],
        granted_at=datetime.fromisoformat(value["granted_at"]),
        terms=from_json(value["terms"]),
        records=tuple(SharedRecord(*each) for each in value["records"]),
        statement=Statement(words["id"], words["version"], words.get("locale", LOCALE), words["text"]),
        erased=erased,
        erased_at=None if erased_at is None else datetime.fromisoformat(erased_at),
    )

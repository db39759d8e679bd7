"""What an import leaves beside its records: the file as it came, sealed once, and a sealed report that binds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from vault.blobs import Blobs
from vault.crypto.objects import RecordHeader, nonce_of, open_record, seal_record
from vault.errors import NotFound, Tampered
from vault.health.observation import Quarantined
from vault.ids import BlobId, ImportId, PaperId, make_id
from vault.keys.keyring import Keyring
from vault.keys.roots import open_roots
from vault.papers import Paper, Papers, Prepared
from vault.records.views import ImportOutcome, ImportReport, Original, SentBy

REPORT: Final = "import-report"
LARGE_BYTES: Final = 1 << 20
LARGE_STEP: Final = 1 << 16
SMALL_STEP: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class SealedOriginal:
    """The file of one import, sealed; ``root_row`` is stored when the import is published."""

    blob_id: BlobId
    sealed: bytes
    root_row: dict[str, Any]

    def place(self) -> dict[str, str]:
        """What the report binds."""
        root_id: bytes = self.root_row["root_id"]
        return {"id": self.blob_id.hex(), "root": root_id.hex(), "nonce": nonce_of(self.sealed).hex()}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is, beside its bytes."""

    filename: str
    content_type: str
    size: int
    sha256: str


def facts_of_file(data: bytes, filename: str, content_type: str) -> FileFacts:
    """Size and SHA-256 beside a name and type that were cleaned already."""
    return FileFacts(filename, content_type, len(data), hashlib.sha256(data).hexdigest())


def seal_original(keyring: Keyring, import_id: ImportId, data: bytes) -> SealedOriginal:
    """Seal a whole file under a root of its own."""
    made = keyring.make_root("write")
    blob_id = BlobId(make_id())
    step = LARGE_STEP if len(data) >= LARGE_BYTES else SMALL_STEP
    sealed = seal_record(made.root, _header(keyring, import_id, blob_id, made.root_id), data, step)
    return SealedOriginal(blob_id, sealed, {**made.row, "objects": 1})


def prepare_report(  # noqa: PLR0917  What a report is made of.
    keyring: Keyring,
    file: FileFacts,
    original: SealedOriginal | None,
    outcome: ImportOutcome,
    now: datetime,
    back: Iterable[str] = (),
    apart: bool = False,
    sent_by: SentBy | None = None,
) -> Prepared:
    """The sealed report of an import; its paper id is the import id. ``back``: records (hex) back from the bin;
    ``apart``: somebody else's file, kept as a document; ``sent_by``: who delivered it."""
    told = {
        "file": asdict(file),
        "blob": original.place() if original else None,
        "added": outcome.added,
        "duplicates": outcome.duplicates,
        "quarantined": [[fault.where, fault.reason] for fault in outcome.quarantined],
        "warnings": list(outcome.warnings),
        "back": sorted(back),
        "apart": apart,
    }
    if sent_by is not None:
        told["sent_by"] = asdict(sent_by)
    data = json.dumps(told, separators=(",", ":")).encode()
    return Papers(keyring).prepare(REPORT, data, now, PaperId(outcome.import_id))


def read_report(connection: Connection, keyring: Keyring, import_id: ImportId) -> ImportReport:
    """An earlier import, as it was told then. NotFound; Tampered."""
    return _report_of(*_read(connection, keyring, import_id))


def list_reports(connection: Connection, keyring: Keyring) -> tuple[ImportReport, ...]:
    """Every import's report, newest first. Tampered."""
    return tuple(_report_of(paper, json.loads(paper.data)) for paper in Papers(keyring).list(connection, REPORT))


def _report_of(paper: Paper, told: Any) -> ImportReport:
    import_id = ImportId(paper.paper_id)
    outcome = ImportOutcome(
        import_id,
        told["added"],
        told["duplicates"],
        tuple(Quarantined(where, reason, b"") for where, reason in told["quarantined"]),
        tuple(told["warnings"]),
    )
    file = FileFacts(**told["file"])
    sent_by = SentBy(**told["sent_by"]) if "sent_by" in told else None
    facts = file.filename, file.content_type, file.size, file.sha256
    return ImportReport(import_id, paper.stored_at, *facts, outcome, sent_by)


def read_original(connection: Connection, keyring: Keyring, blobs: Blobs, import_id: ImportId) -> Original:
    """The file of an import, byte for byte. NotFound; Tampered if the stored bytes aren't the report's."""
    _, told = _read(connection, keyring, import_id)
    if told["blob"] is None:
        raise NotFound
    blob_id, root_id, nonce = (bytes.fromhex(told["blob"][key]) for key in ("id", "root", "nonce"))
    sealed = blobs.get(connection, keyring.vault_id, BlobId(blob_id))
    if nonce_of(sealed) != nonce:
        raise Tampered
    root = open_roots(connection, keyring, [root_id])[root_id]
    data = open_record(root, _header(keyring, import_id, blob_id, root_id), sealed)
    file = FileFacts(**told["file"])
    return Original(data, file.content_type, file.filename)


def where_kept(connection: Connection, keyring: Keyring, import_id: ImportId) -> tuple[BlobId, bytes] | None:
    """Blob id and root id of an import's original, if it was kept."""
    _, told = _read(connection, keyring, import_id)
    if told["blob"] is None:
        return None
    return BlobId(bytes.fromhex(told["blob"]["id"])), bytes.fromhex(told["blob"]["root"])


def _read(connection: Connection, keyring: Keyring, import_id: ImportId) -> tuple[Paper, Any]:
    paper = Papers(keyring).read(connection, PaperId(import_id), REPORT)
    return paper, json.loads(paper.data)


def _header(keyring: Keyring, import_id: bytes, blob_id: bytes, root_id: bytes) -> RecordHeader:
    return RecordHeader(keyring.vault_id, blob_id, 1, root_id, "original", import_id)

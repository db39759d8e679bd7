"""What happened to an import after it was published: undone or not, which of its doubtful parts are settled.

It stands in the import's report. A change replaces the report by its next version, with the time of the import kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete

from vault.blobs import Blobs
from vault.database import table_of
from vault.freshness import Change
from vault.ids import BlobId, ImportId, PaperId
from vault.keys.keyring import Keyring
from vault.keys.roots import drop_roots
from vault.papers import Papers, Prepared
from vault.records.originals import REPORT, where_kept
from vault.records.tables import ImportRun

_RUN = table_of(ImportRun)
DISCARDED: Final = "discarded"
TYPED_IN: Final = "typed-in"


@dataclass(frozen=True, slots=True)
class Told:
    """A report opened for a change. ``undone``: a stamp as cards hold it, or empty; ``back``: records (hex) that the
    import brought back from the bin; ``settled``: number of a doubtful part, from 0 → how it was settled; ``apart``:
    kept as somebody else's."""

    import_id: ImportId
    version: int
    at: datetime
    filename: str
    quarantined: int
    undone: str
    back: tuple[str, ...]
    settled: Mapping[int, str]
    apart: bool
    plain: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A report's next version; ``change`` goes into freshness, then ``store`` replaces the rows."""

    papers: Papers
    prepared: Prepared
    change: Change

    def store(self, connection: Connection) -> None:
        self.papers.remove(connection, self.prepared.paper_id)
        self.papers.store(connection, self.prepared)


def read_told(connection: Connection, keyring: Keyring, import_id: ImportId) -> Told:
    """An import's report and what became of it. NotFound; Tampered."""
    paper = Papers(keyring).read(connection, PaperId(import_id), REPORT)
    plain = json.loads(paper.data)
    return Told(
        import_id=import_id,
        version=paper.version,
        at=paper.stored_at,
        filename=plain["file"]["filename"],
        quarantined=len(plain["quarantined"]),
        undone=plain.get("undone", ""),
        back=tuple(plain.get("back", ())),
        settled={int(part): how for part, how in plain.get("settled", {}).items()},
        apart=plain.get("apart", False),
        plain=plain,
    )


def rewrite(connection: Connection, keyring: Keyring, told: Told) -> Rewritten:
    """Seal what ``told`` says now as the next version."""
    papers, paper_id = Papers(keyring), PaperId(told.import_id)
    plain = dict(told.plain) | {
        "undone": told.undone,
        "settled": {str(part): how for part, how in told.settled.items()},
    }
    data = json.dumps(plain, separators=(",", ":")).encode()
    prepared = papers.prepare(REPORT, data, told.at, paper_id, told.version + 1)
    return Rewritten(papers, prepared, papers.removal(connection, paper_id) + prepared.change)


def remove_import(connection: Connection, keyring: Keyring, blobs: Blobs, import_id: ImportId) -> Removal:
    """What goes with an import that no record needs any more; call ``store`` after freshness took ``change``."""
    papers, paper_id = Papers(keyring), PaperId(import_id)
    return Removal(
        keyring, blobs, import_id, papers.removal(connection, paper_id), where_kept(connection, keyring, import_id)
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """The report, the file with its key, and the run of one import, about to be gone for good."""

    keyring: Keyring
    blobs: Blobs
    import_id: ImportId
    change: Change
    place: tuple[BlobId, bytes] | None

    def store(self, connection: Connection) -> None:
        vault_id = self.keyring.vault_id
        Papers(self.keyring).remove(connection, PaperId(self.import_id))
        connection.execute(delete(_RUN).where(_RUN.c.vault_id == vault_id, _RUN.c.import_id == self.import_id))
        if self.place is not None:
            self.blobs.delete(connection, vault_id, self.place[0])
            drop_roots(connection, vault_id, [self.place[1]])

"""Files that wait for their citizen's answer: sealed, listed nowhere else, gone after a day.

A waiting file is no import yet: nothing of it stands among the records, no log of results knows it, and whoever
confirms it imports the same bytes from the beginning. So a crash at any point leaves it waiting or imported, whole.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from vault.blobs import Blobs
from vault.crypto.objects import RecordHeader, open_record, seal_record
from vault.database import Database, table_of
from vault.errors import Conflict, NotFound, Tampered
from vault.ids import BlobId, ImportId, make_id
from vault.keys.keyring import Keyring
from vault.keys.roots import drop_roots, open_roots, store_roots
from vault.keys.stored import hold_generation
from vault.records.originals import LARGE_BYTES, LARGE_STEP, SMALL_STEP, FileFacts, facts_of_file
from vault.records.tables import ImportWaiting

KEPT_FOR: Final = timedelta(days=1)
MOST_WAITING: Final = 20
_DESCRIPTION: Final = "waiting"
_BYTES: Final = "waiting-file"

_WAITING = table_of(ImportWaiting)


class NotWaiting(NotFound):
    """The file was answered, swept after a day, or never here."""

    code = "not-waiting"
    advice = "This file is not waiting any more. It was added, or taken away, or a day has passed."


class TooManyWaiting(Conflict):
    code = "too-many-waiting"
    advice = "Twenty files wait for your answer. Please add some of them or take them away first."


@dataclass(frozen=True, slots=True)
class Brought:
    """What a waiting file turned out to hold, in numbers, for the list of those that wait."""

    results: int
    others: int
    doubtful: int
    asks_whose: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """One file that waits. ``import_id`` is its name while it waits, not that of the import it may become."""

    import_id: ImportId
    file: FileFacts
    brought: Brought
    kept_until: datetime


def stage(  # noqa: PLR0917  Everything that a waiting file is.
    database: Database, keyring: Keyring, blobs: Blobs, file: FileFacts, data: bytes, brought: Brought, now: datetime
) -> Waiting:
    """Seal a file and keep it for a day. TooManyWaiting; KeysChanged."""
    import_id, blob_id, made = ImportId(make_id()), BlobId(make_id()), keyring.make_root("write")
    told = json.dumps({"file": asdict(file), "brought": asdict(brought)}, separators=(",", ":")).encode()
    step = LARGE_STEP if len(data) >= LARGE_BYTES else SMALL_STEP
    sealed = seal_record(made.root, _header(keyring, blob_id, made.root_id, _BYTES, import_id), data, step)
    row = {
        "vault_id": keyring.vault_id,
        "import_id": import_id,
        "blob_id": blob_id,
        "root_id": made.root_id,
        "kept_until": now + KEPT_FOR,
        "sealed": seal_record(made.root, _header(keyring, import_id, made.root_id, _DESCRIPTION, blob_id), told),
    }
    mine = (_WAITING.c.vault_id == keyring.vault_id, _WAITING.c.kept_until > now)
    with database.write() as connection:
        hold_generation(connection, keyring.vault_id, keyring.generation)
        if connection.execute(select(func.count()).select_from(_WAITING).where(*mine)).scalar_one() >= MOST_WAITING:
            raise TooManyWaiting
        store_roots(connection, ({**made.row, "objects": 2},))
        connection.execute(insert(_WAITING), row)
        blobs.put(connection, keyring.vault_id, blob_id, sealed)
    return Waiting(import_id, file, brought, now + KEPT_FOR)


def list_waiting(connection: Connection, keyring: Keyring, now: datetime) -> tuple[Waiting, ...]:
    """All that wait, the newest last. Tampered."""
    mine = (_WAITING.c.vault_id == keyring.vault_id, _WAITING.c.kept_until > now)
    rows = connection.execute(select(_WAITING).where(*mine).order_by(_WAITING.c.kept_until, _WAITING.c.import_id)).all()
    roots = open_roots(connection, keyring, [row.root_id for row in rows])
    return tuple(_described(keyring, row, roots) for row in rows)


def read_waiting(
    connection: Connection, keyring: Keyring, blobs: Blobs, import_id: ImportId, now: datetime
) -> tuple[Waiting, bytes]:
    """One that waits, with its bytes. NotWaiting; Tampered."""
    mine = (_WAITING.c.vault_id == keyring.vault_id, _WAITING.c.import_id == import_id, _WAITING.c.kept_until > now)
    row = connection.execute(select(_WAITING).where(*mine)).one_or_none()
    if row is None:
        raise NotWaiting
    roots = open_roots(connection, keyring, [row.root_id])
    waiting = _described(keyring, row, roots)
    header = _header(keyring, row.blob_id, row.root_id, _BYTES, import_id)
    data = open_record(roots[row.root_id], header, blobs.get(connection, keyring.vault_id, row.blob_id))
    if facts_of_file(data, waiting.file.filename, waiting.file.content_type) != waiting.file:
        raise Tampered
    return waiting, data


def let_go(connection: Connection, blobs: Blobs, vault_id: bytes, import_id: bytes) -> None:
    """Remove a waiting file with its key, in the transaction of its answer. NotWaiting if another came first."""
    mine = (_WAITING.c.vault_id == vault_id, _WAITING.c.import_id == import_id)
    row = connection.execute(select(_WAITING.c.blob_id, _WAITING.c.root_id).where(*mine)).one_or_none()
    if row is None or connection.execute(delete(_WAITING).where(*mine)).rowcount != 1:
        raise NotWaiting
    blobs.delete(connection, vault_id, row.blob_id)  # type: ignore[arg-type]
    drop_roots(connection, vault_id, [row.root_id])  # type: ignore[arg-type]


def sweep_waiting(database: Database, blobs: Blobs, now: datetime) -> int:
    """A job: take away what waited for more than a day; the number of files. Idempotent."""
    query = select(_WAITING.c.vault_id, _WAITING.c.import_id).where(_WAITING.c.kept_until <= now)
    with database.read() as connection:
        overdue = connection.execute(query).all()
    swept = 0
    for vault_id, import_id in overdue:
        with database.write() as connection:
            try:
                let_go(connection, blobs, vault_id, import_id)
                swept += 1
            except NotWaiting:  # Answered in the meantime.
                continue
    return swept


def _described(keyring: Keyring, row: Row[Any], roots: dict[bytes, Any]) -> Waiting:
    header = _header(keyring, row.import_id, row.root_id, _DESCRIPTION, row.blob_id)
    told = json.loads(open_record(roots[row.root_id], header, row.sealed))
    return Waiting(ImportId(row.import_id), FileFacts(**told["file"]), Brought(**told["brought"]), row.kept_until)


def _header(keyring: Keyring, object_id: bytes, root_id: bytes, kind: str, source: bytes) -> RecordHeader:
    return RecordHeader(keyring.vault_id, object_id, 1, root_id, kind, source)

"""Taking one's own vault home: every record and every file in one archive, sealed to the recovery codes of that day.

Logged before anything is read out. docs/specs/archive.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from sqlalchemy import Connection

from vault.archive.format import ArchiveSlot, Part, describe, write_archive
from vault.audit.events import Event, Origin, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.errors import NotFound
from vault.ids import ImportId, make_id, text_of
from vault.keys.enrolment import open_own_manifest
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.stored import read_keys
from vault.records.bodies import open_bodies
from vault.records.cards import DELETED, MEDIA, Row, import_of, record_id_of, record_row
from vault.records.index import load_index
from vault.records.originals import read_original, where_kept
from vault.records.telling import Teller

RECORDS_NAME = "records.json"
_Parts = list[tuple[Part, Callable[[], bytes]]]


class Archiving:
    """Of one unlocked vault, for the citizen whose it is."""

    def __init__(
        self, database: Database, provider: KeyProvider, keyring: Keyring, blobs: Blobs, clock: Clock, *, teller: Teller
    ) -> None:
        self._database = database
        self._provider = provider
        self._keyring = keyring
        self._blobs = blobs
        self._clock = clock
        self._teller = teller

    def write(self, target: BinaryIO, service: str) -> None:
        """All of it; ``service`` is the server's address. Tampered; LogUnavailable, and then nothing is written."""
        with self._database.read() as connection:
            cards = [
                card
                for _, rows in load_index(connection, self._keyring).all_rows(connection, keep=False)
                for card in rows
                if not card[DELETED]
            ]
        self._teller.look({"list": "archive"}, [record_id_of(card) for card in cards], Event.EXPORT)
        with self._database.read() as connection:
            files = self._files(connection, cards)
            names = {import_id: part.name for import_id, (part, _) in files.items()}
            records = json.dumps(list(self._told(connection, cards, names)), separators=(",", ":")).encode()
            parts: _Parts = [(describe(RECORDS_NAME, "", "application/json", records), lambda: records)]
            write_archive(
                target,
                (self._keyring.vault_id, make_id()),
                self._slots(connection),
                [*parts, *files.values()],
                made_at=self._clock.now().isoformat().replace("+00:00", "Z"),
                service=service,
            )

    def _slots(self, connection: Connection) -> list[ArchiveSlot]:
        """The recovery codes that the signed manifest lists, so that nobody else's key gets a copy."""
        stored = read_keys(connection, self._keyring.vault_id)
        if stored is None:
            raise NotFound
        manifest = open_own_manifest(self._provider, self._keyring, stored)
        return [
            ArchiveSlot(SlotKind.RECOVERY_CODE, slot.slot_id, slot.parameters, slot.wrapped_seed, slot.public_key)
            for slot in stored.slots_of(manifest, SlotKind.RECOVERY_CODE)
        ][:8]

    def _files(self, connection: Connection, cards: list[Row]) -> dict[ImportId, tuple[Part, Callable[[], bytes]]]:
        """Each kept file once, read twice: for its line now, for its bytes when its turn comes."""
        found: dict[ImportId, tuple[Part, Callable[[], bytes]]] = {}
        for card in cards:
            import_id = import_of(card)
            if import_id is None or import_id in found or where_kept(connection, self._keyring, import_id) is None:
                continue
            file = read_original(connection, self._keyring, self._blobs, import_id)
            part = describe(
                f"files/{len(found) + 1}{_ending(file.filename)}", file.filename, file.content_type, file.data
            )
            found[import_id] = part, partial(self._bytes, connection, import_id)
        return found

    def _bytes(self, connection: Connection, import_id: ImportId) -> bytes:
        return read_original(connection, self._keyring, self._blobs, import_id).data

    def _told(self, connection: Connection, cards: list[Row], names: dict[ImportId, str]) -> Iterator[dict[str, Any]]:
        for card, body in zip(cards, open_bodies(connection, self._keyring, cards), strict=True):
            row, import_id = record_row(card), import_of(card)
            yield {
                "record_id": text_of(row.record_id),
                "version": row.version,
                "kind": row.kind,
                "title": row.title,
                "taken_at": row.taken or None,
                "added_at": row.added_at.isoformat().replace("+00:00", "Z"),
                "source": row.source,
                "marks": sorted(row.marks),
                "resource": json.loads(body) if card[MEDIA] == "fhir" else None,
                "file": names.get(import_id) if import_id is not None else None,
            }


def make_archiving(  # noqa: PLR0917  Built in one place, from parts of distinct types.
    database: Database,
    provider: KeyProvider,
    keyring: Keyring,
    blobs: Blobs,
    clock: Clock,
    log: Log,
    trail: Trail,
    origin: Origin,
) -> Archiving:
    """For the vault of this keyring; what is taken out is told in its log by ``trail`` and ``origin``."""
    teller = Teller(database, keyring, log, trail, origin)
    return Archiving(database, provider, keyring, blobs, clock, teller=teller)


def _ending(filename: str) -> str:
    _, dot, ending = filename.lower().rpartition(".")
    return f".{ending}" if dot and ending.isascii() and ending.isalnum() and len(ending) <= 5 else ""

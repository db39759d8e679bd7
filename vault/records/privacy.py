"""Keeping a record from carers: it is sealed again under roots that hang under VK-private, its card and tags follow.

For a carer it is nowhere then: not in the index, by no tag, in no file it came in. The citizen's own keyring reads on
as before. docs/specs/root.md, index-segment.md.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from vault import freshness
from vault.blobs import Blobs
from vault.crypto.objects import nonce_of
from vault.database import Database, table_of
from vault.errors import Forbidden, NotFound, Tampered
from vault.freshness import State
from vault.health.formats.fhir_resource import canonical_of
from vault.health.strict_json import MalformedJson, read_json
from vault.ids import ImportId, PaperId, RecordId, SegmentId, make_id
from vault.keys.keyring import PRIVATE_ROOT, Keyring
from vault.keys.roots import keep_private, store_roots
from vault.papers import Papers
from vault.records.bodies import find_card, open_version
from vault.records.cards import DIGEST, EARLIER, KIND, NONCE, RECORD, TYPED, VERSION, Row, record_id_of
from vault.records.holding import files_with
from vault.records.index import Edit, Index, SealedEdit, load_index
from vault.records.intake import digest_of
from vault.records.originals import where_kept
from vault.records.sealing import RootSupply
from vault.records.tables import RecordTable, RecordTag

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)

Append = Callable[[Connection, State], None]
"""Writes the log entry, in the transaction."""


Also = Callable[[Connection, RecordId], Sequence[bytes]]
"""Roots that cover what speaks of a record, and nothing else."""


def _nothing(_connection: Connection, _record_id: RecordId) -> Sequence[bytes]:
    return ()


@dataclass(frozen=True, slots=True)
class _Move:
    """Everything slow is done. ``files``: roots of what the record came in, which go the same way."""

    record_id: RecordId
    is_private: bool
    state: State
    sealed: SealedEdit
    root_rows: Sequence[dict[str, Any]]
    versions: Sequence[dict[str, Any]]
    tags: Sequence[bytes]
    files: Sequence[bytes]


class Privacy:
    """Of one vault, unlocked by its citizen; Forbidden for a carer's keyring."""

    def __init__(self, database: Database, keyring: Keyring, blobs: Blobs) -> None:
        self._database = database
        self._keyring = keyring
        self._blobs = blobs

    def keep(self, record_id: RecordId, append: Append, *, is_private: bool, also: Also = _nothing) -> bool:
        """Keep a record from carers, or no more; False if it is so already. NotFound; StaleState; Tampered.

        ``also``: what of other rooms becomes private with it, and stays so.
        """
        if not self._keyring.opens_private:
            raise Forbidden
        return freshness.retrying(lambda: self._attempt(record_id, append, also, is_private))

    def _attempt(self, record_id: RecordId, append: Append, also: Also, is_private: bool) -> bool:
        with self._database.read() as connection:
            move = self._prepare(connection, record_id, is_private)
            others = also(connection, record_id) if is_private else ()
        if move is None:
            return False
        with self._database.write() as connection:
            state = freshness.advance(connection, self._keyring, move.state, move.sealed.change)
            self._store(connection, move)
            keep_private(connection, self._keyring, others, is_private=True)
            append(connection, state)
        return True

    def _prepare(self, connection: Connection, record_id: RecordId, is_private: bool) -> _Move | None:
        index = load_index(connection, self._keyring)
        found = find_card(connection, index, record_id)
        if found is None:
            raise NotFound
        segment_id, card = found
        if index.is_private(segment_id) is is_private:
            return None
        target = _room(connection, index, is_private)
        supply = RootSupply(self._keyring, PRIVATE_ROOT if is_private else "write")
        bodies = [open_version(connection, self._keyring, card, number) for number in range(1, int(card[VERSION]) + 1)]
        sources = self._sources(connection, record_id)
        versions, nonces = self._sealed_again(card, zip(bodies, sources, strict=True), supply, target)
        edit = Edit(index)
        edit.put(segment_id, [other for other in edit.content(segment_id) if other[RECORD] != card[RECORD]])
        put = edit.put_private if is_private else edit.put
        put(target, [*edit.content(target), _with_nonces(card, nonces)])
        files = self._files(connection, index, record_id, is_private)
        tags = self._tags(card, bodies, is_private)
        return _Move(record_id, is_private, index.state, edit.seal(), supply.rows, versions, tags, files)

    def _sealed_again(
        self, card: Row, bodies: Iterable[tuple[bytes, bytes]], supply: RootSupply, target: SegmentId
    ) -> tuple[list[dict[str, Any]], list[bytes]]:
        rows, nonces, record_id = [], [], record_id_of(card)
        for version, (body, source) in enumerate(bodies, 1):
            root_id, run = supply.next(card[KIND], source)
            sealed = run.seal(record_id, version, body)
            nonces.append(nonce_of(sealed))
            rows.append({"version": version, "segment_id": target, "root_id": root_id, "sealed": sealed})
        return rows, nonces

    def _sources(self, connection: Connection, record_id: RecordId) -> list[bytes]:
        """What the seal of each version names as its source, the first version first."""
        mine = (_RECORD.c.vault_id == self._keyring.vault_id, _RECORD.c.record_id == record_id)
        query = select(_RECORD.c.import_id).where(*mine).order_by(_RECORD.c.version)
        return [each or TYPED.encode() for each in connection.execute(query).scalars()]

    def _tags(self, card: Row, bodies: Sequence[bytes], is_private: bool) -> list[bytes]:
        """Of the present version by its card, of earlier ones by what they say; one that says nothing has none."""
        digests = [bytes.fromhex(card[DIGEST])]
        for body in bodies[:-1]:
            with contextlib.suppress(MalformedJson):
                digests.append(digest_of(canonical_of(read_json(body))))
        name = self._keyring.private_tag if is_private else self._keyring.duplicate_tag
        return sorted({name(digest) for digest in digests})

    def _files(self, connection: Connection, index: Index, record_id: RecordId, is_private: bool) -> list[bytes]:
        """Roots of the kept files that hold the record, and of their reports.

        A file goes back to carers only once nothing else in it is kept from them.
        """
        roots: list[bytes] = []
        for holding in files_with(connection, self._keyring, self._blobs, record_id):
            import_id = holding.told.import_id
            if not is_private and self._has_other_private(connection, index, import_id, record_id):
                continue
            roots += Papers(self._keyring).roots(connection, PaperId(import_id))
            place = where_kept(connection, self._keyring, import_id)
            roots += [place[1]] if place else []
        return roots

    def _has_other_private(
        self, connection: Connection, index: Index, import_id: ImportId, record_id: RecordId
    ) -> bool:
        mine = (_RECORD.c.vault_id == self._keyring.vault_id, _RECORD.c.import_id == import_id)
        query = select(_RECORD.c.segment_id).distinct().where(*mine, _RECORD.c.record_id != record_id)
        return any(index.is_private(SegmentId(each)) for each in connection.execute(query).scalars())

    def _store(self, connection: Connection, move: _Move) -> None:
        vault_id = self._keyring.vault_id
        move.sealed.store(connection)
        store_roots(connection, move.root_rows)
        mine = (_RECORD.c.vault_id == vault_id, _RECORD.c.record_id == move.record_id)
        for row in move.versions:
            changed = update(_RECORD).where(*mine, _RECORD.c.version == row["version"]).values(row)
            if connection.execute(changed).rowcount != 1:
                raise Tampered
        connection.execute(delete(_TAG).where(_TAG.c.vault_id == vault_id, _TAG.c.record_id == move.record_id))
        rows = [{"vault_id": vault_id, "tag": tag, "record_id": move.record_id} for tag in move.tags]
        connection.execute(insert(_TAG), rows)
        keep_private(connection, self._keyring, move.files, is_private=move.is_private)


def _room(connection: Connection, index: Index, is_private: bool) -> SegmentId:
    """The newest segment of the kind that has room, opened for an edit; else a new one's id."""
    fitting = (each for each in reversed(index.entries) if each.is_private is is_private and each.room)
    entry = next(fitting, None)
    if entry is None:
        return SegmentId(make_id())
    for _ in index.rows(connection, [entry.segment_id]):
        pass
    return entry.segment_id


def _with_nonces(card: Row, nonces: Sequence[bytes]) -> Row:
    fresh = list(card)
    fresh[NONCE], fresh[EARLIER] = nonces[-1].hex(), " ".join(nonce.hex() for nonce in nonces[:-1])
    return fresh

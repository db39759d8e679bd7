"""Opening stored record bodies against their cards: a row that contradicts its card, or has none, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from vault.crypto.objects import RecordHeader, nonce_of, open_record
from vault.crypto.runs import RecordRun
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import RecordId, SegmentId
from vault.keys.keyring import Keyring
from vault.keys.roots import open_roots
from vault.records.bulk import batches, select_many
from vault.records.cards import (
    KIND,
    NONCE,
    RECORD,
    SOURCE,
    TYPED,
    VERSION,
    Row,
    earlier_nonces,
    record_id_of,
    source_bytes,
)
from vault.records.index import Index
from vault.records.tables import RecordTable

_RECORD = table_of(RecordTable)
_COLUMNS = ("record_id", "version", "root_id", "sealed")
_CARDS_AT_ONCE = 500


def find_card(connection: Connection, index: Index, record_id: RecordId) -> tuple[SegmentId, Row] | None:
    """A record's card and its segment, found where its row says; None if there is no such record for a reader.

    Tampered if there is a card but no row that leads to it.
    """
    query = select(_RECORD.c.segment_id).where(
        _RECORD.c.vault_id == index.keyring.vault_id, _RECORD.c.record_id == record_id
    )
    segments = connection.execute(query.distinct()).scalars().all()
    named = [segment_id for segment_id in segments if segment_id in index.headers.segments]
    wanted = record_id.hex()
    for segment_id, rows in index.rows(connection, named):
        for row in rows:
            if row[RECORD] == wanted:
                return segment_id, row
    if any(row[RECORD] == wanted for _, rows in index.all_rows(connection, keep=False) for row in rows):
        raise Tampered
    return None


def open_bodies(connection: Connection, keyring: Keyring, cards: Sequence[Row]) -> Iterator[bytes]:
    """The bodies of these cards' current versions, in order. Tampered."""
    for some in batches(cards, _CARDS_AT_ONCE):
        yield from _open_batch(connection, keyring, some)


def open_version(connection: Connection, keyring: Keyring, card: Row, version: int) -> bytes:
    """The body of one version, earlier or current. Tampered, also for a version that the card doesn't know."""
    if version == int(card[VERSION]):
        return next(open_bodies(connection, keyring, [card]))
    nonces = earlier_nonces(card)
    if not 1 <= version <= len(nonces):
        raise Tampered
    query = select(_RECORD.c.root_id, _RECORD.c.import_id, _RECORD.c.sealed).where(
        _RECORD.c.vault_id == keyring.vault_id,
        _RECORD.c.record_id == record_id_of(card),
        _RECORD.c.version == version,
    )
    row = connection.execute(query).one_or_none()
    if row is None or nonce_of(row.sealed) != nonces[version - 1]:
        raise Tampered
    source = row.import_id or TYPED.encode()
    header = RecordHeader(keyring.vault_id, record_id_of(card), version, row.root_id, card[KIND], source)
    return open_record(open_roots(connection, keyring, [row.root_id])[row.root_id], header, row.sealed)


def _open_batch(connection: Connection, keyring: Keyring, cards: Sequence[Row]) -> Iterator[bytes]:
    ids = [bytes.fromhex(card[RECORD]) for card in cards]
    rows = select_many(connection, _RECORD, _COLUMNS, vault_id=keyring.vault_id, key="record_id", ids=sorted(ids))
    stored = {(record_id, str(version)): (root_id, sealed) for record_id, version, root_id, sealed in rows}
    roots = open_roots(connection, keyring, {root_id for root_id, _ in stored.values()})
    runs: dict[tuple[bytes, str, str], RecordRun] = {}
    for card, record_id in zip(cards, ids, strict=True):
        root_id, sealed = stored.get((record_id, card[VERSION]), (b"", b""))
        if sealed[:12].hex() != card[NONCE]:
            raise Tampered
        run = runs.get((root_id, card[KIND], card[SOURCE]))
        if run is None:
            run = RecordRun(roots[root_id], keyring.vault_id, root_id, card[KIND], source_bytes(card))
            runs[root_id, card[KIND], card[SOURCE]] = run
        yield run.open(record_id, int(card[VERSION]), sealed)

"""Record versions sealed again under new roots, so that the old roots, and with them all else they covered, can go.

All slow work is done before the transaction; ``Resealed.store`` then changes the rows and destroys the old roots. The
cards bind the new nonces, so the index is edited in the same step.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from vault.crypto.objects import RecordHeader, nonce_of, open_record
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import SegmentId, VaultId
from vault.keys.keyring import PRIVATE_ROOT, Keyring
from vault.keys.roots import drop_roots, open_roots, store_roots
from vault.records.bulk import batches
from vault.records.cards import EARLIER, KIND, NONCE, RECORD, TYPED, VERSION, earlier_nonces
from vault.records.cards import Row as Card
from vault.records.index import Edit, Index
from vault.records.sealing import RootSupply
from vault.records.tables import RecordTable

_RECORD = table_of(RecordTable)
_ROOTS_PER_QUERY = 100

Key = tuple[bytes, int]
"""(record id, version)."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """Rows ready for one short transaction: new roots, the sealed versions under them, the roots that go."""

    vault_id: VaultId
    root_rows: tuple[dict[str, Any], ...]
    changed: tuple[dict[str, Any], ...]
    dropped: tuple[bytes, ...]

    def store(self, connection: Connection) -> None:
        """Tampered if a row is gone meanwhile; the caller has advanced freshness by the edit's change."""
        store_roots(connection, self.root_rows)
        statement = (
            update(_RECORD)
            .where(
                _RECORD.c.vault_id == self.vault_id,
                _RECORD.c.record_id == bindparam("record"),
                _RECORD.c.version == bindparam("at_version"),
            )
            .values(root_id=bindparam("to_root"), sealed=bindparam("to_sealed"))
        )
        if self.changed:
            connection.execute(statement, self.changed)
        drop_roots(connection, self.vault_id, self.dropped)


def reseal(  # noqa: PLR0917  What is sealed again, where it is told, and what stays behind.
    connection: Connection,
    index: Index,
    edit: Edit,
    root_ids: Collection[bytes],
    without: Set[bytes] = frozenset(),
    sealing: Keyring | None = None,
) -> Resealed:
    """Everything under these roots under new ones, but the records ``without``; their cards in ``edit`` follow.

    ``sealing`` makes the new roots; it is the index's own keyring unless the vault is getting another key. Tampered.
    """
    rows = [row for row in _rows_under(connection, index.keyring, root_ids) if row.record_id not in without]
    cards = _cards_of(connection, index, edit, rows)
    roots = open_roots(connection, index.keyring, root_ids)
    supplies = {False: RootSupply(sealing or index.keyring), True: RootSupply(sealing or index.keyring, PRIVATE_ROOT)}
    changed: list[dict[str, Any]] = []
    nonces: dict[Key, bytes] = {}
    for row in rows:
        card = cards[row.record_id]
        source = row.import_id or TYPED.encode()
        header = RecordHeader(index.keyring.vault_id, row.record_id, row.version, row.root_id, card[KIND], source)
        if nonce_of(row.sealed) != _nonce_told(card, row.version):
            raise Tampered
        plain = open_record(roots[row.root_id], header, row.sealed)
        to_root, run = supplies[edit.is_private(SegmentId(row.segment_id))].next(card[KIND], source)
        sealed = run.seal(row.record_id, row.version, plain)
        nonces[row.record_id, row.version] = nonce_of(sealed)
        changed.append({"record": row.record_id, "at_version": row.version, "to_root": to_root, "to_sealed": sealed})
    for segment_id in {SegmentId(row.segment_id) for row in rows}:
        edit.put(segment_id, [_with_nonces(card, nonces) for card in edit.content(segment_id)])
    made = tuple(row for supply in supplies.values() for row in supply.rows)
    return Resealed(index.keyring.vault_id, made, tuple(changed), tuple(root_ids))


def _rows_under(connection: Connection, keyring: Keyring, root_ids: Collection[bytes]) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    columns = [_RECORD.c[name] for name in ("record_id", "version", "segment_id", "root_id", "import_id", "sealed")]
    for some in batches(sorted(root_ids), _ROOTS_PER_QUERY):
        mine = (_RECORD.c.vault_id == keyring.vault_id, _RECORD.c.root_id.in_(some))
        rows += connection.execute(select(*columns).where(*mine).order_by(_RECORD.c.record_id, _RECORD.c.version)).all()
    return rows


def _cards_of(connection: Connection, index: Index, edit: Edit, rows: Collection[Row[Any]]) -> dict[bytes, Card]:
    """The cards of these rows, their segments opened for the edit. Tampered if a row has none."""
    wanted = sorted({SegmentId(row.segment_id) for row in rows})
    for _ in index.rows(connection, wanted):
        pass
    cards = {bytes.fromhex(card[RECORD]): card for segment_id in wanted for card in edit.content(segment_id)}
    if not cards.keys() >= {row.record_id for row in rows}:
        raise Tampered
    return cards


def _nonce_told(card: Card, version: int) -> bytes:
    nonces = [*earlier_nonces(card), bytes.fromhex(card[NONCE])]
    if not 1 <= version <= len(nonces) or len(nonces) != int(card[VERSION]):
        raise Tampered
    return nonces[version - 1]


def _with_nonces(card: Card, nonces: dict[Key, bytes]) -> Card:
    record_id, version = bytes.fromhex(card[RECORD]), int(card[VERSION])
    told = [*earlier_nonces(card), bytes.fromhex(card[NONCE])]
    now = [nonces.get((record_id, number), nonce) for number, nonce in enumerate(told, 1)]
    if now == told:
        return card
    fresh = list(card)
    fresh[NONCE], fresh[EARLIER] = now[version - 1].hex(), " ".join(nonce.hex() for nonce in now[:-1])
    return fresh

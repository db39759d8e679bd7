"""What an upload may meet in its vault: duplicate tags that are taken, and the cards of records it may touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from vault.database import table_of
from vault.ids import SegmentId
from vault.keys.keyring import Keyring
from vault.records.bulk import batches
from vault.records.cards import IDENTITY, RECORD
from vault.records.index import Index
from vault.records.intake import Item
from vault.records.plan import Known
from vault.records.tables import RecordTable, RecordTag

_PER_QUERY: Final = 500

_RECORD = table_of(RecordTable)
_TAG = table_of(RecordTag)


def load_known(connection: Connection, index: Index, items: Sequence[Item]) -> Known:
    """Cards and tags that these items may meet. Tampered."""
    known = Known()
    if not index.entries:
        return known
    has_private = any(entry.is_private for entry in index.entries)
    known.record_of_tag = _tags(connection, index.keyring, items, with_private=has_private)
    if any(item.resource.identity for item in items):
        wanted = [entry.segment_id for entry in index.entries]
    else:
        wanted = _segments_of(connection, index.keyring, known.record_of_tag.values())
    for segment_id, rows in index.rows(connection, wanted):
        for row in rows:
            known.rows[row[RECORD]] = (segment_id, row)
            if row[IDENTITY]:
                known.by_identity[row[IDENTITY]] = row
    return known


def _segments_of(connection: Connection, keyring: Keyring, records: Iterable[str]) -> list[SegmentId]:
    """The segments that hold the cards of these records (hex), as their rows say; a card's absence is the proof."""
    wanted = sorted({bytes.fromhex(record) for record in records})
    found: dict[SegmentId, None] = {}
    for some in batches(wanted, _PER_QUERY):
        query = select(_RECORD.c.segment_id).distinct()
        query = query.where(_RECORD.c.vault_id == keyring.vault_id, _RECORD.c.record_id.in_(some))
        found |= dict.fromkeys(connection.execute(query).scalars())
    return list(found)


def _tags(connection: Connection, keyring: Keyring, items: Sequence[Item], *, with_private: bool) -> dict[bytes, str]:
    """Records by the items' tags; while a rotation is under way a record may still be found by its tag of before."""
    names = {item.tag: item.tag for item in items}
    if keyring.previous is not None:
        names |= {keyring.previous_tag(item.digest) or item.tag: item.tag for item in items}
    if with_private:
        names |= {keyring.private_tag(item.digest): item.tag for item in items}
    found: dict[bytes, str] = {}
    for some in batches(list(names), _PER_QUERY):
        query = select(_TAG.c.tag, _TAG.c.record_id).where(_TAG.c.vault_id == keyring.vault_id, _TAG.c.tag.in_(some))
        found |= {names[tag]: record_id.hex() for tag, record_id in connection.execute(query)}
    return found

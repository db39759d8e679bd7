"""The sealed index under new roots, with the duplicate tags of its records under the new key, some segments at a time.

Roots are wrapped again as they are, but a segment goes on being written: under its old root a lost key would read what
joins it later. Tags are made of the cards' digests; only earlier versions, whose digests no card holds, are opened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from vault import freshness
from vault.database import Database, table_of
from vault.errors import Tampered
from vault.health.formats.fhir_resource import canonical_of
from vault.health.strict_json import MalformedJson, read_json
from vault.ids import SegmentId
from vault.keys.generations import head_of
from vault.keys.keyring import Keyring
from vault.keys.tables import KeyRoot
from vault.records.bodies import open_version
from vault.records.bulk import batches
from vault.records.cards import DIGEST, EARLIER, RECORD, VERSION, Row
from vault.records.index import Edit, SealedEdit, load_index
from vault.records.intake import digest_of
from vault.records.tables import RecordTag
from vault.tables import SegmentTable

SEGMENTS_AT_ONCE: Final = 16
_PER_STATEMENT: Final = 400

_ROOT = table_of(KeyRoot)
_SEGMENT = table_of(SegmentTable)
_TAG = table_of(RecordTag)


@dataclass(frozen=True, slots=True)
class _Tags:
    """Old names that go and new ones that come; of ``others``, whose earlier versions were opened, every name goes."""

    gone: list[bytes]
    others: list[bytes]
    rows: list[dict[str, Any]]


def reseal_some(database: Database, keyring: Keyring) -> int:
    """Up to 16 segments that hang under old roots, in one transaction; how many. Tampered."""
    return freshness.retrying(lambda: _reseal(database, keyring))


def _reseal(database: Database, keyring: Keyring) -> int:
    if keyring.previous is None:
        return 0
    with database.read() as connection:
        left = _left(connection, keyring, keyring.previous)
    if left:
        _store(database, keyring, left)
    return len(left)


def _left(connection: Connection, keyring: Keyring, generation: int) -> list[SegmentId]:
    head = head_of(generation)
    same = (_ROOT.c.vault_id == _SEGMENT.c.vault_id) & (_ROOT.c.root_id == _SEGMENT.c.root_id)
    is_old = func.substr(_ROOT.c.wrapped, 1, len(head), type_=LargeBinary) == head
    query = select(_SEGMENT.c.segment_id).join(_ROOT, same).where(_SEGMENT.c.vault_id == keyring.vault_id, is_old)
    found = connection.execute(query.order_by(_SEGMENT.c.segment_id).limit(SEGMENTS_AT_ONCE)).scalars()
    return [SegmentId(each) for each in found]


def _store(database: Database, keyring: Keyring, wanted: list[SegmentId]) -> None:
    with database.read() as connection:
        index = load_index(connection, keyring)
        cards = [(card, index.is_private(segment)) for segment, rows in index.rows(connection, wanted) for card in rows]
        tags = _tags_of(connection, keyring, cards)
    edit = Edit(index)
    for segment_id in wanted:
        edit.rekey(segment_id)
    sealed = edit.seal()
    with database.write() as connection:
        _write(connection, keyring, index.state, sealed, tags)


def _write(connection: Connection, keyring: Keyring, state: freshness.State, sealed: SealedEdit, tags: _Tags) -> None:
    freshness.advance(connection, keyring, state, sealed.change)
    sealed.store(connection)
    mine = _TAG.c.vault_id == keyring.vault_id
    for column, values in ((_TAG.c.tag, tags.gone), (_TAG.c.record_id, tags.others)):
        for some in batches(values, _PER_STATEMENT):
            connection.execute(delete(_TAG).where(mine, column.in_(some)))
    if tags.rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(_TAG).on_conflict_do_nothing(), tags.rows)


def _tags_of(connection: Connection, keyring: Keyring, cards: Collection[tuple[Row, bool]]) -> _Tags:
    tags = _Tags([], [], [])
    for card, is_private in cards:
        record_id, digests = bytes.fromhex(card[RECORD]), [bytes.fromhex(card[DIGEST])]
        if card[EARLIER] or is_private:
            digests += _earlier_digests(connection, keyring, card)
            tags.others.append(record_id)
        else:
            tags.gone.append(keyring.previous_tag(digests[0]) or b"")
        name = keyring.private_tag if is_private else keyring.duplicate_tag
        names = {name(digest) for digest in digests}
        tags.rows.extend({"vault_id": keyring.vault_id, "tag": tag, "record_id": record_id} for tag in sorted(names))
    return tags


def _earlier_digests(connection: Connection, keyring: Keyring, card: Row) -> list[bytes]:
    """Of versions before the present one. One that doesn't open has none: it is met as new if it comes again."""
    found: list[bytes] = []
    for version in range(1, int(card[VERSION])):
        with contextlib.suppress(Tampered, MalformedJson):
            found.append(digest_of(canonical_of(read_json(open_version(connection, keyring, card, version)))))
    return found

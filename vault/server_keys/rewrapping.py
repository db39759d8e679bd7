"""After a rotation of the server's keys: what older keys wrapped or signed is wrapped and signed again.

A row at a time, and only where it is still as it was read: the server goes on meanwhile, and a stop in the middle
loses nothing. Run it again for what came in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Row, Select, func, select, tuple_, update

from vault.database import Database, table_of
from vault.errors import Tampered
from vault.keys.provider import KeyProvider, Purpose, verify_any
from vault.keys.tables import KeyManifest
from vault.keys.wrapped import ServerWrapped
from vault.server_keys.holder import HEAD_BYTES, head_of
from vault.server_keys.stores import KEY_ID_BYTES

_MANIFEST = table_of(KeyManifest)
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """``done`` rows are under the newest key; ``refused`` ones nothing opens, and they stay as they are."""

    done: int = 0
    refused: int = 0

    def __add__(self, other: Rewrapped) -> Rewrapped:
        return Rewrapped(self.done + other.done, self.refused + other.refused)


def rewrap(database: Database, provider: KeyProvider, wrapped: ServerWrapped) -> Rewrapped:
    """Every value of this column under its purpose's newest key."""
    newest = head_of(bytes.fromhex(provider.key_ids()[wrapped.purpose]))
    column = wrapped.table.c[wrapped.column]
    query = select(*_primary(wrapped), *(wrapped.table.c[name] for name in wrapped.bound), column)
    result = Rewrapped()
    for row in _each(database, wrapped, query.where(_head(column, 1, HEAD_BYTES) != newest)):
        old, context = row._mapping[column], wrapped.context(row)
        try:
            fresh = provider.wrap(wrapped.purpose, provider.unwrap(wrapped.purpose, old, context), context)
        except Tampered:
            result += Rewrapped(refused=1)
            continue
        result += Rewrapped(done=_replace(database, wrapped, row, column, fresh))
    return result


def named(database: Database, wrapped: ServerWrapped) -> Counter[str]:
    """Key id to the number of this column's values that it wrapped."""
    key_id = _head(wrapped.table.c[wrapped.column], HEAD_BYTES - KEY_ID_BYTES + 1, KEY_ID_BYTES)
    with database.read() as connection:
        rows = connection.execute(select(key_id, func.count()).group_by(key_id)).all()
    return Counter({bytes(row[0]).hex(): row[1] for row in rows})


def resign(database: Database, provider: KeyProvider) -> Rewrapped:
    """Every key manifest signed by the newest key of its purpose, if an older one had signed it."""
    result, newest = Rewrapped(), provider.public_key(Purpose.VAULT_KEYS)
    for row in _each(database, _MANIFESTS, select(_MANIFEST.c.vault_id, _MANIFEST.c.body, _MANIFEST.c.signature)):
        try:
            if verify_any(provider, Purpose.VAULT_KEYS, row.signature, row.body) == newest:
                continue
        except Tampered:
            result += Rewrapped(refused=1)
            continue
        fresh = provider.sign(Purpose.VAULT_KEYS, row.body)
        result += Rewrapped(done=_replace(database, _MANIFESTS, row, _MANIFEST.c.signature, fresh))
    return result


def signed(database: Database, provider: KeyProvider) -> Counter[str]:
    """Key id to the number of key manifests that it signed; those that none signed are left out."""
    ids = {public: key_id for key_id, public in provider.public_keys(Purpose.VAULT_KEYS).items()}
    found: Counter[str] = Counter()
    for row in _each(database, _MANIFESTS, select(_MANIFEST.c.vault_id, _MANIFEST.c.body, _MANIFEST.c.signature)):
        try:
            found[ids[verify_any(provider, Purpose.VAULT_KEYS, row.signature, row.body)]] += 1
        except Tampered:
            continue
    return found


_MANIFESTS: Final = ServerWrapped(_MANIFEST, "signature", Purpose.VAULT_KEYS, lambda row: bytes(row.vault_id))


def _each(database: Database, wrapped: ServerWrapped, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows of ``query`` by primary key, a batch at a time, with no transaction open in between."""
    primary = _primary(wrapped)
    batch = query.order_by(*primary).limit(_BATCH)
    after: tuple[Any, ...] = ()
    while True:
        with database.read() as connection:
            rows = connection.execute(batch.where(tuple_(*primary) > after) if after else batch).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        after = tuple(rows[-1]._mapping[each] for each in primary)


def _replace(
    database: Database, wrapped: ServerWrapped, row: Row[Any], column: ColumnElement[Any], fresh: bytes
) -> int:
    same = [each == row._mapping[each] for each in (*_primary(wrapped), column)]
    with database.write() as connection:
        return connection.execute(update(wrapped.table).where(*same).values({column.key: fresh})).rowcount


def _primary(wrapped: ServerWrapped) -> list[ColumnElement[Any]]:
    return list(wrapped.table.primary_key.columns)


def _head(column: ColumnElement[Any], start: int, length: int) -> ColumnElement[Any]:
    return func.substr(column, start, length, type_=LargeBinary)

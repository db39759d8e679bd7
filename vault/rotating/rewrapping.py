"""Small secrets wrapped again under a vault's new keys, some at a time: roots, log keys, seeds, links' keys.

What is left is read from the rows themselves: each wrap says which generation made it. So a pass that was killed goes
on where it stopped, and two at once do no harm. A row that doesn't open is left as it is: it opened for nobody before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Row, Select, Table, bindparam, func, select, update

from vault.database import Database, table_of
from vault.errors import Tampered
from vault.keys.generations import head_of
from vault.keys.keyring import PRIVATE_ROOT, Keyring, name_log_key
from vault.keys.tables import KeyLog, KeyRing, KeyRoot

ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Name:
    """What a wrap is bound to. ``private``: it hangs under VK-private."""

    label: str
    object_id: bytes
    private: bool = False


@dataclass(frozen=True, slots=True)
class WrappedColumn:
    """A column of wraps that outlive a rotation. ``keys``: what names a row beside the vault.

    ``name`` of a row's wrap made in a generation. ``generation``: the column that repeats it; None without one.
    """

    table: Table
    column: str
    keys: tuple[str, ...]
    name: Callable[[Row[Any], int], Name]
    generation: str | None = "generation"


ROOTS: Final = WrappedColumn(
    table_of(KeyRoot),
    "wrapped",
    ("root_id", "purpose"),
    lambda row, _generation: Name("root/1", row.root_id, private=row.purpose == PRIVATE_ROOT),
)
SEEDS: Final = WrappedColumn(
    table_of(KeyRing),
    "wrapped",
    ("purpose", "number"),
    lambda row, _generation: Name(f"{row.purpose}/1", row.number.to_bytes(8, "big")),
)
LOG_KEYS: Final = WrappedColumn(
    table_of(KeyLog),
    "log_key",
    ("pseudonym", "generation"),
    lambda row, generation: Name(*name_log_key(row.pseudonym, row.generation, wrapped_in=generation)),
    generation=None,
)
VAULT_COLUMNS: Final = (SEEDS, LOG_KEYS, ROOTS)


def rewrap_some(database: Database, keyring: Keyring, column: WrappedColumn, skip: int = 0) -> tuple[int, int]:
    """Up to 1,000 rows under the new keys, in one transaction: how many were left, and how many of them don't open.

    ``skip``: as many as didn't open in earlier calls.
    """
    before = keyring.previous
    if before is None:
        return 0, 0
    with database.read() as connection:
        rows = connection.execute(_left(keyring, column, before).offset(skip).limit(ROWS_AT_ONCE)).all()
    changes = [change for row in rows if (change := _change(keyring, column, row, before)) is not None]
    if changes:
        with database.write() as connection:
            connection.execute(_update(keyring, column), changes)
    return len(rows), len(rows) - len(changes)


def count_left(connection: Connection, keyring: Keyring, column: WrappedColumn, generation: int) -> int:
    """How many rows are still wrapped by this generation."""
    left = _left(keyring, column, generation).order_by(None).subquery()
    return connection.execute(select(func.count()).select_from(left)).scalar_one()


def _left(keyring: Keyring, column: WrappedColumn, generation: int) -> Select[Any]:
    wrapped, head = column.table.c[column.column], head_of(generation)
    keys = [column.table.c[key] for key in column.keys]
    mine = column.table.c.vault_id == keyring.vault_id
    is_old = func.substr(wrapped, 1, len(head), type_=LargeBinary) == head
    return select(*keys, wrapped.label("wrap")).where(mine, is_old).order_by(*keys)


def _change(keyring: Keyring, column: WrappedColumn, row: Row[Any], before: int) -> dict[str, Any] | None:
    old, new = column.name(row, before), column.name(row, keyring.generation)
    try:
        unwrap = keyring.unwrap_private if old.private else keyring.unwrap
        secret = unwrap(old.label, old.object_id, row.wrap)
    except Tampered:
        return None
    wrap = keyring.wrap_private if new.private else keyring.wrap
    keys = {f"at_{key}": row._mapping[key] for key in column.keys}
    return keys | {"was": row.wrap, "now": wrap(new.label, new.object_id, secret)}


def _update(keyring: Keyring, column: WrappedColumn) -> Any:
    table = column.table
    keys = [table.c[key] == bindparam(f"at_{key}") for key in column.keys]
    # Only over the very bytes that were read: whoever wrote meanwhile wrote under the new keys.
    same = table.c[column.column] == bindparam("was")
    values: dict[str, Any] = {column.column: bindparam("now")}
    if column.generation is not None:
        values[column.generation] = keyring.generation
    return update(table).where(table.c.vault_id == keyring.vault_id, *keys, same).values(values)

"""What a citizen's own history says of erased things is destroyed: the sealed part goes, leaf and commitment stay.

Every proof over the leaf still holds; that something was looked at, when and by whom stays readable, its name not.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from vault.audit.leaf import SUBJECT_TAG, decode_leaf
from vault.audit.parts import read_part
from vault.audit.tables import AuditEntry, AuditSubject
from vault.crypto.secret import LogKey
from vault.database import table_of
from vault.ids import EntryId, Pseudonym
from vault.keys.keyring import Keyring

_ENTRY = table_of(AuditEntry)
_SUBJECT = table_of(AuditSubject)
_NAMED_BY: Final = ("record", "import")
_ROWS_AT_ONCE: Final = 1000
_IDS_PER_QUERY: Final = 400
_OVERLAP: Final = timedelta(minutes=1)


class Forgetting:
    """``names``: ids in wire form of what is erased. An entry is about it if its ``record`` or ``import`` is one."""

    def __init__(self, keyring: Keyring, names: Set[str], now: datetime) -> None:
        self._keyring = keyring
        self._names = names
        self._since = now - _OVERLAP
        self._found: set[bytes] = set()
        self._keys: dict[tuple[bytes, int], LogKey] = {}

    def prepare(self, connection: Connection) -> None:
        """Look through the whole history; slow, before the transaction. Tampered."""
        self._found = self._about(connection, and_(True))

    def store(self, connection: Connection) -> int:
        """Destroy the parts found, and those written since; how many."""
        found = sorted(self._found | self._about(connection, _ENTRY.c.at >= self._since))
        for start in range(0, len(found), _IDS_PER_QUERY):
            mine = _SUBJECT.c.entry_id.in_(found[start : start + _IDS_PER_QUERY])
            connection.execute(delete(_SUBJECT).where(_SUBJECT.c.vault_id == self._keyring.vault_id, mine))
        return len(found)

    def _about(self, connection: Connection, where: ColumnElement[bool]) -> set[bytes]:
        vault_id = self._keyring.vault_id
        same = and_(_ENTRY.c.vault_id == _SUBJECT.c.vault_id, _ENTRY.c.entry_id == _SUBJECT.c.entry_id)
        columns = (_ENTRY.c.entry_id, _ENTRY.c.leaf, _SUBJECT.c.generation, _SUBJECT.c.sealed)
        query = select(*columns).select_from(_ENTRY.join(_SUBJECT, same))
        found: set[bytes] = set()
        mine = query.where(_SUBJECT.c.vault_id == vault_id, where)
        for row in connection.execute(mine, execution_options={"yield_per": _ROWS_AT_ONCE}):
            leaf = decode_leaf(row.leaf)
            key = self._key(connection, leaf.subject, row.generation)
            told = read_part(
                SUBJECT_TAG,
                key,
                vault_id,
                EntryId(row.entry_id),
                sealed=row.sealed,
                commitment=leaf.subject_commitment,
            )
            if any(told.get(name) in self._names for name in _NAMED_BY):
                found.add(row.entry_id)
        return found

    def _key(self, connection: Connection, pseudonym: Pseudonym, generation: int) -> LogKey:
        key = self._keys.get((pseudonym, generation))
        if key is None:
            key = self._keys[pseudonym, generation] = self._keyring.log_key(connection, pseudonym, generation)
        return key

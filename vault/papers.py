"""Papers: small sealed writings of one vault for other rooms: profile, grant terms, receipts, import reports.

Each version of a paper is a row of its own, sealed under a write root, and counted in the freshness sum.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, delete, insert, select
from sqlalchemy.exc import IntegrityError

from vault.crypto.objects import RecordHeader, nonce_of, open_record, seal_record
from vault.crypto.secret import Root
from vault.database import table_of
from vault.errors import NotFound
from vault.freshness import Change, Moves, StaleState, State, advance
from vault.ids import PaperId, VaultId, make_id
from vault.keys.roots import drop_roots, open_roots, private_among, store_roots
from vault.tables import PaperRow

if TYPE_CHECKING:
    from vault.keys.keyring import Keyring

_PAPER = table_of(PaperRow)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sealed paper, ready for one short transaction; ``change`` goes into ``freshness.advance`` there."""

    paper_id: PaperId
    version: int
    row: Mapping[str, Any]
    root_row: Mapping[str, Any]
    change: Change


@dataclass(frozen=True, slots=True)
class Paper:
    """One opened version of a paper."""

    paper_id: PaperId
    version: int
    stored_at: datetime
    data: bytes


class Papers:
    """The papers of one unlocked vault. ``purpose`` is stored in the clear and part of the seal."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def prepare(
        self, purpose: str, data: bytes, now: datetime, paper_id: PaperId | None = None, version: int = 1
    ) -> Prepared:
        """Seal a paper; touches no database."""
        paper_id = paper_id or PaperId(make_id())
        made = self._keyring.make_root("write")
        header = self._header(paper_id, version, made.root_id, purpose)
        sealed = seal_record(made.root, header, data)
        row = {
            "vault_id": self._keyring.vault_id,
            "paper_id": paper_id,
            "version": version,
            "purpose": purpose,
            "root_id": made.root_id,
            "stored_at": now,
            "sealed": sealed,
        }
        change = Change(added=((paper_id, version, nonce_of(sealed)),))
        return Prepared(paper_id, version, row, {**made.row, "objects": 1}, change)

    def store(self, connection: Connection, prepared: Prepared) -> None:
        """Insert the row and its root; StaleState if this version is there already.

        The caller advances freshness by ``prepared.change`` first, in the same transaction.
        """
        store_roots(connection, (prepared.root_row,))
        try:
            connection.execute(insert(_PAPER), dict(prepared.row))
        except IntegrityError:
            raise StaleState from None

    def read(self, connection: Connection, paper_id: PaperId, purpose: str, version: int | None = None) -> Paper:
        """One paper, by default its newest version. NotFound, also for what is kept from a carer; Tampered."""
        query = _select(self._keyring.vault_id).where(_PAPER.c.paper_id == paper_id, _PAPER.c.purpose == purpose)
        if version is not None:
            query = query.where(_PAPER.c.version == version)
        row = connection.execute(query.order_by(_PAPER.c.version.desc()).limit(1)).one_or_none()
        if row is None:
            raise NotFound
        return self._opened(row, open_roots(connection, self._keyring, [row.root_id]))

    def list(self, connection: Connection, purpose: str) -> tuple[Paper, ...]:
        """The newest version of every paper of a purpose, newest first."""
        query = _select(self._keyring.vault_id).where(_PAPER.c.purpose == purpose)
        newest: dict[bytes, Row[Any]] = {}
        for row in connection.execute(query.order_by(_PAPER.c.version)):
            newest[row.paper_id] = row
        shown = self._shown(connection, newest.values())
        roots = open_roots(connection, self._keyring, [row.root_id for row in shown])
        papers = [self._opened(row, roots) for row in shown]
        return tuple(sorted(papers, key=lambda paper: (paper.stored_at, paper.paper_id), reverse=True))

    def roots(self, connection: Connection, paper_id: PaperId) -> Sequence[bytes]:
        """Of every version of a paper; each covers that alone."""
        mine = (_PAPER.c.vault_id == self._keyring.vault_id, _PAPER.c.paper_id == paper_id)
        return connection.execute(select(_PAPER.c.root_id).where(*mine)).scalars().all()

    def removal(self, connection: Connection, paper_id: PaperId) -> Change:
        """What freshness loses when every version of a paper goes; the caller advances by it, then calls ``remove``."""
        rows = connection.execute(_select(self._keyring.vault_id).where(_PAPER.c.paper_id == paper_id))
        return Change(removed=tuple((row.paper_id, row.version, nonce_of(row.sealed)) for row in rows))

    def remove(self, connection: Connection, paper_id: PaperId) -> None:
        """Delete every version of a paper together with its roots."""
        mine = (_PAPER.c.vault_id == self._keyring.vault_id, _PAPER.c.paper_id == paper_id)
        drop_roots(connection, self._keyring.vault_id, self.roots(connection, paper_id))
        connection.execute(delete(_PAPER).where(*mine))

    def exchange(self, connection: Connection, state: State, prepared: Prepared, also: Moves | None = None) -> State:
        """Only the newest version of a paper stays: freshness moves, older versions go, this one is stored. StaleState.

        ``also`` is whatever else the same transaction changes.
        """
        change = self.removal(connection, prepared.paper_id) + prepared.change
        after = advance(connection, self._keyring, state, change + also if also else change)
        self.remove(connection, prepared.paper_id)
        self.store(connection, prepared)
        return after

    def _shown(self, connection: Connection, rows: Collection[Row[Any]]) -> Sequence[Row[Any]]:
        """Without what is kept from carers, for a carer."""
        if self._keyring.opens_private:
            return tuple(rows)
        hidden = private_among(connection, self._keyring.vault_id, [row.root_id for row in rows])
        return tuple(row for row in rows if row.root_id not in hidden)

    def _opened(self, row: Row[Any], roots: Mapping[bytes, Root]) -> Paper:
        header = self._header(row.paper_id, row.version, row.root_id, row.purpose)
        data = open_record(roots[row.root_id], header, row.sealed)
        return Paper(PaperId(row.paper_id), row.version, row.stored_at, data)

    def _header(self, paper_id: bytes, version: int, root_id: bytes, purpose: str) -> RecordHeader:
        return RecordHeader(self._keyring.vault_id, paper_id, version, root_id, "paper", purpose.encode())


def _select(vault_id: VaultId) -> Select[Any]:
    return select(_PAPER).where(_PAPER.c.vault_id == vault_id)

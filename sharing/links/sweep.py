"""Sweeping: what a link leaves behind is destroyed once no counted open can still read. It only cleans.

That a link has ended is decided when it is asked for; a sweep that never runs opens nothing. Running it twice, or in
two processes at once, changes nothing more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from sharing.links.counting import SAME_OPEN
from sharing.links.tickets import LIFETIME
from sharing.tables import KeyLinkRow, LinkFileRow, LinkOpeningRow, LinkViewingRow, StoredGrant
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import BlobId, GrantId, VaultId

EVERY_SECONDS = 60
_AT_ONCE = 50
_GRANT = table_of(StoredGrant)
_KEY = table_of(KeyLinkRow)
_FILE = table_of(LinkFileRow)
_OPENING = table_of(LinkOpeningRow)
_VIEWING = table_of(LinkViewingRow)


def sweep(database: Database, blobs: Blobs, clock: Clock) -> int:
    """Destroy the keys, files and opens of ended links, one link a transaction; how many."""
    swept = 0
    while found := _find_ended(database, clock.now()):
        for vault_id, grant_id in found:
            with database.write() as connection:
                _destroy(connection, blobs, vault_id, grant_id, clock.now())
            swept += 1
    return swept


def _find_ended(database: Database, now: datetime) -> list[tuple[VaultId, GrantId]]:
    ended = or_(_GRANT.c.withdrawn_at.is_not(None), _GRANT.c.ends_at <= now, _is_quiet(now))
    query = select(_GRANT.c.vault_id, _GRANT.c.grant_id).where(_GRANT.c.destroyed_at.is_(None), ended).limit(_AT_ONCE)
    with database.read() as connection:
        return [(VaultId(row.vault_id), GrantId(row.grant_id)) for row in connection.execute(query)]


def _is_quiet(now: datetime) -> ColumnElement[bool]:
    """Used up, and neither a repeat, a viewing token nor a ticket of any open can still be good."""
    opened = exists().where(
        _OPENING.c.vault_id == _GRANT.c.vault_id,
        _OPENING.c.grant_id == _GRANT.c.grant_id,
        _OPENING.c.started_at > now - SAME_OPEN - LIFETIME,
    )
    viewed = exists().where(
        _VIEWING.c.vault_id == _GRANT.c.vault_id,
        _VIEWING.c.grant_id == _GRANT.c.grant_id,
        _VIEWING.c.ends_at > now - LIFETIME,
    )
    return and_(_GRANT.c.opens >= _GRANT.c.max_opens, ~opened, ~viewed)


def _destroy(connection: Connection, blobs: Blobs, vault_id: VaultId, grant_id: GrantId, now: datetime) -> None:
    query = select(_FILE.c.blob_id).where(_FILE.c.vault_id == vault_id, _FILE.c.grant_id == grant_id)
    for blob_id in connection.execute(query).scalars().all():
        blobs.delete(connection, vault_id, BlobId(blob_id))
    for table in (_KEY, _FILE, _OPENING, _VIEWING):
        connection.execute(delete(table).where(table.c.vault_id == vault_id, table.c.grant_id == grant_id))
    mine = and_(_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id)
    connection.execute(update(_GRANT).where(mine, _GRANT.c.destroyed_at.is_(None)).values(destroyed_at=now))

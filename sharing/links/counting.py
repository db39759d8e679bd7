"""Counting opens exactly, whoever races: one conditional update, in the transaction of the log entry.

The same stated recipient within ten minutes of the first, and a viewing token, are the same open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from sharing.links.tables import LinkPassRow
from sharing.tables import LinkOpeningRow, LinkViewingRow, StoredGrant
from vault.crypto.tokens import digest
from vault.database import table_of
from vault.ids import GrantId, OpeningId, VaultId, make_id

SAME_OPEN = timedelta(minutes=10)
VIEWING = timedelta(hours=12)
_TOKEN_CHARACTERS = 43
_GRANT = table_of(StoredGrant)
_OPENING = table_of(LinkOpeningRow)
_VIEWING = table_of(LinkViewingRow)
_PASS = table_of(LinkPassRow)


@dataclass(frozen=True, slots=True)
class CountedOpen:
    """An open that was counted before; ``by_token``: the request proved that it belongs to it."""

    opening_id: OpeningId
    by_token: bool


def find_open(
    connection: Connection, vault_id: VaultId, grant_id: GrantId, *, tag: bytes, token: str | None, now: datetime
) -> CountedOpen | None:
    """The counted open this request belongs to: by its viewing token, else by what it states within ten minutes."""
    if token:
        by_token = select(_VIEWING.c.opening_id).where(
            _VIEWING.c.vault_id == vault_id,
            _VIEWING.c.grant_id == grant_id,
            _VIEWING.c.viewing_digest == _token_digest(token),
            _VIEWING.c.ends_at > now,
        )
        found = connection.execute(by_token).scalar_one_or_none()
        if found is not None:
            return CountedOpen(OpeningId(found), by_token=True)
    by_claim = (
        select(_OPENING.c.opening_id)
        .where(
            _OPENING.c.vault_id == vault_id,
            _OPENING.c.grant_id == grant_id,
            _OPENING.c.recipient_tag == tag,
            _OPENING.c.started_at > now - SAME_OPEN,
        )
        .order_by(_OPENING.c.started_at.desc())
        .limit(1)
    )
    found = connection.execute(by_claim).scalar_one_or_none()
    return None if found is None else CountedOpen(OpeningId(found), by_token=False)


def count_open(
    connection: Connection, vault_id: VaultId, grant_id: GrantId, tag: bytes, now: datetime
) -> OpeningId | None:
    """Take one open if one is left and the link lives; None otherwise, and then nothing has changed."""
    statement = (
        update(_GRANT)
        .where(
            _GRANT.c.vault_id == vault_id,
            _GRANT.c.grant_id == grant_id,
            or_(_GRANT.c.max_opens.is_(None), _GRANT.c.opens < _GRANT.c.max_opens),
            _GRANT.c.withdrawn_at.is_(None),
            _GRANT.c.frozen_at.is_(None),
            _GRANT.c.starts_at <= now,
            _GRANT.c.ends_at > now,
        )
        .values(opens=_GRANT.c.opens + 1, last_opened_at=now)
        .returning(_GRANT.c.opens)
    )
    if connection.execute(statement).scalar_one_or_none() is None:
        return None
    opening_id = OpeningId(make_id())
    row = {"opening_id": opening_id, "recipient_tag": tag, "started_at": now}
    connection.execute(insert(_OPENING).values(vault_id=vault_id, grant_id=grant_id, **row))
    return opening_id


def has_open(connection: Connection, vault_id: VaultId, grant_id: GrantId, opening_id: OpeningId) -> bool:
    """Whether this open was counted and is still kept."""
    query = select(_OPENING.c.opening_id).where(
        _OPENING.c.vault_id == vault_id, _OPENING.c.grant_id == grant_id, _OPENING.c.opening_id == opening_id
    )
    return connection.execute(query).one_or_none() is not None


def was_here(connection: Connection, vault_id: VaultId, grant_id: GrantId, tag: bytes, opening_id: OpeningId) -> bool:
    """Whether the same name was stated at another open that is still kept."""
    query = select(_OPENING.c.opening_id).where(
        _OPENING.c.vault_id == vault_id,
        _OPENING.c.grant_id == grant_id,
        _OPENING.c.recipient_tag == tag,
        _OPENING.c.opening_id != opening_id,
    )
    return connection.execute(query.limit(1)).first() is not None


def forget_opens(connection: Connection, vault_id: VaultId, grant_id: GrantId) -> None:
    """Every open, viewing token and pass of this link ends, and with them every ticket. The count stays."""
    for table in (_VIEWING, _OPENING, _PASS):
        connection.execute(delete(table).where(table.c.vault_id == vault_id, table.c.grant_id == grant_id))


def make_viewing(
    connection: Connection,
    vault_id: VaultId,
    grant_id: GrantId,
    opening_id: OpeningId,
    *,
    now: datetime,
    ends_at: datetime,
) -> str:
    """A new viewing token: 43 characters, kept by digest only, for at most twelve hours and never past the grant."""
    token = secrets.token_urlsafe(32)
    row = {
        "viewing_digest": _token_digest(token),
        "opening_id": opening_id,
        "ends_at": min(now + VIEWING, ends_at),
    }
    connection.execute(insert(_VIEWING).values(vault_id=vault_id, grant_id=grant_id, **row))
    return token


def _token_digest(token: str) -> bytes:
    return digest("viewing/1", token[: _TOKEN_CHARACTERS + 1].encode("utf-8", "surrogatepass"))

"""A pass stands for a link's passcode for ten minutes, on a screen that the citizen handed the link to in person.

It is given where the passcode would be given, and proves just that: everything else about the link is asked as ever,
and the open counts. It is kept by its digest alone.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from sharing.links.tables import LinkPassRow
from vault.crypto.tokens import digest
from vault.database import table_of
from vault.ids import GrantId, VaultId

PASS_LIFETIME = timedelta(minutes=10)
_PREFIX = "pass_"
_PASS_CHARACTERS = len(_PREFIX) + 43
_PASS = table_of(LinkPassRow)


def make_pass(connection: Connection, vault_id: VaultId, grant_id: GrantId, now: datetime) -> str:
    """A new pass for this link, 48 characters."""
    token = _PREFIX + secrets.token_urlsafe(32)
    row = {"pass_digest": _digest(token), "ends_at": now + PASS_LIFETIME}
    connection.execute(insert(_PASS).values(vault_id=vault_id, grant_id=grant_id, **row))
    return token


def may_be_pass(shown: str) -> bool:
    """Whether it has a pass's shape; asks nobody."""
    return len(shown) == _PASS_CHARACTERS and shown.startswith(_PREFIX)


def is_pass(connection: Connection, vault_id: VaultId, grant_id: GrantId, shown: str, now: datetime) -> bool:
    """Whether what was given as passcode is a living pass of this link."""
    if not may_be_pass(shown):
        return False
    query = select(_PASS.c.ends_at).where(
        _PASS.c.vault_id == vault_id,
        _PASS.c.grant_id == grant_id,
        _PASS.c.pass_digest == _digest(shown),
        _PASS.c.ends_at > now,
    )
    return connection.execute(query).one_or_none() is not None


def forget_passes(connection: Connection, now: datetime) -> None:
    """Delete those that are over; they were refused already."""
    connection.execute(delete(_PASS).where(_PASS.c.ends_at <= now))


def _digest(token: str) -> bytes:
    return digest("link-pass/1", token.encode("utf-8", "surrogatepass"))

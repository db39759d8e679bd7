"""Linked identities: which account an issuer's subject signs in to. Linked by its owner alone, never by e-mail address.

A row is found by a keyed digest, so that the table tells neither issuer nor subject; what its owner sees of it is
wrapped by the key provider.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from auth.accounts import Account, read_account
from auth.single_sign_on.errors import IdentityTaken, TooManyLinked
from auth.single_sign_on.identity import Identity
from auth.tables import LinkedIdentityRow
from vault.crypto.context import ctx
from vault.database import table_of
from vault.errors import NotFound
from vault.ids import AccountId, VaultId
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.wrapped import ServerWrapped

USE_IS_NOTED_EVERY = timedelta(hours=1)
MOST = 10
_LINKED = table_of(LinkedIdentityRow)


@dataclass(frozen=True, slots=True)
class Linked:
    """One as its owner sees it. ``shown``: the address there when it was linked; may be empty. ``name``: for forms."""

    name: bytes
    issuer: str
    shown: str
    linked_at: datetime
    last_used_at: datetime | None


def find_linked(connection: Connection, provider: KeyProvider, identity: Identity, now: datetime) -> Account | None:
    """The account that this identity is linked to, and a note that it was used; None if nobody linked it."""
    mine = _LINKED.c.identity_digest == digest_of(provider, identity)
    columns = (_LINKED.c.vault_id, _LINKED.c.account_id, _LINKED.c.last_used_at)
    row = connection.execute(select(*columns).where(mine)).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY:
        connection.execute(update(_LINKED).where(mine).values(last_used_at=now))
    return read_account(connection, VaultId(row.vault_id), AccountId(row.account_id))


def link(connection: Connection, provider: KeyProvider, account: Account, identity: Identity, now: datetime) -> bool:
    """From now on it signs in to this account; False if it did before. IdentityTaken if it does to another.

    TooManyLinked.
    """
    name = digest_of(provider, identity)
    if connection.execute(select(func.count()).select_from(_LINKED).where(_of(account))).scalar_one() >= MOST:
        raise TooManyLinked
    told = json.dumps([identity.issuer, identity.email or ""]).encode()
    row = {
        "identity_digest": name,
        "vault_id": account.vault_id,
        "account_id": account.account_id,
        "told": provider.wrap(Purpose.E_MAIL, told, _context(name)),
        "linked_at": now,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    claim = dialect.insert(_LINKED).values(row).on_conflict_do_nothing().returning(_LINKED.c.identity_digest)
    if connection.execute(claim).first() is not None:
        return True
    owner = select(_LINKED.c.vault_id, _LINKED.c.account_id).where(_LINKED.c.identity_digest == name)
    if tuple(connection.execute(owner).one()) != (account.vault_id, account.account_id):
        raise IdentityTaken
    return False


def unlink(connection: Connection, account: Account, name: bytes) -> None:
    """It signs in to nothing here any more. NotFound for what isn't this account's."""
    if connection.execute(delete(_LINKED).where(_of(account), _LINKED.c.identity_digest == name)).rowcount != 1:
        raise NotFound


def list_linked(connection: Connection, provider: KeyProvider, account: Account) -> tuple[Linked, ...]:
    """What this account is linked to, oldest first. Tampered."""
    rows = connection.execute(select(_LINKED).where(_of(account)).order_by(_LINKED.c.linked_at)).all()
    return tuple(
        Linked(row.identity_digest, *_told(provider, row.identity_digest, row.told), row.linked_at, row.last_used_at)
        for row in rows
    )


def digest_of(provider: KeyProvider, identity: Identity) -> bytes:
    """The keyed name of issuer and subject together: neither can stand for the other."""
    return provider.mac(Purpose.E_MAIL, ctx("identity/1", identity.issuer, identity.subject))


def _told(provider: KeyProvider, name: bytes, told: bytes) -> tuple[str, str]:
    issuer, shown = json.loads(provider.unwrap(Purpose.E_MAIL, told, _context(name)))
    return issuer, shown


def _context(name: bytes) -> bytes:
    return ctx("linked-identity/1", name)


SERVER_WRAPPED = ServerWrapped(_LINKED, "told", Purpose.E_MAIL, lambda row: _context(row.identity_digest))


def _of(account: Account) -> ColumnElement[bool]:
    return (_LINKED.c.vault_id == account.vault_id) & (_LINKED.c.account_id == account.account_id)

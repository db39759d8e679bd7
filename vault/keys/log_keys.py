"""The keys of a vault's log entries that are needed while the vault is locked: pseudonym and accountability key.

The accountability key hangs under the operator's KeyProvider; the log key, which opens what was seen, under the
citizen's vault key alone (``Keyring.log_key``).
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from vault.crypto.context import ctx
from vault.crypto.secret import AccountKey
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import Pseudonym, VaultId
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.tables import KeyLog
from vault.keys.wrapped import ServerWrapped

_LOG = table_of(KeyLog)


def pseudonym_of(connection: Connection, vault_id: VaultId) -> Pseudonym:
    """The vault's main log pseudonym; NotFound if there is no such vault. Works while it is locked."""
    query = select(_LOG.c.pseudonym).where(_LOG.c.vault_id == vault_id).order_by(_LOG.c.generation.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound
    return Pseudonym(found)


def read_account_key(
    connection: Connection, provider: KeyProvider, vault_id: VaultId, pseudonym: Pseudonym
) -> AccountKey:
    """The key of the accountability parts logged under this pseudonym; NotFound after its erasure."""
    query = select(_LOG.c.account_key).where(_LOG.c.vault_id == vault_id, _LOG.c.pseudonym == pseudonym)
    wrapped = connection.execute(query.order_by(_LOG.c.generation.desc()).limit(1)).scalar_one_or_none()
    if wrapped is None:
        raise NotFound
    return unwrap_account_key(provider, vault_id, pseudonym, wrapped)


def wrap_account_key(provider: KeyProvider, vault_id: VaultId, pseudonym: Pseudonym, key: AccountKey) -> bytes:
    """The ``account_key`` column of a ``key_log`` row."""
    return provider.wrap(Purpose.ACCOUNTABILITY, key.raw, _context(vault_id, pseudonym))


def unwrap_account_key(provider: KeyProvider, vault_id: VaultId, pseudonym: Pseudonym, wrapped: bytes) -> AccountKey:
    """Tampered if the row belongs to another vault or pseudonym."""
    raw = provider.unwrap(Purpose.ACCOUNTABILITY, wrapped, _context(vault_id, pseudonym))
    if len(raw) != 32:
        raise Tampered
    return AccountKey(raw)


def _context(vault_id: bytes, pseudonym: bytes) -> bytes:
    return ctx("account-key/1", vault_id, pseudonym)


SERVER_WRAPPED = ServerWrapped(
    _LOG, "account_key", Purpose.ACCOUNTABILITY, lambda row: _context(row.vault_id, row.pseudonym)
)

"""Whose history an entry belongs to, and under which keys its private parts are sealed while the vault is locked.

Entries that belong to no citizen belong to the operator's vault, which ``register_operator`` names once.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from vault.audit.events import NOBODY, Role, Trail
from vault.audit.tables import Installation
from vault.clock import Clock
from vault.crypto.secret import AccountKey
from vault.database import table_of
from vault.errors import Conflict, LogUnavailable
from vault.ids import Pseudonym, VaultId
from vault.keys.log_keys import pseudonym_of, read_account_key
from vault.keys.provider import KeyProvider

KEEP_KEYS_FOR = timedelta(minutes=5)
KEEP_KEYS = 1024
_INSTALLATION = table_of(Installation)
_THE_ONE = 1


class AlreadyRegistered(Conflict):
    code = "operator-registered"
    advice = "This installation has its operator's vault already."


def trail_of(
    connection: Connection, vault_id: VaultId, actor: Pseudonym | None = None, role: str = Role.CITIZEN
) -> Trail:
    """The vault's own history; NotFound without such a vault.

    Without ``actor``, citizens and admins act themselves, and every other role is NOBODY.
    """
    pseudonym = pseudonym_of(connection, vault_id)
    itself = pseudonym if role in (Role.CITIZEN, Role.ADMIN) else NOBODY
    return Trail(vault_id, pseudonym, itself if actor is None else actor, role)


def register_operator(connection: Connection, vault_id: VaultId, pseudonym: Pseudonym) -> None:
    """Name the operator's vault, once for ever; AlreadyRegistered after that."""
    if connection.execute(select(_INSTALLATION.c.number)).first() is not None:
        raise AlreadyRegistered
    connection.execute(_INSTALLATION.insert(), {"number": _THE_ONE, "vault_id": vault_id, "pseudonym": pseudonym})


def operator_trail(connection: Connection, role: str = Role.ANYONE) -> Trail:
    """For what belongs to no citizen; LogUnavailable until the operator's vault is registered."""
    found = connection.execute(select(_INSTALLATION.c.vault_id, _INSTALLATION.c.pseudonym)).first()
    if found is None:
        raise LogUnavailable
    return Trail(VaultId(found.vault_id), Pseudonym(found.pseudonym), NOBODY, role)


class AccountKeys:
    """Accountability keys, unwrapped by the KeyProvider and kept in this process for at most five minutes."""

    def __init__(self, provider: KeyProvider, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._kept: dict[tuple[VaultId, Pseudonym], tuple[datetime, AccountKey]] = {}
        self._lock = threading.Lock()

    def get(self, connection: Connection, vault_id: VaultId, pseudonym: Pseudonym) -> AccountKey:
        """NotFound after its erasure; Tampered if the stored wrap is another's."""
        name, now = (vault_id, pseudonym), self._clock.now()
        with self._lock:
            since, key = self._kept.get(name, (None, None))
        if key is not None and since is not None and timedelta() <= now - since < KEEP_KEYS_FOR:
            return key
        fresh = read_account_key(connection, self._provider, vault_id, pseudonym)
        with self._lock:
            if len(self._kept) >= KEEP_KEYS:
                self._kept.clear()
            self._kept[name] = (now, fresh)
        return fresh

"""A link's passcode: slow to guess at rest, and at most ten wrong tries in a link's life, whatever runs in parallel.

A try is reserved and committed before anything is hashed, and given back only when it was right. One Argon2id run
at a time per process; none inside a transaction.
"""

from __future__ import annotations

import hmac
import os
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, update

from sharing.consent.admit import LIFETIME_TRIES
from sharing.tables import StoredGrant
from vault.crypto.context import ctx
from vault.crypto.passphrases import Cost, stretch
from vault.database import table_of
from vault.ids import GrantId, VaultId
from vault.keys.provider import KeyProvider, Purpose

LONGEST_HASHED = 512
_GRANT = table_of(StoredGrant)


@dataclass(frozen=True, slots=True, repr=False)
class PasscodeHash:
    """A 16-byte salt and 32 bytes of peppered Argon2id."""

    salt: bytes
    hash: bytes


class Passcodes:
    def __init__(self, provider: KeyProvider, cost: Cost) -> None:
        self._provider = provider
        self._cost = cost

    def make_hash(self, vault_id: VaultId, grant_id: GrantId, passcode: str) -> PasscodeHash:
        """Slow; outside any transaction."""
        salt = os.urandom(16)
        stretched = stretch(_normal(passcode), salt, self._cost)
        newest = self._provider.key_ids()[Purpose.PEPPER]
        return PasscodeHash(salt, self._hash(vault_id, grant_id, stretched, newest))

    def matches(self, vault_id: VaultId, grant_id: GrantId, passcode: str, kept: PasscodeHash) -> bool:
        """Slow; only for a try that was reserved. Any pepper that the server still has will do."""
        stretched = stretch(_normal(passcode), kept.salt, self._cost)
        return any(
            hmac.compare_digest(self._hash(vault_id, grant_id, stretched, pepper_id), kept.hash)
            for pepper_id in self._provider.public_keys(Purpose.PEPPER)
        )

    def _hash(self, vault_id: VaultId, grant_id: GrantId, stretched: bytes, pepper_id: str) -> bytes:
        return self._provider.mac(Purpose.PEPPER, ctx("passcode/1", vault_id, grant_id, stretched), pepper_id)


def reserve_try(connection: Connection, vault_id: VaultId, grant_id: GrantId, now: datetime) -> int | None:
    """The number of this try, 1 to 10, or None where none is left or the link has ended."""
    statement = (
        update(_GRANT)
        .where(
            _GRANT.c.vault_id == vault_id,
            _GRANT.c.grant_id == grant_id,
            _GRANT.c.tries < LIFETIME_TRIES,
            _GRANT.c.withdrawn_at.is_(None),
            _GRANT.c.frozen_at.is_(None),
            _GRANT.c.starts_at <= now,
            _GRANT.c.ends_at > now,
        )
        .values(tries=_GRANT.c.tries + 1)
        .returning(_GRANT.c.tries)
    )
    return connection.execute(statement).scalar_one_or_none()


def give_back_try(connection: Connection, vault_id: VaultId, grant_id: GrantId) -> None:
    """A right passcode costs nothing."""
    statement = (
        update(_GRANT)
        .where(_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id, _GRANT.c.tries > 0)
        .values(tries=_GRANT.c.tries - 1)
    )
    connection.execute(statement)


def _normal(passcode: str) -> str:
    """As it was normalised at the grant; what is far too long costs the same and fails the same."""
    return unicodedata.normalize("NFC", passcode[:LONGEST_HASHED]).strip()

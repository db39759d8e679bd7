"""Founding a vault: keys, freshness row, profile and recovery check, stored in one transaction.

The recovery check, a sealed paper, tells whether the citizen has shown that the recovery code was written down.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from vault import freshness
from vault.audit.trails import AlreadyRegistered, operator_trail, register_operator
from vault.clock import Clock
from vault.database import Database
from vault.errors import LogUnavailable
from vault.ids import PaperId, VaultId
from vault.keys.recovery_code import last_group
from vault.papers import Papers, Prepared
from vault.records.profile import Profile, prepare_profile, read_profile

__all__ = [
    "Founded",
    "Founding",
    "Profile",
    "RecoveryCheck",
    "ensure_operator",
    "prepare_recovery_check",
    "read_profile",
    "read_recovery_check",
]

if TYPE_CHECKING:
    from vault.keys.enrolment import Enrolment, NewKeys
    from vault.keys.keyring import Keyring

RECOVERY_CHECK = PaperId(b"paper:recovery\0\0")


@dataclass(frozen=True, slots=True)
class RecoveryCheck:
    """The last group of the recovery code in force, and whether the citizen has typed it. ``version`` of its paper."""

    version: int
    last_group: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Founded:
    """A vault that exists in memory only until ``store``."""

    vault_id: VaultId
    keyring: Keyring
    recovery_code: str
    new_keys: NewKeys
    papers: tuple[Prepared, ...]


class Founding:
    def __init__(self, enrolment: Enrolment, clock: Clock) -> None:
        self._enrolment = enrolment
        self._clock = clock

    def prepare(self, passphrase: str, profile: Profile | None) -> Founded:
        """Slow (Argon2id), outside any transaction. ``profile`` None: an account without records (admin, operator)."""
        keys = self._enrolment.prepare(passphrase)
        check = RecoveryCheck(1, last_group(keys.recovery_code), confirmed=False)
        papers = [prepare_recovery_check(keys.keyring, check, self._clock)]
        if profile is not None:
            papers.append(prepare_profile(keys.keyring, profile, self._clock))
        return Founded(keys.vault_id, keys.keyring, keys.recovery_code, keys, tuple(papers))

    def store(self, connection: Connection, founded: Founded) -> None:
        """Everything in the caller's transaction: keys, papers, freshness."""
        self._enrolment.store(connection, founded.new_keys)
        terms = [founded.new_keys.header]
        for paper in founded.papers:
            Papers(founded.keyring).store(connection, paper)
            terms += paper.change.added
        freshness.begin(connection, founded.keyring, terms)


def read_recovery_check(connection: Connection, keyring: Keyring) -> RecoveryCheck:
    """The check in force. Tampered."""
    paper = Papers(keyring).read(connection, RECOVERY_CHECK, "recovery-check")
    return RecoveryCheck(paper.version, **json.loads(paper.data))


def prepare_recovery_check(keyring: Keyring, check: RecoveryCheck, clock: Clock) -> Prepared:
    """Seal ``check`` as version ``check.version`` of its paper; the caller stores it and advances freshness."""
    data = json.dumps({"last_group": check.last_group, "confirmed": check.confirmed}).encode()
    return Papers(keyring).prepare("recovery-check", data, clock.now(), RECOVERY_CHECK, check.version)


def ensure_operator(database: Database, founding: Founding) -> None:
    """The vault that entries of no citizen belong to. Nobody can open it: its passphrase is thrown away."""
    try:
        with database.read() as connection:
            operator_trail(connection)
        return
    except LogUnavailable:
        founded = founding.prepare(secrets.token_urlsafe(48), None)
    try:
        with database.write() as connection:
            founding.store(connection, founded)
            register_operator(connection, founded.vault_id, founded.keyring.pseudonym)
    except AlreadyRegistered:  # Another process was first.
        return

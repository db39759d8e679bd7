"""Founding a vault: keys, freshness row, profile and recovery check, stored in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from vault.clock import Clock
from vault.ids import PaperId, VaultId
from vault.papers import Papers, Prepared

if TYPE_CHECKING:
    from vault.audit.log import Log
    from vault.keys.enrolment import Enrolment, NewKeys
    from vault.keys.keyring import Keyring

PROFILE = PaperId(b"paper:profile\0\0\0")
RECOVERY_CHECK = PaperId(b"paper:recovery\0\0")


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the vault's citizen is: display name, and birth date as ``YYYY-MM-DD``."""

    name: str
    birth_date: str


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
    def __init__(self, enrolment: Enrolment, log: Log, clock: Clock) -> None:
        self._clock = clock

    def prepare(self, passphrase: str, profile: Profile | None) -> Founded:
        """Slow (Argon2id), outside any transaction. ``profile`` None: an account without records (admin, operator)."""
        raise NotImplementedError

    def store(self, connection: Connection, founded: Founded) -> None:
        """Everything in the caller's transaction: keys, papers, freshness."""
        raise NotImplementedError


def read_profile(connection: Connection, keyring: Keyring) -> Profile:
    """NotFound where the vault has none (admins)."""
    raise NotImplementedError


def read_recovery_check(connection: Connection, keyring: Keyring) -> RecoveryCheck:
    """The check in force."""
    raise NotImplementedError


def prepare_recovery_check(keyring: Keyring, check: RecoveryCheck, clock: Clock) -> Prepared:
    """Seal ``check`` as the paper's version ``check.version``. Store it with ``Papers.store`` and advance freshness."""
    return Papers(keyring).prepare("recovery-check", b"", clock.now(), RECOVERY_CHECK, check.version)


def last_group_of(recovery_code: str) -> str:
    """The last group of a recovery code as shown, upper case."""
    return recovery_code.rsplit("-", 1)[-1].upper()

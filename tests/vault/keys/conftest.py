"""A stored vault to open, quickly: passphrases cost next to nothing here."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.conftest import FixedClock
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.ids import VaultId
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.unlocking import Unlocking
from vault.server_keys.holder import ServerKeys

PASSPHRASE = "copper lantern drifts north"


@dataclass(frozen=True)
class Enrolled:
    database: Database
    provider: ServerKeys
    enrolment: Enrolment
    unlocking: Unlocking
    vault_id: VaultId
    keyring: Keyring
    recovery_code: str

    def enrol_another(self, passphrase: str = PASSPHRASE) -> Enrolled:
        return enrol(self.database, self.provider, self.enrolment, self.unlocking, passphrase)

    def change_passphrase(self, new_passphrase: str) -> None:
        with self.database.read() as connection:
            stored = self.enrolment.read_state(connection, self.vault_id)
        change = self.enrolment.prepare_passphrase_change(self.keyring, stored, new_passphrase)
        with self.database.write() as connection:
            self.enrolment.store_change(connection, change)


def enrol(
    database: Database,
    provider: ServerKeys,
    enrolment: Enrolment,
    unlocking: Unlocking,
    passphrase: str = PASSPHRASE,
) -> Enrolled:
    keys = enrolment.prepare(passphrase)
    with database.write() as connection:
        enrolment.store(connection, keys)
    return Enrolled(database, provider, enrolment, unlocking, keys.vault_id, keys.keyring, keys.recovery_code)


def enrolled_in(database: Database, provider: ServerKeys, clock: FixedClock) -> Enrolled:
    enrolment = Enrolment(provider, Cost.TEST, clock)
    return enrol(database, provider, enrolment, Unlocking(database, provider, Cost.TEST, clock))


@pytest.fixture
def enrolled(database: Database, provider: ServerKeys, clock: FixedClock) -> Enrolled:
    """A vault on SQLite and on PostgreSQL."""
    return enrolled_in(database, provider, clock)


@pytest.fixture
def enrolled_on_sqlite(sqlite_database: Database, provider: ServerKeys, clock: FixedClock) -> Enrolled:
    return enrolled_in(sqlite_database, provider, clock)

"""A vault whose log can be written: real keys from enrolment, at the test cost, and an operator's vault beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.conftest import FixedClock
from vault.audit.events import Trail
from vault.audit.log import Log
from vault.audit.trails import register_operator, trail_of
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.server_keys.holder import ServerKeys


@dataclass(frozen=True)
class Person:
    keyring: Keyring
    trail: Trail


def enrol(database: Database, provider: ServerKeys, role: str = "citizen") -> Person:
    enrolment = Enrolment(provider, Cost.TEST)
    made = enrolment.prepare("copper lantern drifting meadow")
    with database.write() as connection:
        enrolment.store(connection, made)
        return Person(made.keyring, trail_of(connection, made.vault_id, role=role))


@pytest.fixture
def log(provider: ServerKeys, clock: FixedClock) -> Log:
    return Log(provider, clock)


@pytest.fixture
def citizen(database: Database, provider: ServerKeys) -> Person:
    return enrol(database, provider)


@pytest.fixture
def other(database: Database, provider: ServerKeys) -> Person:
    return enrol(database, provider)


@pytest.fixture
def admin(database: Database, provider: ServerKeys) -> Person:
    return enrol(database, provider, role="admin")


@pytest.fixture
def operator(database: Database, provider: ServerKeys) -> Person:
    person = enrol(database, provider, role="anyone")
    with database.write() as connection:
        register_operator(connection, person.trail.vault_id, person.trail.pseudonym)
    return person

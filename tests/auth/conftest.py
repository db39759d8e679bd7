"""Accounts and sessions over real keys, with a stretching that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from auth.accounts import Accounts, Created
from auth.sessions import Sessions
from auth.sign_ins import SignIns
from auth.ways_in import WaysIn
from tests.conftest import FixedClock
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.trails import register_operator
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.founding import Founding
from vault.keys.enrolment import Enrolment
from vault.keys.unlocking import Unlocking
from vault.server_keys.holder import ServerKeys

PASSPHRASE = "copper lantern orbit thistle"
ANOTHER = "velvet glacier pencil mango"
EMAIL = "ada@example.org"
ORIGIN = Origin("192.0.2.7", "a browser")


@dataclass(frozen=True)
class House:
    database: Database
    accounts: Accounts
    sessions: Sessions
    ways_in: WaysIn
    clock: FixedClock
    provider: ServerKeys
    unlocking: Unlocking
    sign_ins: SignIns

    def create(self, email: str = EMAIL) -> Created:
        return self.accounts.create_citizen(email, "Ada Example", "1980-04-05", PASSPHRASE, ORIGIN)


@pytest.fixture
def house(database: Database, provider: ServerKeys, clock: FixedClock) -> House:
    return build_house(database, provider, clock)


def build_house(database: Database, provider: ServerKeys, clock: FixedClock, samples: bool = False) -> House:
    log = Log(provider, clock)
    enrolment = Enrolment(provider, Cost.TEST, clock)
    unlocking = Unlocking(database, provider, Cost.TEST, clock)
    founding = Founding(enrolment, clock)
    operator = founding.prepare("an operator's own passphrase", None)
    with database.write() as connection:
        founding.store(connection, operator)
        register_operator(connection, operator.vault_id, operator.keyring.pseudonym)
    return House(
        database,
        Accounts(database, provider, founding, unlocking, log, clock=clock),
        Sessions(database, provider, enrolment, unlocking, log, clock=clock, samples=samples),
        WaysIn(database, provider, enrolment, unlocking, log, clock=clock, samples=samples),
        clock,
        provider,
        unlocking,
        SignIns(database, unlocking, log),
    )

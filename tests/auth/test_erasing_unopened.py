"""A vault that nobody can open is erased for who reads its address's mail, after days of being able to say no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from auth.mail_codes import MailCodes, WrongMailCode
from auth.mailboxes import Mailboxes
from auth.tables import UnopenedErasureRow
from auth.trusting.erasing_unopened import ErasingUnopened
from auth.trusting.errors import NoWayBack
from tests.auth.conftest import EMAIL, ORIGIN, PASSPHRASE, House
from tests.auth.test_trusting import Pair, pair
from vault.audit.log import Log
from vault.crypto.slots import WrongSecret
from vault.database import table_of
from vault.erasure.erasures import Erasures, Terms
from vault.erasure.ledger import Ledger
from vault.ids import VaultId

__all__ = ["pair"]
_ERASURE = table_of(UnopenedErasureRow)


@dataclass
class Lost:
    """Ada, who can open her vault no more."""

    house: House
    erasures: Erasures
    told: list[VaultId] = field(default_factory=list)

    @property
    def erasing(self) -> ErasingUnopened:
        house, log = self.house, Log(self.house.provider, self.house.clock)

        def tell(_connection: Connection, vault_id: VaultId) -> None:
            self.told.append(vault_id)

        return ErasingUnopened(
            house.database,
            house.provider,
            self.erasures,
            log,
            clock=house.clock,
            tell=tell,
            address_of=Mailboxes(house.database, house.provider, log).address_of,
        )

    def ask(self, email: str = EMAIL) -> None:
        self.erasing.ask(email, self.erasing.begin(email, ORIGIN), ORIGIN)

    def wait(self, days: int) -> None:
        """A day at a time, as the job runs."""
        for _day in range(days):
            self.erasing.due()
            assert self.erasing.erase_due() == ()
            self.house.clock.advance(timedelta(days=1))

    def is_there(self) -> bool:
        try:
            self.house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)
        except WrongSecret:
            return False
        return True


@pytest.fixture
def lost(house: House, tmp_path: Path) -> Lost:
    house.create()
    return lost_in(house, tmp_path)


def lost_in(house: House, folder: Path) -> Lost:
    ledger = Ledger(folder / "ledger", house.provider)
    log, terms = Log(house.provider, house.clock), Terms("https://vault.example", timedelta(days=7))
    return Lost(house, Erasures(house.database, house.provider, log, house.clock, ledger, terms))


def test_a_vault_nobody_opens_is_erased_after_the_wait_with_a_certificate_and_its_address_is_free(lost: Lost) -> None:
    lost.ask()
    lost.wait(30)
    lost.erasing.due()
    (gone,) = lost.erasing.erase_due()
    assert gone.email == EMAIL
    assert lost.erasing.erase_due() == ()
    assert not lost.is_there()
    while lost.erasures.finish() == 0:
        pass
    assert b'"erased"' in lost.erasures.take(gone.address)
    lost.house.create()
    assert lost.is_there()


def test_the_wait_before_erasing_is_the_trusted_persons(pair: Pair, tmp_path: Path) -> None:
    lost = lost_in(pair.house, tmp_path)
    erase_at = lost.erasing.ask(EMAIL, lost.erasing.begin(EMAIL, ORIGIN), ORIGIN)
    assert erase_at - pair.house.clock.now() == timedelta(days=10)


def test_nothing_is_erased_before_the_wait_is_over_or_before_its_owner_was_told(lost: Lost) -> None:
    lost.ask()
    lost.house.clock.advance(timedelta(days=40))
    assert lost.erasing.erase_due() == ()
    assert lost.is_there()


def test_its_owner_is_told_once_a_day(lost: Lost) -> None:
    lost.ask()
    for _day in range(3):
        assert len(lost.erasing.due()) == 1
        assert lost.erasing.due() == ()
        lost.house.clock.advance(timedelta(days=1))
    assert len(lost.told) == 3


def test_one_no_by_the_newest_mail_ends_it(lost: Lost) -> None:
    lost.ask()
    (first,) = lost.erasing.due()
    lost.house.clock.advance(timedelta(days=1))
    (second,) = lost.erasing.due()
    with pytest.raises(NoWayBack):
        lost.erasing.refuse(first.no_token, ORIGIN)
    lost.erasing.refuse(second.no_token, ORIGIN)
    lost.house.clock.advance(timedelta(days=40))
    assert (lost.erasing.due(), lost.erasing.erase_due()) == ((), ())
    assert lost.is_there()


def test_whoever_opens_the_vault_ends_it(lost: Lost) -> None:
    lost.ask()
    with lost.house.database.read() as connection:
        vault_id = VaultId(connection.execute(select(_ERASURE.c.vault_id)).scalar_one())
    assert lost.erasing.refuse_own(vault_id, ORIGIN)
    assert not lost.erasing.refuse_own(vault_id, ORIGIN)


def test_without_the_mailed_code_of_this_purpose_nothing_begins(lost: Lost) -> None:
    code = lost.erasing.begin(EMAIL, ORIGIN)
    another = MailCodes(lost.house.database, lost.house.provider, lost.house.clock, "come-back").make(EMAIL)
    for email, typed in ((EMAIL, "00000000"), (EMAIL, another if another != code else "1"), ("x@example.org", code)):
        with pytest.raises(WrongMailCode):
            lost.erasing.ask(email, typed, ORIGIN)
    assert lost.erasing.due() == ()


def test_an_address_that_nobody_has_erases_nothing(lost: Lost) -> None:
    with pytest.raises(NoWayBack):
        lost.ask("nobody@example.org")
    lost.house.accounts.create_admin("admin@example.org", PASSPHRASE, ORIGIN)
    with pytest.raises(NoWayBack):
        lost.ask("admin@example.org")

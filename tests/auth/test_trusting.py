"""A trusted person: half a way back, which opens nothing by itself, and not before the citizen had days to say no."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from auth.mail_codes import MailCodes, WrongMailCode
from auth.sessions import Session
from auth.tables import AskRow, TrustedRow
from auth.trusting.choosing import Choosing
from auth.trusting.coming_back import Asked, ComingBack
from auth.trusting.errors import BadWait, HasTrustedPerson, NotAnsweredYet, NotHandedYet, NoWayBack, TooEarly
from auth.trusting.helping import Helping
from tests.auth.conftest import ANOTHER, ORIGIN, PASSPHRASE, House
from vault.audit.log import Log
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind, WrongSecret
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import VaultId
from vault.keys.enrolment import Enrolment
from vault.keys.stored import read_keys
from vault.keys.unlocking import Unlocking

_ASK, _TRUSTED = table_of(AskRow), table_of(TrustedRow)


@dataclass
class Pair:
    """Ada, who trusts Ben for 10 days of waiting."""

    house: House
    told: list[VaultId] = field(default_factory=list)

    def sign_in(self, name: str, passphrase: str = PASSPHRASE) -> Session:
        house = self.house
        return house.sessions.resume(house.sessions.with_passphrase(f"{name}@example.org", passphrase, ORIGIN).token)

    def choosing(self, session: Session) -> Choosing:
        house = self.house
        return Choosing(
            house.database,
            house.provider,
            Enrolment(house.provider, Cost.TEST, house.clock),
            log=Log(house.provider, house.clock),
            clock=house.clock,
            session=session,
            origin=ORIGIN,
        )

    def helping(self, session: Session) -> Helping:
        house = self.house
        log = Log(house.provider, house.clock)
        return Helping(house.database, log, clock=house.clock, session=session, origin=ORIGIN)

    @property
    def coming_back(self) -> ComingBack:
        house = self.house

        def tell(_connection: Connection, vault_id: VaultId) -> None:
            self.told.append(vault_id)

        return ComingBack(
            house.database,
            house.provider,
            house.sessions,
            Unlocking(house.database, house.provider, Cost.TEST, house.clock),
            Log(house.provider, house.clock),
            clock=house.clock,
            tell=tell,
        )

    def trust(self, wait_days: int = 10) -> None:
        ada, ben = self.sign_in("ada"), self.sign_in("ben")
        invited = self.choosing(ada).invite("My brother", wait_days)
        self.helping(ben).answer(invited.invitation.text(), "Ada, my sister")
        self.choosing(ada).accept()

    def ask(self) -> Asked:
        code = self.coming_back.begin("ada@example.org", ORIGIN)
        return self.coming_back.ask("ada@example.org", code, ORIGIN)

    def hand(self, digits: str) -> None:
        self.helping(self.sign_in("ben")).hand_over(self.sign_in("ada").vault_id, digits)


@pytest.fixture
def pair(house: House) -> Pair:
    for name in ("ada", "ben"):
        house.accounts.create_citizen(f"{name}@example.org", name.title(), "1980-04-05", PASSPHRASE, ORIGIN)
    pair = Pair(house)
    pair.trust()
    return pair


def test_both_halves_and_the_wait_bring_a_citizen_back(pair: Pair) -> None:
    vault_id = pair.sign_in("ada").vault_id
    asked = pair.ask()
    pair.hand(asked.digits)
    pair.house.clock.advance(timedelta(days=10))
    back = pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)
    session = pair.house.sessions.resume(back.token)
    assert (session.vault_id, session.keyring.opens_private) == (vault_id, True)
    assert pair.sign_in("ada", ANOTHER).vault_id == vault_id
    with pytest.raises(WrongSecret):
        pair.sign_in("ada")
    again = pair.house.sessions.with_recovery_code("ada@example.org", back.recovery_code or "", PASSPHRASE, ORIGIN)
    assert again.recovery_code != back.recovery_code


def test_coming_back_uses_the_way_up(pair: Pair) -> None:
    asked = pair.ask()
    pair.hand(asked.digits)
    pair.house.clock.advance(timedelta(days=10))
    pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)
    ada = pair.sign_in("ada", ANOTHER)
    assert pair.choosing(ada).mine()[0].person is None
    with pair.house.database.read() as connection:
        stored = read_keys(connection, ada.vault_id)
    assert stored is not None
    assert SlotKind.TRUSTED not in {slot.kind for slot in stored.slots}
    with pytest.raises(NoWayBack):
        pair.coming_back.finish("ada@example.org", asked.code, PASSPHRASE, ORIGIN)


def test_a_day_too_early_is_refused_and_only_who_asked_hears_that_it_is_early(pair: Pair) -> None:
    asked = pair.ask()
    pair.hand(asked.digits)
    pair.house.clock.advance(timedelta(days=9, hours=23))
    with pytest.raises(TooEarly):
        pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)
    for email, code in (
        ("ada@example.org", "0000-" * 7 + "0000"),
        ("nobody@example.org", asked.code),
        ("ben@example.org", ""),
    ):
        with pytest.raises(NoWayBack):
            pair.coming_back.finish(email, code, ANOTHER, ORIGIN)


def test_without_the_persons_half_the_wait_alone_opens_nothing(pair: Pair) -> None:
    asked = pair.ask()
    pair.house.clock.advance(timedelta(days=10))
    with pytest.raises(NotHandedYet):
        pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)


def test_one_no_ends_the_ask_by_the_newest_mail_or_by_who_is_signed_in(pair: Pair) -> None:
    vault_id = pair.sign_in("ada").vault_id
    asked = pair.ask()
    (first,) = pair.coming_back.due()
    pair.house.clock.advance(timedelta(days=1))
    (second,) = pair.coming_back.due()
    with pytest.raises(NoWayBack):
        pair.coming_back.refuse(first.no_token, ORIGIN)
    pair.coming_back.refuse(second.no_token, ORIGIN)
    assert pair.coming_back.standing(vault_id) is None
    pair.house.clock.advance(timedelta(days=30))
    with pytest.raises(NoWayBack):
        pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)
    pair.ask()
    assert pair.coming_back.refuse_own(vault_id, ORIGIN)
    assert not pair.coming_back.refuse_own(vault_id, ORIGIN)


def test_the_citizen_is_told_at_once_and_then_every_day(pair: Pair) -> None:
    pair.ask()
    for _day in range(3):
        assert len(pair.coming_back.due()) == 1
        assert pair.coming_back.due() == ()
        pair.house.clock.advance(timedelta(days=1))
    assert len(pair.told) == 3


def test_an_ask_lapses_thirty_days_after_it_could_have_been_used(pair: Pair) -> None:
    asked = pair.ask()
    pair.hand(asked.digits)
    pair.house.clock.advance(timedelta(days=40))
    with pytest.raises(NoWayBack):
        pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)
    assert pair.coming_back.due() == ()


def test_an_ask_key_planted_by_a_writer_shows_other_digits(pair: Pair) -> None:
    asked = pair.ask()
    with pair.house.database.write() as connection:
        connection.execute(update(_ASK).values(public_key=public_key_of(Seed.make())))
    (seen,) = pair.helping(pair.sign_in("ben")).asking()
    assert seen.digits != asked.digits
    with pytest.raises(NoWayBack):
        pair.hand(asked.digits)


def test_a_shorter_wait_written_into_the_database_opens_nothing(pair: Pair) -> None:
    asked = pair.ask()
    pair.hand(asked.digits)
    with pair.house.database.write() as connection:
        connection.execute(update(_TRUSTED).values(wait_days=0))
        connection.execute(update(_ASK).values(opens_at=pair.house.clock.now()))
    with pytest.raises(Tampered):
        pair.coming_back.finish("ada@example.org", asked.code, ANOTHER, ORIGIN)


def test_the_trusted_person_alone_opens_nothing_and_is_no_carer(pair: Pair) -> None:
    ben = pair.sign_in("ben")
    assert [name for _, name in pair.helping(ben).people()] == ["Ada, my sister"]
    assert pair.helping(ben).asking() == ()
    with pytest.raises(NoWayBack):
        pair.helping(ben).hand_over(pair.sign_in("ada").vault_id, "000000")


def test_a_trusted_person_taken_back_can_hand_over_nothing(pair: Pair) -> None:
    ada = pair.sign_in("ada")
    pair.ask()
    pair.choosing(ada).take_back()
    assert pair.helping(pair.sign_in("ben")).asking() == ()
    assert pair.choosing(ada).mine()[0].person is None
    with pytest.raises(NoWayBack):
        pair.ask()


def test_there_is_one_trusted_person_after_seven_to_thirty_days(pair: Pair) -> None:
    ada = pair.sign_in("ada")
    with pytest.raises(HasTrustedPerson):
        pair.choosing(ada).invite("Another", 10)
    for days in (6, 31):
        with pytest.raises(BadWait):
            pair.choosing(ada).invite("Another", days)
    pair.choosing(ada).take_back()
    pair.choosing(ada).invite("Another", 7)
    with pytest.raises(NotAnsweredYet):
        pair.choosing(ada).accept()


def test_a_mailed_code_is_right_once_for_one_address_and_one_purpose(house: House) -> None:
    codes = MailCodes(house.database, house.provider, house.clock, "come-back")
    code = codes.make("Ada@Example.org ")
    with pytest.raises(WrongMailCode):
        MailCodes(house.database, house.provider, house.clock, "another").check("ada@example.org", code)
    with pytest.raises(WrongMailCode):
        codes.check("ben@example.org", code)
    codes.check("ada@example.org", f"{code[:4]} {code[4:]}")
    with pytest.raises(WrongMailCode):
        codes.check("ada@example.org", code)


def test_a_mailed_code_ends_after_ten_tries_half_an_hour_and_with_the_next(house: House) -> None:
    codes = MailCodes(house.database, house.provider, house.clock, "come-back")
    first = codes.make("ada@example.org")
    second = codes.make("ada@example.org")
    assert first != second
    with pytest.raises(WrongMailCode):
        codes.check("ada@example.org", first)
    for _ in range(9):
        with pytest.raises(WrongMailCode):
            codes.check("ada@example.org", "00000000")
    with pytest.raises(WrongMailCode):
        codes.check("ada@example.org", second)
    third = codes.make("ada@example.org")
    house.clock.advance(timedelta(minutes=30))
    with pytest.raises(WrongMailCode):
        codes.check("ada@example.org", third)

"""Looking after somebody: their own vault, powers ticked apart, and no way to pass them on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from auth.carers.errors import HolderStays, NoPowers, NotAnswered, NotTheHolder, StillHeld
from auth.carers.people import Colour, LookedAfter
from auth.carers.powers import Carer, Power
from auth.carers.reminders import Reminders
from auth.caring.caring import Caring
from auth.caring.inviting import LASTS, Inviting
from auth.sessions import Session
from auth.tables import InvitationRow, ReminderRow
from tests.auth.conftest import ORIGIN, PASSPHRASE, House
from vault.audit.log import Log
from vault.audit.reading import CitizenLog
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.database import table_of
from vault.errors import NotFound, Tampered, Unauthenticated
from vault.founding import Founding
from vault.ids import VaultId
from vault.keys.enrolment import Enrolment
from vault.keys.invitations import BadInvitation
from vault.keys.manifest import TooManyCarers
from vault.keys.unlocking import Unlocking

ALL = frozenset(Power)
VIEW = frozenset({Power.VIEW})
_INVITATION, _REMINDER = table_of(InvitationRow), table_of(ReminderRow)


@dataclass
class Somebody:
    """One account and its sign-in; ``session`` is read anew each time, as a request does."""

    house: House
    token: str

    @property
    def session(self) -> Session:
        return self.house.sessions.resume(self.token)

    @property
    def caring(self) -> Caring:
        house = self.house
        enrolment = Enrolment(house.provider, Cost.TEST, house.clock)
        return Caring(
            house.database,
            house.provider,
            enrolment,
            Founding(enrolment, house.clock),
            Unlocking(house.database, house.provider, Cost.TEST, house.clock),
            log=Log(house.provider, house.clock),
            clock=house.clock,
            session=self.session,
            origin=ORIGIN,
        )

    @property
    def inviting(self) -> Inviting:
        house = self.house
        enrolment, log = Enrolment(house.provider, Cost.TEST, house.clock), Log(house.provider, house.clock)
        parts = {"log": log, "clock": house.clock, "session": self.session, "origin": ORIGIN}
        return Inviting(house.database, enrolment, **parts)  # type: ignore[arg-type]

    def let_in(self, carer: Somebody, powers: frozenset[Power] = ALL) -> Carer:
        invited = self.inviting.invite("Ben", powers)
        carer.inviting.answer(invited.invitation.text())
        return self.inviting.accept(invited.invitation.invitation_id, powers)


def sign_up(house: House, name: str) -> Somebody:
    email = f"{name.lower()}@example.org"
    made = house.accounts.create_citizen(email, f"{name} Example", "1980-04-05", PASSPHRASE, ORIGIN)
    return Somebody(house, made.token)


def read_all(somebody: Somebody) -> list[tuple[str, str, bytes]]:
    log = CitizenLog(somebody.house.database, somebody.house.provider, somebody.session.keyring)
    return [(line.role, line.reason, line.actor) for line in log.page(50).items]


def test_a_vault_for_somebody_without_an_account_is_theirs_and_its_maker_acts_in_it(house: House) -> None:
    ada = sign_up(house, "Ada")
    made = ada.caring.make_for("Sam Example", "2018-05-06", Colour.PLUM)
    (person,) = ada.caring.people()
    sam = LookedAfter(made.vault_id, "Sam Example", "2018-05-06", Colour.PLUM, holds=True)
    assert replace(person, reminder_id="") == sam
    own = ada.session.vault_id
    ada.caring.act_for(made.vault_id)
    session = ada.session
    assert (session.vault_id, session.own_vault_id) == (made.vault_id, own)
    assert session.acting is not None
    assert (session.acting.name, session.acting.colour, session.acting.powers) == ("Sam Example", Colour.PLUM, ALL)
    assert not session.keyring.opens_private
    assert house.accounts.profile(session.keyring).name == "Sam Example"
    assert (session.trail.role, session.trail.actor) == ("carer", session.own_keyring.pseudonym)
    ada.caring.stop_acting()
    assert (ada.session.vault_id, ada.session.acting) == (own, None)


def test_what_a_carer_does_stands_in_the_persons_own_history_under_the_carers_name(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    carer = ada.let_in(ben)
    ben.caring.act_for(ada.session.vault_id)
    assert ("carer", "acting", carer.pseudonym) in read_all(ada)
    assert ada.caring.carers().names()[carer.pseudonym] == "Ben Example"


def test_the_recovery_code_of_a_vault_made_for_somebody_opens_it(house: House) -> None:
    made = sign_up(house, "Ada").caring.make_for("Sam Example", "2018-05-06", None)
    unlocking = Unlocking(house.database, house.provider, Cost.TEST, house.clock)
    assert unlocking.by_recovery_code(made.vault_id, made.recovery_code).opens_private


def test_a_carer_is_let_in_only_after_the_answer_was_checked(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    invited = ada.inviting.invite("My brother", VIEW)
    with pytest.raises(NotAnswered):
        ada.inviting.accept(invited.invitation.invitation_id, VIEW)
    ben.inviting.answer(invited.invitation.text())
    with pytest.raises(NotFound):
        ben.caring.act_for(ada.session.vault_id)
    ((open_one, person),) = ada.inviting.open_invitations()
    assert (open_one.called, person and person.name) == ("My brother", "Ben Example")
    ada.inviting.accept(invited.invitation.invitation_id, VIEW)
    assert ada.inviting.open_invitations() == ()
    ben.caring.act_for(ada.session.vault_id)
    assert ben.session.acting is not None
    assert ben.session.acting.powers == VIEW
    assert [each.name for each in ben.caring.people()] == ["Ada Example"]


def test_a_key_planted_over_an_answer_is_never_sealed_to(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    invited = ada.inviting.invite("Ben", VIEW)
    ben.inviting.answer(invited.invitation.text())
    with house.database.write() as connection:
        connection.execute(update(_INVITATION).values(public_key=public_key_of(Seed.make())))
    assert [person for _, person in ada.inviting.open_invitations()] == [None]
    with pytest.raises(Tampered):
        ada.inviting.accept(invited.invitation.invitation_id, VIEW)


def test_an_invitation_is_answered_once_in_time_and_by_somebody_else(house: House) -> None:
    ada, ben, eve = (sign_up(house, name) for name in ("Ada", "Ben", "Eve"))
    text = ada.inviting.invite("Ben", VIEW).invitation.text()
    with pytest.raises(BadInvitation):
        ada.inviting.answer(text)
    ben.inviting.answer(text)
    with pytest.raises(BadInvitation):
        eve.inviting.answer(text)
    late = ada.inviting.invite("Eve", VIEW)
    house.clock.advance(LASTS)
    eve = Somebody(house, house.sessions.with_passphrase("eve@example.org", PASSPHRASE, ORIGIN).token)
    with pytest.raises(BadInvitation):
        eve.inviting.answer(late.invitation.text())


def test_a_withdrawn_invitation_is_over(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    invited = ada.inviting.invite("Ben", VIEW)
    ada.inviting.withdraw(invited.invitation.invitation_id)
    with pytest.raises(BadInvitation):
        ben.inviting.answer(invited.invitation.text())
    with pytest.raises(NotFound):
        ada.inviting.withdraw(invited.invitation.invitation_id)


def test_a_carer_passes_nothing_on(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    carer = ada.let_in(ben)
    ben.caring.act_for(ada.session.vault_id)
    for act in (
        lambda: ben.inviting.invite("Eve", VIEW),
        lambda: ben.caring.remove(carer.slot_id),
        lambda: ben.caring.set_powers(carer.slot_id, ALL),
    ):
        with pytest.raises(NotTheHolder):
            act()


def test_who_holds_a_vault_for_somebody_may_let_another_carer_in(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    ben.caring.act_for(made.vault_id)
    acting = ben.session.acting
    assert acting is not None
    assert (acting.name, acting.holds, acting.powers) == ("Sam Example", False, VIEW)
    assert [each.name for each in ben.caring.people()] == ["Sam Example"]


def test_a_removed_carer_is_back_in_their_own_vault_at_the_next_step_and_hears_nothing(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    carer = ada.let_in(ben)
    ben.caring.act_for(ada.session.vault_id)
    ada.caring.remove(carer.slot_id)
    assert (ben.session.acting, ben.session.vault_id) == (None, ben.session.own_vault_id)
    with pytest.raises(NotFound):
        ben.caring.act_for(ada.session.vault_id)
    assert ada.caring.carers().names() == {carer.pseudonym: "Ben Example"}


def test_other_powers_hold_at_the_next_step(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    carer = ada.let_in(ben)
    ben.caring.act_for(ada.session.vault_id)
    ada.caring.set_powers(carer.slot_id, VIEW)
    assert ben.session.acting is not None
    assert ben.session.acting.powers == VIEW
    with pytest.raises(NoPowers):
        ada.caring.set_powers(carer.slot_id, frozenset())


def test_a_vault_has_three_carers_and_not_four(house: House) -> None:
    ada = sign_up(house, "Ada")
    for name in ("Ben", "Cleo", "Dan"):
        ada.let_in(sign_up(house, name), VIEW)
    with pytest.raises(TooManyCarers):
        ada.inviting.invite("Eve", VIEW)


def test_who_holds_a_vault_stays_with_every_power_until_it_is_handed_over(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    with pytest.raises(StillHeld):
        ada.caring.forget(made.vault_id)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    holder = next(carer for carer in ada.caring.carers().carers if carer.holds)
    for act in (lambda: ada.caring.remove(holder.slot_id), lambda: ada.caring.set_powers(holder.slot_id, VIEW)):
        with pytest.raises(HolderStays):
            act()


@pytest.mark.parametrize(
    ("today", "told", "due"),
    [
        (date(2029, 5, 5), 0, 0),
        (date(2029, 5, 6), 0, 11),
        (date(2029, 5, 6), 11, 0),
        (date(2031, 5, 6), 11, 13),
        (date(2034, 5, 6), 0, 16),
        (date(2034, 5, 6), 16, 0),
        (date(2050, 1, 1), 16, 0),
    ],
)
def test_a_review_is_due_at_eleven_thirteen_and_sixteen(today: date, told: int, due: int) -> None:
    person = LookedAfter(b"v" * 16, "Sam", "2018-05-06", Colour.TEAL, holds=True, told_at_age=told)  # type: ignore[arg-type]
    assert person.review_due(today) == due


def test_a_year_is_whole_on_the_day_itself_even_on_29_february() -> None:
    person = LookedAfter(b"v" * 16, "Sam", "2012-02-29", Colour.TEAL, holds=True)  # type: ignore[arg-type]
    assert (person.review_due(date(2023, 2, 28)), person.review_due(date(2023, 3, 1))) == (0, 11)


def told_in(house: House, until: datetime) -> list[VaultId]:
    told: list[VaultId] = []
    house.clock.advance(until - house.clock.now())
    Reminders(house.database, house.clock, lambda _connection, vault_id: told.append(vault_id)).run()
    return told


def test_every_carer_is_reminded_once_at_each_age_and_not_on_the_birthday_itself(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2016-12-06", None)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    ben.caring.people()
    own = sorted(each.session.own_vault_id for each in (ada, ben))
    assert told_in(house, datetime(2027, 12, 31, 23, 59, tzinfo=UTC)) == []
    assert sorted(told_in(house, datetime(2028, 1, 1, tzinfo=UTC))) == own
    assert told_in(house, datetime(2029, 12, 31, tzinfo=UTC)) == []
    assert sorted(told_in(house, datetime(2040, 1, 1, tzinfo=UTC))) == sorted(own * 2)
    assert told_in(house, datetime(2050, 1, 1, tzinfo=UTC)) == []


def test_a_reminder_tells_whoever_reads_the_database_neither_whom_it_is_of_nor_the_birthday(house: House) -> None:
    ada = sign_up(house, "Ada")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    with house.database.read() as connection:
        rows = connection.execute(select(_REMINDER)).all()
    assert [row.due_at.date() for row in rows] == [date(2029, 6, 1), date(2031, 6, 1), date(2034, 6, 1)]
    assert made.vault_id not in {value for row in rows for value in row}


def test_we_talked_about_it_settles_this_review_and_not_the_next(house: House) -> None:
    ada = sign_up(house, "Ada")
    made, own = ada.caring.make_for("Sam Example", "2015-03-06", None), ada.session.own_vault_id
    house.clock.advance(datetime(2028, 3, 6, tzinfo=UTC) - house.clock.now())
    ada = Somebody(house, house.sessions.with_passphrase("ada@example.org", PASSPHRASE, ORIGIN).token)
    assert [each.review_due(house.clock.now().date()) for each in ada.caring.people()] == [13]
    ada.caring.settle_review(made.vault_id)
    assert [each.review_due(house.clock.now().date()) for each in ada.caring.people()] == [0]
    with pytest.raises(NotFound):
        ada.caring.settle_review(own)
    assert told_in(house, datetime(2028, 4, 1, tzinfo=UTC)) == []
    assert told_in(house, datetime(2031, 4, 1, tzinfo=UTC)) == [own]


def test_nobody_is_reminded_of_somebody_they_took_off_their_list(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    ben.caring.people()
    ben.caring.forget(made.vault_id)
    own = ada.session.own_vault_id
    assert told_in(house, datetime(2050, 1, 1, tzinfo=UTC)) == [own] * 3


def test_signing_out_everywhere_while_acting_ends_ones_own_sign_ins(house: House) -> None:
    ada = sign_up(house, "Ada")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    ada.caring.act_for(made.vault_id)
    house.sessions.sign_out_everywhere(ada.session, ORIGIN)
    with pytest.raises(Unauthenticated):
        ada.session  # noqa: B018
    ada = Somebody(house, house.sessions.with_passphrase("ada@example.org", PASSPHRASE, ORIGIN).token)
    assert "signed-out-everywhere" in {reason for _, reason, _ in read_all(ada)}

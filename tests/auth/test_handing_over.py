"""Handing a vault over to the person it is of: theirs alone afterwards, and untouched whatever breaks before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from auth.carers.errors import NotAnswered, NotTheHolder, WrongDigits
from auth.carers.people import Colour
from auth.carers.powers import Power
from auth.caring import handing_over
from auth.caring.handing_over import LASTS, HandingOver
from auth.caring.taking_over import Prepared, TakingOver
from auth.errors import EmailTaken, WrongRecoveryGroup
from auth.sessions import Session
from auth.tables import InvitationRow
from tests.auth.conftest import ANOTHER, ORIGIN, PASSPHRASE, House
from tests.auth.test_caring import Somebody, read_all, sign_up
from vault.audit.log import Log
from vault.crypto.passphrases import Cost, WeakPassphrase
from vault.crypto.slots import SlotKind, WrongSecret
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import VaultId
from vault.keys.caring import open_as_carer
from vault.keys.enrolment import Enrolment
from vault.keys.invitations import BadInvitation
from vault.keys.stored import read_keys
from vault.keys.tables import KeyPrevious
from vault.records.pins import Pins
from vault.rotating.rotation import Rotation

EMAIL = "sam@example.org"
VIEW = frozenset({Power.VIEW})
_INVITATION = table_of(InvitationRow)
_PREVIOUS = table_of(KeyPrevious)


@dataclass
class Family:
    """Ada, who holds Sam's vault and is in it; Ben, a second carer; and Sam, who has nothing yet."""

    house: House
    ada: Somebody
    ben: Somebody
    vault_id: VaultId
    old_code: str
    session: Session

    @property
    def handing(self) -> HandingOver:
        return self.handing_of(self.ada.session)

    def handing_of(self, session: Session) -> HandingOver:
        house = self.house
        return HandingOver(
            house.database,
            house.provider,
            Enrolment(house.provider, Cost.TEST, house.clock),
            house.unlocking,
            Rotation(house.database, house.provider),
            log=Log(house.provider, house.clock),
            clock=house.clock,
            session=session,
            origin=ORIGIN,
        )

    @property
    def taking(self) -> TakingOver:
        house = self.house
        log = Log(house.provider, house.clock)
        return TakingOver(house.database, house.provider, house.accounts, log, clock=house.clock, cost=Cost.TEST)

    def invite(self) -> str:
        return self.handing.invite().invitation.text()

    def answer(self, text: str, email: str = EMAIL) -> tuple[Prepared, str]:
        prepared = self.taking.prepare(text, email, ANOTHER, ORIGIN)
        group = prepared.recovery_code.rpartition("-")[2]
        return prepared, self.taking.answer(text, prepared.offer, group, ORIGIN)

    def sign_in_as_sam(self) -> Session:
        return self.house.sessions.resume(self.house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN).token)

    def is_under_way(self) -> bool:
        with self.house.database.read() as connection:
            return connection.execute(select(_PREVIOUS.c.vault_id)).first() is not None

    def is_untouched(self) -> bool:
        """Ada is in Sam's vault, Ben may go there, the old sheet opens it and Sam can't sign in."""
        self.ben.caring.act_for(self.vault_id)
        with pytest.raises(WrongSecret):
            self.sign_in_as_sam()
        opened = self.house.unlocking.by_recovery_code(self.vault_id, self.old_code)
        acting = self.ada.session.acting
        return opened.generation == 1 and acting is not None and acting.holds and not self.is_under_way()


@pytest.fixture
def family(house: House) -> Family:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2008-05-06", Colour.PLUM)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    Pins(house.database, ada.session.keyring, house.clock).pin("magnesium")
    return Family(house, ada, ben, made.vault_id, made.recovery_code, ada.session)


def test_a_vault_handed_over_is_the_persons_own_and_nobody_elses(family: Family) -> None:
    text = family.invite()
    _, digits = family.answer(text)
    assert family.handing.standing().email == EMAIL
    before = family.ada.session
    handed = family.handing.finish(f"{digits[:3]} {digits[3:]}")
    assert (handed.name, handed.email) == ("Sam Example", EMAIL)
    sam = family.sign_in_as_sam()
    assert (sam.vault_id, sam.acting, sam.keyring.opens_private) == (family.vault_id, None, True)
    assert (sam.keyring.generation, sam.recovery_confirmed) == (2, True)
    assert family.house.accounts.profile(sam.keyring).name == "Sam Example"
    assert Pins(family.house.database, sam.keyring, family.house.clock).all() == ("magnesium",)
    assert before.acting is not None
    assert not family.is_under_way()


def test_whoever_held_or_cared_for_it_opens_nothing_after_the_hand_over(family: Family) -> None:
    carers = [family.ada, family.ben]
    family.ben.caring.act_for(family.vault_id)
    family.handing.finish(family.answer(family.invite())[1])
    for carer in carers:
        assert (carer.session.acting, carer.session.vault_id) == (None, carer.session.own_vault_id)
        with pytest.raises(NotFound):
            carer.caring.act_for(family.vault_id)
        with family.house.database.read() as connection, pytest.raises(NotFound):
            open_as_carer(connection, family.house.provider, carer.session.own_keyring, family.vault_id)
    assert family.ada.caring.people() == ()
    sam = family.sign_in_as_sam()
    kinds = {way.kind for way in family.house.ways_in.list(sam)}
    assert kinds == {SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE}


def test_the_holders_old_recovery_sheet_opens_nothing_after_the_hand_over_and_the_persons_own_does(
    family: Family,
) -> None:
    prepared, digits = family.answer(family.invite())
    family.handing.finish(digits)
    with pytest.raises(WrongSecret):
        family.house.unlocking.by_recovery_code(family.vault_id, family.old_code)
    back = family.house.sessions.with_recovery_code(EMAIL, prepared.recovery_code, PASSPHRASE, ORIGIN)
    assert family.house.sessions.resume(back.token).vault_id == family.vault_id


def test_keys_kept_from_before_the_hand_over_open_nothing_written_after_it(family: Family) -> None:
    kept = family.ada.session
    family.handing.finish(family.answer(family.invite())[1])
    sam = family.sign_in_as_sam()
    Pins(family.house.database, sam.keyring, family.house.clock).pin("hba1c")
    with pytest.raises((Tampered, NotFound, Exception), match=r"tampered|keys-changed"):
        Pins(family.house.database, kept.keyring, family.house.clock).all()


def test_both_histories_say_that_the_vault_was_handed_over_and_who_did_it(family: Family) -> None:
    ada_is = family.ada.session.own_keyring.pseudonym
    family.handing.finish(family.answer(family.invite())[1])
    sam = family.sign_in_as_sam()
    lines = read_all(Somebody(family.house, family.house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN).token))
    assert ("carer", "handed-over", ada_is) in lines
    assert {"take-over-invited", "take-over-answered"} <= {reason for _, reason, _ in lines}
    assert "handed-over" in {reason for _, reason, _ in read_all(family.ada)}
    somebody = Somebody(family.house, family.house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN).token)
    assert somebody.caring.carers().names()[ada_is] == "Ada Example"
    assert sam.vault_id == family.vault_id


def test_a_hand_over_that_breaks_before_it_counts_changes_nothing(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, digits = family.answer(family.invite())

    def killed(*_arguments: Any, **_named: Any) -> None:
        raise RuntimeError("killed")

    for broken in ("store_next_keys", "drop_invitations", "trail_of"):
        with monkeypatch.context() as patch:
            patch.setattr(handing_over, broken, killed)
            with pytest.raises(RuntimeError):
                family.handing.finish(digits)
        assert family.is_untouched(), broken
    family.handing.finish(digits)
    assert family.sign_in_as_sam().vault_id == family.vault_id


def test_a_hand_over_that_breaks_after_it_counts_is_whole_and_goes_on_at_the_persons_next_unlock(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, digits = family.answer(family.invite())

    def killed(_rotation: Rotation, _keyring: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(
            Rotation, "finish", lambda rotation, keyring: killed(rotation, keyring) if keyring.opens_private else None
        )
        family.handing.finish(digits)
    assert family.is_under_way()
    sam = family.sign_in_as_sam()
    assert Pins(family.house.database, sam.keyring, family.house.clock).all() == ("magnesium",)
    Rotation(family.house.database, family.house.provider).finish(sam.keyring)
    assert not family.is_under_way()
    assert Pins(family.house.database, family.sign_in_as_sam().keyring, family.house.clock).all() == ("magnesium",)


def test_nothing_is_handed_over_before_somebody_answered_and_the_digits_agree(family: Family) -> None:
    with pytest.raises(NotAnswered):
        family.handing.finish("123456")
    text = family.invite()
    with pytest.raises(NotAnswered):
        family.handing.finish("123456")
    _, digits = family.answer(text)
    for wrong in ("", f"{(int(digits) + 1) % 1_000_000:06d}", digits[:5]):
        with pytest.raises(WrongDigits):
            family.handing.finish(wrong)
    assert family.is_untouched()


def test_an_answer_changed_in_the_database_hands_nothing_over(family: Family) -> None:
    _, digits = family.answer(family.invite())
    with family.house.database.write() as connection:
        sealed = connection.execute(select(_INVITATION.c.sealed).where(_INVITATION.c.role == "owner")).scalar_one()
        connection.execute(update(_INVITATION).values(sealed=sealed[:-1] + bytes((sealed[-1] ^ 1,))))
    assert family.handing.standing().email == ""
    with pytest.raises(NotAnswered):
        family.handing.finish(digits)
    assert family.is_untouched()


def test_only_who_holds_the_vault_hands_it_over(family: Family) -> None:
    _, digits = family.answer(family.invite())
    family.ben.caring.act_for(family.vault_id)
    for act in (
        lambda: family.handing_of(family.ben.session).invite(),
        lambda: family.handing_of(family.ben.session).finish(digits),
        lambda: family.handing_of(family.ben.session).withdraw(),
        lambda: family.handing_of(family.ben.session).standing(),
    ):
        with pytest.raises(NotTheHolder):
            act()
    family.ada.caring.stop_acting()
    with pytest.raises(NotTheHolder):
        family.handing.finish(digits)


def test_an_invitation_to_take_over_is_answered_once_in_time_and_only_as_what_it_is(family: Family) -> None:
    text = family.invite()
    with pytest.raises(BadInvitation):
        family.ben.inviting.answer(text)
    family.answer(text)
    with pytest.raises(BadInvitation):
        family.taking.prepare(text, "eve@example.org", ANOTHER, ORIGIN)
    replaced = family.invite()
    assert family.handing.standing().email == ""
    family.handing.withdraw()
    with pytest.raises(BadInvitation):
        family.answer(replaced)
    late = family.invite()
    prepared = family.taking.prepare(late, EMAIL, ANOTHER, ORIGIN)
    family.house.clock.advance(LASTS)
    with pytest.raises(BadInvitation):
        family.taking.answer(late, prepared.offer, prepared.recovery_code[-4:], ORIGIN)
    with pytest.raises(BadInvitation):
        family.taking.prepare(text[:-1], EMAIL, ANOTHER, ORIGIN)


def test_a_carers_invitation_takes_nothing_over(family: Family) -> None:
    text = family.ada.inviting.invite("Eve", VIEW).invitation.text()
    with pytest.raises(BadInvitation):
        family.taking.prepare(text, EMAIL, ANOTHER, ORIGIN)


def test_the_recovery_code_must_be_kept_before_the_answer_counts(family: Family) -> None:
    text = family.invite()
    prepared = family.taking.prepare(text, EMAIL, ANOTHER, ORIGIN)
    with pytest.raises(WrongRecoveryGroup):
        family.taking.answer(text, prepared.offer, "0000" if prepared.recovery_code[-4:] != "0000" else "1111", ORIGIN)
    assert family.handing.standing().email == ""
    for planted in ("", "%%%", "AAAA", prepared.offer[:-8], "A" * 12000):
        with pytest.raises(BadInvitation):
            family.taking.answer(text, planted, prepared.recovery_code[-4:], ORIGIN)


def test_an_address_with_an_account_already_takes_nothing_over(family: Family) -> None:
    text = family.invite()
    with pytest.raises(EmailTaken):
        family.taking.prepare(text, "ben@example.org", ANOTHER, ORIGIN)
    with pytest.raises(WeakPassphrase):
        family.taking.prepare(text, EMAIL, "password1234", ORIGIN)
    _, digits = family.answer(text)
    family.house.create(EMAIL)
    with pytest.raises(EmailTaken):
        family.handing.finish(digits)
    acting = family.ada.session.acting
    assert acting is not None
    assert acting.holds


def test_of_two_hand_overs_at_once_one_counts(family: Family) -> None:
    _, digits = family.answer(family.invite())
    first, second = family.handing, family.handing
    first.finish(digits)
    with pytest.raises(Exception, match=r"keys-changed|not-found|tampered|vault-busy|email-taken"):
        second.finish(digits)
    with family.house.database.read() as connection:
        stored = read_keys(connection, family.vault_id)
    assert stored is not None
    assert len(stored.slots) == 2

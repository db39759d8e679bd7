"""A vault held for somebody is held again by its recovery sheet, and a vault with an owner never is."""

from __future__ import annotations

import pytest

from auth.carers.errors import StillHeld
from auth.carers.powers import Power
from auth.caring.holding_again import HeldAgain, HoldingAgain
from tests.auth.conftest import ORIGIN, House
from tests.auth.test_caring import Somebody, read_all, sign_up
from tests.auth.test_handing_over import Family
from vault.audit.log import Log
from vault.crypto.passphrases import Cost
from vault.crypto.slots import WrongSecret
from vault.errors import NotFound
from vault.ids import VaultId
from vault.keys.enrolment import Enrolment

VIEW = frozenset({Power.VIEW})


def hold(somebody: Somebody, vault_id: VaultId, code: str) -> HeldAgain:
    house = somebody.house
    parts = (house.database, house.provider, Enrolment(house.provider, Cost.TEST, house.clock), house.unlocking)
    log = Log(house.provider, house.clock)
    return HoldingAgain(*parts, log=log, clock=house.clock, session=somebody.session, origin=ORIGIN).hold(
        vault_id, code
    )


def test_who_lost_their_own_vault_holds_a_childs_again_by_its_sheet_and_other_carers_stay(house: House) -> None:
    ada, ben, new = sign_up(house, "Ada"), sign_up(house, "Ben"), sign_up(house, "Adanew")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    ada.caring.act_for(made.vault_id)
    ada.let_in(ben, VIEW)
    held = hold(new, made.vault_id, made.recovery_code.lower())
    assert (held.vault_id, held.name) == (made.vault_id, "Sam Example")
    new.caring.act_for(made.vault_id)
    acting = new.session.acting
    assert acting is not None
    assert (acting.holds, acting.powers) == (True, frozenset(Power))
    assert ("carer", "held-by-sheet", new.session.own_keyring.pseudonym) in read_all(new)
    ben.caring.act_for(made.vault_id)
    assert ada.session.acting is None
    with pytest.raises(NotFound):
        ada.caring.act_for(made.vault_id)
    with pytest.raises(StillHeld):
        new.caring.forget(made.vault_id)


def test_a_sheet_holds_once_and_the_new_one_takes_its_place(house: House) -> None:
    ada, new = sign_up(house, "Ada"), sign_up(house, "Adanew")
    made = ada.caring.make_for("Sam Example", "2018-05-06", None)
    held = hold(new, made.vault_id, made.recovery_code)
    with pytest.raises(WrongSecret):
        hold(ada, made.vault_id, made.recovery_code)
    again = hold(new, made.vault_id, held.recovery_code)
    assert [each.name for each in new.caring.people()] == ["Sam Example"]
    assert again.recovery_code != held.recovery_code
    back = hold(ada, made.vault_id, again.recovery_code)
    assert [each.name for each in ada.caring.people()] == ["Sam Example"]
    assert back.name == "Sam Example"


def test_nobody_holds_a_citizens_vault_by_their_recovery_sheet(house: House) -> None:
    ada, ben = house.create(), sign_up(house, "Ben")
    with pytest.raises(WrongSecret):
        hold(ben, ada.vault_id, ada.recovery_code)
    assert ben.caring.people() == ()
    for vault_id, code in ((ada.vault_id, "0000"), (VaultId(b"v" * 16), ada.recovery_code)):
        with pytest.raises(WrongSecret):
            hold(ben, vault_id, code)


def test_nobody_holds_a_vault_that_was_handed_over_by_its_sheet(house: House) -> None:
    ada, ben = sign_up(house, "Ada"), sign_up(house, "Ben")
    made = ada.caring.make_for("Sam Example", "2008-05-06", None)
    ada.caring.act_for(made.vault_id)
    family = Family(house, ada, ben, made.vault_id, made.recovery_code, ada.session)
    prepared, digits = family.answer(family.invite())
    family.handing.finish(digits)
    for code in (made.recovery_code, prepared.recovery_code):
        with pytest.raises(WrongSecret):
            hold(ben, made.vault_id, code)

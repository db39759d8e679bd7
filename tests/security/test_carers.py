"""Attacks by a writer in the database who wants to be somebody's carer, or stay one: refused, whatever they write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select, update

from auth.carers.powers import Power
from auth.tables import InvitationRow
from tests.auth.conftest import House, build_house
from tests.auth.test_caring import Somebody, read_all, sign_up
from tests.auth.test_handing_over import Family
from tests.conftest import FixedClock
from vault.crypto.sealing import public_key_of, seal_to
from vault.crypto.secret import Seed, VaultKey
from vault.database import Database, table_of
from vault.errors import NotFound, Tampered, VaultError
from vault.ids import VaultId
from vault.keys.keyring import slot_info
from vault.keys.tables import KeyManifest, KeyRing, KeyRoot, KeySession, KeySlot
from vault.server_keys.holder import ServerKeys
from vault.tables import PaperRow

VIEW = frozenset({Power.VIEW})
_SLOT, _RING, _MANIFEST, _SESSION = (table_of(each) for each in (KeySlot, KeyRing, KeyManifest, KeySession))
_INVITATION, _PAPER, _ROOT = table_of(InvitationRow), table_of(PaperRow), table_of(KeyRoot)


@pytest.fixture
def house(database: Database, provider: ServerKeys, clock: FixedClock) -> House:
    return build_house(database, provider, clock)


@dataclass
class People:
    """Ada's vault; Ben, her carer; Eve, who writes the database and has an account."""

    house: House
    ada: Somebody
    ben: Somebody
    eve: Somebody
    slot_id: bytes

    @property
    def vault_id(self) -> VaultId:
        return self.ada.session.own_vault_id

    def rows(self, table: Table, vault_id: bytes | None = None) -> list[dict[str, Any]]:
        with self.house.database.read() as connection:
            found = connection.execute(select(table).where(table.c.vault_id == (vault_id or self.vault_id)))
            return [dict(row) for row in found.mappings()]

    def slot_of_ben(self) -> dict[str, Any]:
        return next(row for row in self.rows(_SLOT) if row["slot_id"] == self.slot_id)

    def write(self, table: Table, row: Mapping[str, Any]) -> None:
        with self.house.database.write() as connection:
            connection.execute(insert(table), dict(row))

    def put_back(self, table: Table, rows: list[dict[str, Any]], vault_id: VaultId) -> None:
        """The rows of a vault as they were before."""
        with self.house.database.write() as connection:
            connection.execute(delete(table).where(table.c.vault_id == vault_id))
            connection.execute(insert(table), rows)

    def key_of(self, somebody: Somebody) -> bytes:
        return bytes(
            next(r for r in self.rows(_RING, somebody.session.own_vault_id) if r["purpose"] == "carer")["public_key"]
        )

    def is_shut_to(self, somebody: Somebody) -> bool:
        try:
            somebody.caring.act_for(self.vault_id)
        except (NotFound, Tampered):
            return somebody.session.acting is None
        return False


@pytest.fixture
def people(house: House) -> People:
    ada, ben, eve = (sign_up(house, name) for name in ("Ada", "Ben", "Eve"))
    slot_id = ada.let_in(ben, VIEW).slot_id
    eve.caring.make_for("Kim Example", "2018-05-06", None)  # So that she has a key for caring.
    return People(house, ada, ben, eve, slot_id)


def test_a_slot_planted_for_a_writers_own_key_lets_nobody_in(people: People) -> None:
    theirs, key = people.slot_of_ben(), people.key_of(people.eve)
    sealed = seal_to(key, slot_info("vk/1", people.vault_id, b"e" * 16, 1), VaultKey.make().raw)  # type: ignore[arg-type]
    people.write(_SLOT, theirs | {"slot_id": b"e" * 16, "public_key": key, "sealed_vault_key": sealed})
    assert people.is_shut_to(people.eve)
    assert not people.is_shut_to(people.ben)


def test_a_carers_slot_with_the_public_key_exchanged_lets_nobody_in(people: People) -> None:
    with people.house.database.write() as connection:
        mine = (_SLOT.c.vault_id == people.vault_id) & (_SLOT.c.slot_id == people.slot_id)
        connection.execute(update(_SLOT).where(mine).values(public_key=people.key_of(people.eve)))
    assert people.is_shut_to(people.eve)


def test_a_carers_slot_copied_into_another_vault_lets_nobody_in_there(people: People) -> None:
    victim = sign_up(people.house, "Zoe")
    vault_id = victim.session.own_vault_id
    people.write(_SLOT, people.slot_of_ben() | {"vault_id": vault_id})
    with pytest.raises(NotFound):
        people.ben.caring.act_for(vault_id)
    people.put_back(_MANIFEST, [people.rows(_MANIFEST)[0] | {"vault_id": vault_id}], vault_id)
    with pytest.raises((NotFound, Tampered)):
        people.ben.caring.act_for(vault_id)


def test_a_removed_carers_slot_brought_back_with_its_manifest_gives_no_power(people: People) -> None:
    slots, manifest = people.rows(_SLOT), people.rows(_MANIFEST)
    people.ada.caring.remove(people.slot_id)  # type: ignore[arg-type]
    people.write(_SLOT, next(row for row in slots if row["slot_id"] == people.slot_id))
    assert people.is_shut_to(people.ben)
    people.put_back(_SLOT, slots, people.vault_id)
    people.put_back(_MANIFEST, manifest, people.vault_id)
    assert people.is_shut_to(people.ben)  # The paper that permits has no line for them any more.


def test_a_removed_carers_slot_brought_back_with_everything_that_goes_with_it_contradicts_the_sum(
    people: People,
) -> None:
    before = {table: people.rows(table) for table in (_SLOT, _MANIFEST, _PAPER, _ROOT)}
    people.ben.caring.act_for(people.vault_id)
    people.ada.caring.remove(people.slot_id)  # type: ignore[arg-type]
    for table, rows in before.items():
        people.put_back(table, rows, people.vault_id)
    assert people.ben.session.acting is None
    with pytest.raises(Tampered):
        people.ben.caring.act_for(people.vault_id)


def test_a_slot_from_before_a_hand_over_brought_back_opens_nothing(people: People) -> None:
    house = people.house
    made = people.ada.caring.make_for("Sam Example", "2008-05-06", None)
    people.ada.caring.act_for(made.vault_id)
    slots, manifest = people.rows(_SLOT, made.vault_id), people.rows(_MANIFEST, made.vault_id)
    family = Family(house, people.ada, people.ben, made.vault_id, made.recovery_code, people.ada.session)
    family.handing.finish(family.answer(family.invite())[1])
    kept = people.rows(_SLOT, made.vault_id)
    people.put_back(_SLOT, [*kept, *slots], made.vault_id)
    with pytest.raises(NotFound):
        people.ada.caring.act_for(made.vault_id)
    people.put_back(_MANIFEST, manifest, made.vault_id)
    with pytest.raises(VaultError):
        people.ada.caring.act_for(made.vault_id)
    assert people.ada.session.acting is None


def test_acting_for_somebody_written_into_a_session_leads_nowhere(people: People) -> None:
    with people.house.database.write() as connection:
        mine = _SESSION.c.vault_id == people.eve.session.own_vault_id
        connection.execute(update(_SESSION).where(mine).values(acting_vault=people.vault_id))
    assert (people.eve.session.acting, people.eve.session.vault_id) == (None, people.eve.session.own_vault_id)


def test_an_answer_to_an_invitation_that_a_writer_plants_is_never_let_in(people: People) -> None:
    invited = people.ada.inviting.invite("My brother", VIEW)
    own = people.eve.session.own_vault_id
    planted = {"invited_vault": own, "public_key": people.key_of(people.eve), "sealed": bytes(60), "proof": bytes(32)}
    with people.house.database.write() as connection:
        connection.execute(update(_INVITATION).values(planted))
    assert [answered for _, answered in people.ada.inviting.open_invitations()] == [None]
    with pytest.raises(Tampered):
        people.ada.inviting.accept(invited.invitation.invitation_id, VIEW)
    assert people.is_shut_to(people.eve)


def test_an_invitation_that_a_writer_makes_himself_is_none_of_the_vaults(people: People) -> None:
    people.ada.inviting.invite("My brother", VIEW)
    (row,) = people.rows(_INVITATION)
    people.write(_INVITATION, row | {"invitation_id": b"i" * 16})
    assert len(people.ada.inviting.open_invitations()) == 1
    with pytest.raises(NotFound):
        people.ada.inviting.accept(b"i" * 16, VIEW)  # type: ignore[arg-type]


def test_every_act_of_a_carer_stands_in_the_persons_history_and_none_in_the_carers_own(people: People) -> None:
    people.ben.caring.act_for(people.vault_id)
    ben_is = people.ben.session.own_keyring.pseudonym
    assert ("carer", "acting", ben_is) in read_all(people.ada)
    people.ben.caring.stop_acting()
    assert "acting" not in {reason for _, reason, _ in read_all(people.ben)}


def test_a_planted_public_key_in_a_carers_own_vault_is_refused(people: People) -> None:
    with people.house.database.write() as connection:
        mine = (_RING.c.vault_id == people.ben.session.own_vault_id) & (_RING.c.purpose == "carer")
        connection.execute(update(_RING).where(mine).values(public_key=public_key_of(Seed.make())))
    assert people.is_shut_to(people.ben)

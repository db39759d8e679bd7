"""Ways in: several of each kind, named, confirmed, removed, never too few, and gone for good once removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from auth.errors import BadWayName, LastRecoveryCode, TooManyWays, WrongRecoveryGroup
from auth.sessions import Session
from auth.ways_in import MAX_OWN_WAYS, WayIn
from tests.auth.conftest import ANOTHER, EMAIL, ORIGIN, PASSPHRASE, House
from vault import freshness
from vault.crypto.passphrases import WeakPassphrase
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound, Tampered, Unauthenticated
from vault.ids import SlotId, make_id
from vault.keys.keyring import Keyring
from vault.keys.manifest import TooFewSlots
from vault.keys.slots import make_slot
from vault.keys.tables import KeySlot
from vault.keys.unlocking import WrongSecret
from vault.papers import Papers
from vault.slot_notes import PAPER, PURPOSE

THIRD = "seven quiet harbour maps"


def signed_in(house: House) -> tuple[Session, str]:
    """A session with a confirmed code, and that code."""
    made = house.create()
    session = house.sessions.resume(made.token)
    house.ways_in.confirm_recovery_code(session, made.recovery_code[-4:])
    return house.sessions.resume(made.token), made.recovery_code


def only(house: House, session: Session, kind: SlotKind) -> WayIn:
    (way,) = (each for each in house.ways_in.list(session) if each.kind is kind)
    return way


def slot_row(house: House, slot_id: bytes) -> dict[str, Any]:
    table = table_of(KeySlot)
    with house.database.read() as connection:
        return dict(connection.execute(select(table).where(table.c.slot_id == slot_id)).one()._mapping)


def put_back(house: House, row: dict[str, Any]) -> None:
    with house.database.write() as connection:
        connection.execute(insert(table_of(KeySlot)), row)


def add_passkey(house: House, session: Session, output: bytes) -> SlotId:
    now = house.clock.now()

    def make(keyring: Keyring, _stored: object) -> Any:
        return make_slot(keyring, SlotKind.PASSKEY, output, now)

    return house.ways_in.add(session, make, "Phone", ORIGIN)


def test_several_passphrases_and_codes_open_the_same_vault_and_are_listed_with_their_names(house: House) -> None:
    session, code = signed_in(house)
    house.ways_in.add_passphrase(session, ANOTHER, "  For\tthe tablet ", ORIGIN)
    second = house.ways_in.add_recovery_code(session, "At my sister's", ORIGIN)
    for passphrase in (PASSPHRASE, ANOTHER):
        opened = house.sessions.resume(house.sessions.with_passphrase(EMAIL, passphrase, ORIGIN).token)
        assert opened.vault_id == session.vault_id
    shown = [(way.kind, way.name, way.confirmed) for way in house.ways_in.list(session)]
    assert sorted(shown) == [
        (SlotKind.PASSPHRASE, "", False),
        (SlotKind.PASSPHRASE, "For the tablet", False),
        (SlotKind.RECOVERY_CODE, "", True),
        (SlotKind.RECOVERY_CODE, "At my sister's", False),
    ]
    assert house.sessions.with_recovery_code(EMAIL, second.code, THIRD, ORIGIN)
    assert house.sessions.with_recovery_code(EMAIL, code, THIRD, ORIGIN)


def test_a_code_counts_only_once_its_own_last_group_was_typed(house: House) -> None:
    session, code = signed_in(house)
    second = house.ways_in.add_recovery_code(session, "", ORIGIN)
    first = next(way.slot_id for way in house.ways_in.list(session) if way.confirmed)
    with pytest.raises(LastRecoveryCode):
        house.ways_in.remove(session, first, ORIGIN)
    with pytest.raises(WrongRecoveryGroup):
        house.ways_in.confirm_recovery_code(session, code[-4:], second.slot_id)
    house.ways_in.confirm_recovery_code(session, second.code[-4:].lower(), second.slot_id)
    house.ways_in.remove(session, first, ORIGIN)
    with pytest.raises(LastRecoveryCode):
        house.ways_in.remove(session, second.slot_id, ORIGIN)
    with pytest.raises(WrongSecret):
        house.sessions.with_recovery_code(EMAIL, code, THIRD, ORIGIN)


@pytest.mark.parametrize(
    "spell",
    [str.lower, lambda code: code.replace("0", "O").replace("1", "l"), lambda code: " ".join(code.replace("1", "I"))],
)
def test_a_recovery_code_typed_with_o_for_0_and_l_for_1_opens(house: House, spell: Callable[[str], str]) -> None:
    made = house.create()
    assert house.sessions.with_recovery_code(EMAIL, spell(made.recovery_code), ANOTHER, ORIGIN)


def test_two_ways_in_stay_and_a_recovery_code_among_them(house: House) -> None:
    session, _ = signed_in(house)
    with pytest.raises(TooFewSlots):
        house.ways_in.remove(session, only(house, session, SlotKind.PASSPHRASE).slot_id, ORIGIN)
    with pytest.raises(LastRecoveryCode):
        house.ways_in.remove(session, only(house, session, SlotKind.RECOVERY_CODE).slot_id, ORIGIN)
    add_passkey(house, session, b"\7" * 32)
    house.ways_in.remove(session, only(house, session, SlotKind.PASSPHRASE).slot_id, ORIGIN)
    with pytest.raises(WrongSecret):
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)


@pytest.mark.parametrize("kind", [SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE, SlotKind.PASSKEY])
def test_a_removed_slot_of_any_kind_that_is_put_back_opens_nothing(house: House, kind: SlotKind) -> None:
    session, _ = signed_in(house)
    code = house.ways_in.add_recovery_code(session, "", ORIGIN)
    slots = {
        SlotKind.PASSPHRASE: house.ways_in.add_passphrase(session, ANOTHER, "", ORIGIN),
        SlotKind.RECOVERY_CODE: code.slot_id,
        SlotKind.PASSKEY: add_passkey(house, session, b"\7" * 32),
    }
    opens: dict[SlotKind, Callable[[], object]] = {
        SlotKind.PASSPHRASE: lambda: house.unlocking.by_passphrase(session.vault_id, ANOTHER),
        SlotKind.RECOVERY_CODE: lambda: house.unlocking.by_recovery_code(session.vault_id, code.code),
        SlotKind.PASSKEY: lambda: house.unlocking.by_passkey(session.vault_id, slots[SlotKind.PASSKEY], b"\7" * 32),
    }
    assert opens[kind]()
    row = slot_row(house, slots[kind])
    house.ways_in.remove(session, slots[kind], ORIGIN)
    put_back(house, row)
    with pytest.raises(WrongSecret):
        opens[kind]()


@pytest.mark.parametrize("offered", [SlotKind.RECOVERY_CODE, SlotKind.PASSKEY, SlotKind.CARER, SlotKind.TRUSTED])
def test_a_slot_of_one_kind_offered_as_another_is_refused(house: House, offered: SlotKind) -> None:
    session, _ = signed_in(house)
    table = table_of(KeySlot)
    mine = only(house, session, SlotKind.PASSPHRASE).slot_id
    with house.database.write() as connection:
        connection.execute(update(table).where(table.c.slot_id == mine).values(kind=int(offered)))
    with pytest.raises(Tampered):
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)
    with pytest.raises((Tampered, WrongSecret)):
        house.unlocking.by_passkey(session.vault_id, mine, b"\7" * 32)


def test_removing_a_way_in_signs_out_everywhere_else_and_adding_one_does_not(house: House) -> None:
    session, _ = signed_in(house)
    elsewhere = house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN).token
    added = house.ways_in.add_passphrase(session, ANOTHER, "", ORIGIN)
    assert house.sessions.resume(elsewhere)
    house.ways_in.remove(session, added, ORIGIN)
    with pytest.raises(Unauthenticated):
        house.sessions.resume(elsewhere)
    assert house.ways_in.list(session)


def test_changing_a_passphrase_leaves_the_others_and_keeps_its_name(house: House) -> None:
    session, _ = signed_in(house)
    house.ways_in.rename(session, only(house, session, SlotKind.PASSPHRASE).slot_id, "At home")
    house.ways_in.add_passphrase(session, ANOTHER, "On the tablet", ORIGIN)
    house.ways_in.change_passphrase(session, PASSPHRASE, THIRD, ORIGIN)
    for passphrase in (ANOTHER, THIRD):
        assert house.sessions.with_passphrase(EMAIL, passphrase, ORIGIN)
    with pytest.raises(WrongSecret):
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)
    names = {way.name for way in house.ways_in.list(session) if way.kind is SlotKind.PASSPHRASE}
    assert names == {"At home", "On the tablet"}


def test_coming_back_replaces_the_code_that_was_used_and_every_passphrase_and_nothing_else(house: House) -> None:
    session, code = signed_in(house)
    house.ways_in.add_passphrase(session, ANOTHER, "", ORIGIN)
    other = house.ways_in.add_recovery_code(session, "In the safe", ORIGIN)
    house.ways_in.confirm_recovery_code(session, other.code[-4:], other.slot_id)
    passkey = add_passkey(house, session, b"\7" * 32)
    back = house.sessions.with_recovery_code(EMAIL, code, THIRD, ORIGIN)
    now = house.sessions.resume(back.token)
    assert now.recovery_confirmed  # By the code that stayed.
    kept = {way.slot_id: way.name for way in house.ways_in.list(now)}
    assert (kept[other.slot_id], kept[passkey], len(kept)) == ("In the safe", "Phone", 4)
    for old in (PASSPHRASE, ANOTHER):
        with pytest.raises(WrongSecret):
            house.sessions.with_passphrase(EMAIL, old, ORIGIN)
    with pytest.raises(WrongSecret):
        house.sessions.with_recovery_code(EMAIL, code, THIRD, ORIGIN)
    assert house.sessions.with_recovery_code(EMAIL, other.code, THIRD, ORIGIN)


def test_names_and_passphrases_are_checked_and_nobody_hoards_ways_in(house: House) -> None:
    session, _ = signed_in(house)
    slot_id = only(house, session, SlotKind.PASSPHRASE).slot_id
    for bad in ("x" * 201, "bell\a", "right\u202eleft"):
        with pytest.raises(BadWayName):
            house.ways_in.rename(session, slot_id, bad)
    with pytest.raises(WeakPassphrase):
        house.ways_in.add_passphrase(session, "passwordpassword", "", ORIGIN)
    with pytest.raises(NotFound):
        house.ways_in.rename(session, SlotId(make_id()), "Mine?")
    with pytest.raises(NotFound):
        house.ways_in.remove(session, SlotId(make_id()), ORIGIN)
    for _ in range(MAX_OWN_WAYS - 2):
        house.ways_in.add_recovery_code(session, "", ORIGIN)
    with pytest.raises(TooManyWays):
        house.ways_in.add_recovery_code(session, "", ORIGIN)


def test_a_way_in_says_in_which_hour_it_was_last_used(house: House) -> None:
    session, _ = signed_in(house)
    assert only(house, session, SlotKind.PASSPHRASE).last_used_at is None
    house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)
    hour = house.clock.now().replace(minute=0, second=0, microsecond=0)
    assert only(house, session, SlotKind.PASSPHRASE).last_used_at == hour
    assert only(house, session, SlotKind.RECOVERY_CODE).last_used_at is None


def test_the_first_releases_note_of_its_one_code_is_read(house: House) -> None:
    made = house.create()
    session = house.sessions.resume(made.token)
    keyring, papers = session.keyring, Papers(session.keyring)
    first = json.dumps({"last_group": made.recovery_code[-4:], "confirmed": True}).encode()
    with house.database.write() as connection:
        state = freshness.read(connection, keyring)
        papers.exchange(connection, state, papers.prepare(PURPOSE, first, house.clock.now(), PAPER, 2))
    assert only(house, session, SlotKind.RECOVERY_CODE).confirmed
    house.ways_in.add_recovery_code(session, "Another", ORIGIN)
    shown = {(way.name, way.confirmed) for way in house.ways_in.list(session) if way.kind is SlotKind.RECOVERY_CODE}
    assert shown == {("", True), ("Another", False)}

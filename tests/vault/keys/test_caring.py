"""A carer opens somebody else's vault by a key pair of their own, and never what is kept from carers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from tests.vault.keys.conftest import Enrolled
from vault.clock import SystemClock
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import Pseudonym
from vault.keys.caring import open_as_carer, open_carer_seed, prepare_carer_key, seal_carer_slot, store_carer_key
from vault.keys.invitations import (
    CARER,
    TRUSTED,
    BadInvitation,
    Person,
    check_answer,
    make_answer,
    make_invitation,
    parse_invitation,
)
from vault.keys.keyring import Keyring
from vault.keys.manifest import TooManyCarers
from vault.keys.tables import KeyRing, KeySlot

_SLOT, _RING = table_of(KeySlot), table_of(KeyRing)
PERSON = Person("Ben Example", Pseudonym(b"p" * 16))


def carer_key(carer: Enrolled) -> bytes:
    row = prepare_carer_key(carer.keyring)
    with carer.database.write() as connection:
        store_carer_key(connection, row)
    return bytes(row["public_key"])


def let_in(enrolled: Enrolled, public_key: bytes) -> bytes:
    slot = seal_carer_slot(enrolled.keyring, public_key, SystemClock().now())
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
    change = enrolled.enrolment.prepare_change(enrolled.keyring, stored, add=(slot,))
    with enrolled.database.write() as connection:
        enrolled.enrolment.store_change(connection, change)
    return slot.listed.slot_id


def opened(enrolled: Enrolled, carer: Enrolled) -> Keyring:
    with enrolled.database.read() as connection:
        return open_as_carer(connection, enrolled.provider, carer.keyring, enrolled.vault_id)


def test_a_carer_opens_the_vault_and_not_what_is_kept_from_carers(enrolled: Enrolled) -> None:
    carer = enrolled.enrol_another()
    let_in(enrolled, carer_key(carer))
    keyring = opened(enrolled, carer)
    wrapped = enrolled.keyring.wrap("any/1", b"x", b"a secret")
    assert keyring.unwrap("any/1", b"x", wrapped) == b"a secret"
    assert (keyring.opens_private, enrolled.keyring.opens_private) == (False, True)
    with pytest.raises(Tampered):
        keyring.seal_to_slot(b"s" * 16, public_key_of(Seed.make()))  # type: ignore[arg-type]


def test_somebody_without_a_slot_opens_nothing(enrolled: Enrolled) -> None:
    carer, stranger = enrolled.enrol_another(), enrolled.enrol_another()
    let_in(enrolled, carer_key(carer))
    with pytest.raises(NotFound):
        opened(enrolled, stranger)
    carer_key(stranger)
    with pytest.raises(NotFound):
        opened(enrolled, stranger)


def test_a_removed_carer_whose_row_is_put_back_opens_nothing(enrolled: Enrolled) -> None:
    carer = enrolled.enrol_another()
    slot_id = let_in(enrolled, carer_key(carer))
    with enrolled.database.read() as connection:
        row = connection.execute(_SLOT.select().where(_SLOT.c.slot_id == slot_id)).one()
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
    change = enrolled.enrolment.prepare_change(enrolled.keyring, stored, remove=(slot_id,))  # type: ignore[arg-type]
    with enrolled.database.write() as connection:
        enrolled.enrolment.store_change(connection, change)
        connection.execute(_SLOT.insert(), dict(row._mapping))
    with pytest.raises(NotFound):
        opened(enrolled, carer)


def test_a_slot_planted_for_a_carer_is_not_looked_at(enrolled: Enrolled) -> None:
    carer = enrolled.enrol_another()
    slot = seal_carer_slot(enrolled.keyring, carer_key(carer), SystemClock().now())
    with enrolled.database.write() as connection:
        connection.execute(_SLOT.insert(), slot.row)
    with pytest.raises(NotFound):
        opened(enrolled, carer)


def test_a_public_key_swapped_in_the_carers_own_vault_is_refused(enrolled: Enrolled) -> None:
    carer = enrolled.enrol_another()
    let_in(enrolled, carer_key(carer))
    mine = (_RING.c.vault_id == carer.vault_id) & (_RING.c.purpose == "carer")
    with carer.database.write() as connection:
        connection.execute(update(_RING).where(mine).values(public_key=public_key_of(Seed.make())))
    with carer.database.read() as connection, pytest.raises(Tampered):
        open_carer_seed(connection, carer.keyring)


def test_an_own_slot_offered_as_a_carers_is_refused(enrolled: Enrolled) -> None:
    carer = enrolled.enrol_another()
    slot_id = let_in(enrolled, carer_key(carer))
    with enrolled.database.write() as connection:
        connection.execute(update(_SLOT).where(_SLOT.c.slot_id == slot_id).values(kind=int(SlotKind.PASSKEY)))
    with pytest.raises(Tampered):
        opened(enrolled, carer)


def test_a_vault_has_at_most_three_carers(enrolled: Enrolled) -> None:
    for _ in range(3):
        let_in(enrolled, carer_key(enrolled.enrol_another()))
    with pytest.raises(TooManyCarers):
        let_in(enrolled, carer_key(enrolled.enrol_another()))


def test_an_answer_proves_which_key_is_whose() -> None:
    invitation = make_invitation(CARER, b"v" * 16)  # type: ignore[arg-type]
    read = parse_invitation(CARER, f" {invitation.text()}\n")
    answer = make_answer(read, b"c" * 16, b"k" * 1216, PERSON)  # type: ignore[arg-type]
    assert check_answer(invitation, answer) == PERSON


@pytest.mark.parametrize("fault", ["public_key", "vault_id", "sealed", "proof"])
def test_a_changed_answer_is_refused(fault: str) -> None:
    invitation = make_invitation(CARER, b"v" * 16)  # type: ignore[arg-type]
    answer = make_answer(invitation, b"c" * 16, b"k" * 1216, PERSON)  # type: ignore[arg-type]
    old = getattr(answer, fault)
    with pytest.raises(Tampered):
        check_answer(invitation, replace(answer, **{fault: bytes((old[0] ^ 1,)) + old[1:]}))


def test_an_answer_to_another_invitation_or_in_another_role_is_refused() -> None:
    invitation, another = (make_invitation(CARER, b"v" * 16) for _ in range(2))  # type: ignore[arg-type]
    answer = make_answer(invitation, b"c" * 16, b"k" * 1216, PERSON)  # type: ignore[arg-type]
    for wrong in (another, replace(invitation, role=TRUSTED)):
        with pytest.raises(Tampered):
            check_answer(wrong, answer)


@pytest.mark.parametrize(
    "text", ["", "hvi1_", "hvi1_" + "A" * 85, "hvi2_" + "A" * 86, "hvi1_" + "A" * 85 + "B", "é" * 91]
)
def test_a_malformed_invitation_is_refused_like_an_unknown_one(text: str) -> None:
    with pytest.raises(BadInvitation):
        parse_invitation(CARER, text)

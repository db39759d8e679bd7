"""Invitations, answers, offers and both halves of a way back are read as docs/specs say; each fault has its class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.vectors.make_caring import make_caring_vectors, make_trusted_vectors
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac
from vault.crypto.sealing import open_sealed
from vault.crypto.secret import InvitationSecret, PrivateKeyVK, Seed, VaultKey
from vault.database import Database, table_of
from vault.errors import Tampered
from vault.ids import InvitationId, Pseudonym, SlotId, VaultId
from vault.keys.caring import open_carer_seed
from vault.keys.invitations import CARER, Answer, BadInvitation, Invitation, check_answer, parse_invitation
from vault.keys.keyring import Keyring
from vault.keys.provider import Purpose
from vault.keys.tables import KeyRing
from vault.keys.taking_over import check_offer
from vault.keys.trusted import check_digits, hand_half, is_own_ask, join_halves
from vault.server_keys.holder import ServerKeys

FOLDER = Path(__file__).parents[2] / "vectors"
CARING: Any = json.loads((FOLDER / "caring.json").read_text("utf-8"))
TRUSTED: Any = json.loads((FOLDER / "trusted-person.json").read_text("utf-8"))
CLASSES = {"bad-invitation": BadInvitation, "tampered": Tampered}
_RING = table_of(KeyRing)


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def faults_of(vectors: Any) -> Any:
    return pytest.mark.parametrize("fault", vectors["faults"], ids=[fault["name"] for fault in vectors["faults"]])


def invitation_of(stated: Any) -> Invitation:
    ids = VaultId(raw(stated["vault_id"])), InvitationId(raw(stated["invitation_id"]))
    return Invitation(stated["role"], *ids, InvitationSecret(raw(stated["secret"])))


def answer_of(stated: Any) -> Answer:
    parts = (raw(stated[name]) for name in ("public_key", "sealed", "proof"))
    return Answer(VaultId(raw(stated["invited_vault_id"])), *parts)


def read(name: str, /, **differs: Any) -> Any:
    """The pinned answer or offer, with what a fault changes in it."""
    vectors = CARING[name]
    return CARING | {"role": vectors["role"]} | vectors["opens"] | differs


def test_the_pinned_text_is_its_invitation_and_no_other_spelling_is() -> None:
    invitation = parse_invitation(CARER, CARING["texts"]["opens"])
    assert invitation == invitation_of(CARING | {"role": CARER})
    assert invitation.text() == CARING["texts"]["opens"]


@faults_of(CARING["texts"])
def test_a_faulty_text_is_refused(fault: Any) -> None:
    with pytest.raises(CLASSES[fault["class"]]):
        parse_invitation(CARER, fault["text"])


def test_the_pinned_answer_is_proven() -> None:
    stated = read("answer")
    person = check_answer(invitation_of(stated), answer_of(stated))
    assert (person.name, person.pseudonym.hex()) == (stated["name"], stated["pseudonym"])


@faults_of(CARING["answer"])
def test_a_faulty_answer_is_refused(fault: Any) -> None:
    stated = read("answer", **fault)
    with pytest.raises(CLASSES[fault["class"]]):
        check_answer(invitation_of(stated), answer_of(stated))


def test_the_pinned_offer_is_proven() -> None:
    stated = read("offer")
    offer = check_offer(invitation_of(stated), answer_of(stated))
    assert (offer.email, offer.last_group) == (stated["email"], stated["last_group"])
    assert [offer.passphrase.slot_id.hex(), offer.code.slot_id.hex()] == stated["slot_ids"]


@faults_of(CARING["offer"])
def test_a_faulty_offer_is_refused(fault: Any) -> None:
    stated = read("offer", **fault)
    with pytest.raises(CLASSES[fault["class"]]):
        check_offer(invitation_of(stated), answer_of(stated))


def carer_seed(database: Database, stated: Any) -> bytes:
    vault_id = VaultId(raw(CARING["vault_id"]))
    key = VaultKey(raw(CARING["carer_key"]["vault_key"]))
    keyring = Keyring(vault_id, CARING["carer_key"]["generation"], Pseudonym(bytes(16)), key, PrivateKeyVK(bytes(32)))
    row = {"vault_id": vault_id, "purpose": "carer", "number": 1, "generation": 1}
    with database.write() as connection:
        wrapped, public_key = raw(stated["wrapped"]), raw(stated["public_key"])
        connection.execute(insert(_RING), row | {"wrapped": wrapped, "public_key": public_key})
    with database.read() as connection:
        return open_carer_seed(connection, keyring).raw


def test_the_pinned_carer_key_opens(sqlite_database: Database) -> None:
    stated = CARING["carer_key"]["opens"]
    assert carer_seed(sqlite_database, stated) == raw(stated["seed"])


@faults_of(CARING["carer_key"])
def test_a_faulty_carer_key_is_refused(sqlite_database: Database, fault: Any) -> None:
    with pytest.raises(CLASSES[fault["class"]]):
        carer_seed(sqlite_database, CARING["carer_key"]["opens"] | fault)


def ids(stated: Any) -> tuple[VaultId, SlotId]:
    return VaultId(raw(stated["vault_id"])), SlotId(raw(stated["slot_id"]))


def test_the_pinned_halves_make_the_pinned_slot_secret() -> None:
    said = ctx("trusted-secret/1", *ids(TRUSTED), raw(TRUSTED["person_half"]))
    assert derive_mac(raw(TRUSTED["server_half"]), said).hex() == TRUSTED["slot_secret"]


def open_half(stated: Any) -> bytes:
    seed = Seed(raw(TRUSTED["trusted_seed"]))
    hand_half(seed, *ids(stated), raw(stated["sealed"]), raw(TRUSTED["ask"]["public_key"]))
    return open_sealed(seed, ctx("trusted-half/1", *ids(stated)), raw(stated["sealed"]))


def test_the_pinned_sealed_half_is_the_persons() -> None:
    assert open_half(TRUSTED | {"sealed": TRUSTED["sealed_half"]["opens"]}) == raw(TRUSTED["person_half"])


@faults_of(TRUSTED["sealed_half"])
def test_a_faulty_sealed_half_is_refused(fault: Any) -> None:
    with pytest.raises(CLASSES[fault["class"]]):
        open_half(TRUSTED | {"sealed": TRUSTED["sealed_half"]["opens"]} | fault)


def test_the_pinned_ask_is_of_its_code_and_shows_its_digits() -> None:
    ask = TRUSTED["ask"]
    assert is_own_ask(*ids(TRUSTED), ask["code"].lower(), raw(ask["public_key"]))
    assert check_digits(*ids(TRUSTED), raw(ask["public_key"])) == ask["digits"]


@faults_of(TRUSTED["ask"])
def test_another_code_is_of_another_ask(fault: Any) -> None:
    assert fault["class"] == "other-ask"
    stated = TRUSTED | {"code": TRUSTED["ask"]["code"]} | fault
    assert not is_own_ask(*ids(stated), stated["code"], raw(TRUSTED["ask"]["public_key"]))


def joined(provider: ServerKeys, stated: Any) -> bytes:
    vault_id, slot_id = ids(stated)
    info = ctx("server-half/1", vault_id, slot_id, 7)
    wrapped = provider.wrap(Purpose.VAULT_KEYS, raw(TRUSTED["server_half"]), info)
    code, handed = TRUSTED["ask"]["code"], raw(stated["handed"])
    return join_halves(provider, vault_id, slot_id, code, handed=handed, wrapped_half=wrapped, wait_days=7)


def test_the_pinned_handed_half_joins_to_the_slot_secret(provider: ServerKeys) -> None:
    assert joined(provider, TRUSTED | {"handed": TRUSTED["handed_half"]["opens"]}) == raw(TRUSTED["slot_secret"])


@faults_of(TRUSTED["handed_half"])
def test_a_faulty_handed_half_is_refused(provider: ServerKeys, fault: Any) -> None:
    with pytest.raises(CLASSES[fault["class"]]):
        joined(provider, TRUSTED | {"handed": TRUSTED["handed_half"]["opens"]} | fault)


def test_the_generator_makes_vectors_of_the_same_shape() -> None:
    for stored, made in ((CARING, make_caring_vectors()), (TRUSTED, make_trusted_vectors())):
        assert shape(stored) == shape(made)


def shape(value: Any) -> Any:
    """Names and lengths."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else len(str(value))

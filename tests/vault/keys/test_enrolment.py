"""New vaults, and changes of who can open them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.vault.keys.conftest import PASSPHRASE, Enrolled
from vault.crypto.passphrases import PassphraseLength
from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.errors import NotFound
from vault.ids import VaultId
from vault.keys.generations import KeysChanged
from vault.keys.manifest import decode
from vault.keys.stored import read_keys, read_manifest_header
from vault.keys.tables import KeySlot
from vault.keys.unlocking import WrongSecret

NEW = "violet anchor sings twice"
_SLOT = table_of(KeySlot)


def test_a_new_vault_has_a_passphrase_slot_and_a_recovery_slot(enrolled: Enrolled) -> None:
    with enrolled.database.read() as connection:
        stored = read_keys(connection, enrolled.vault_id)
    assert stored is not None
    manifest = stored.open_manifest(enrolled.provider)
    assert {slot.kind for slot in manifest.slots} == {SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE}
    assert (manifest.serial, manifest.generation, manifest.delivery_epoch) == (1, 1, 1)


def test_the_header_of_a_new_vault_is_the_stored_manifests(enrolled: Enrolled) -> None:
    keys = enrolled.enrolment.prepare(PASSPHRASE)
    with enrolled.database.write() as connection:
        enrolled.enrolment.store(connection, keys)
        assert read_manifest_header(connection, keys.vault_id) == keys.header
        assert read_manifest_header(connection, VaultId(b"x" * 16)) is None


def test_after_a_change_only_the_new_passphrase_opens(enrolled: Enrolled) -> None:
    enrolled.change_passphrase(NEW)
    enrolled.unlocking.by_passphrase(enrolled.vault_id, NEW)
    enrolled.unlocking.by_recovery_code(enrolled.vault_id, enrolled.recovery_code)
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)


def test_a_new_passphrase_is_a_new_slot_with_a_new_key_pair(enrolled: Enrolled) -> None:
    def passphrase_slot() -> tuple[bytes, bytes]:
        with enrolled.database.read() as connection:
            where = (_SLOT.c.vault_id == enrolled.vault_id, _SLOT.c.kind == int(SlotKind.PASSPHRASE))
            slot_id, public_key = connection.execute(select(_SLOT.c.slot_id, _SLOT.c.public_key).where(*where)).one()
        return slot_id, public_key

    before = passphrase_slot()
    enrolled.change_passphrase(PASSPHRASE)
    after = passphrase_slot()
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_recovery_replaces_both_slots_and_answers_the_new_code(enrolled: Enrolled) -> None:
    keyring = enrolled.unlocking.by_recovery_code(enrolled.vault_id, enrolled.recovery_code)
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
    change = enrolled.enrolment.prepare_recovery(keyring, stored, NEW)
    with enrolled.database.write() as connection:
        enrolled.enrolment.store_change(connection, change)
    assert change.recovery_code is not None
    enrolled.unlocking.by_recovery_code(enrolled.vault_id, change.recovery_code)
    enrolled.unlocking.by_passphrase(enrolled.vault_id, NEW)
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_recovery_code(enrolled.vault_id, enrolled.recovery_code)
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)


def test_a_change_tells_freshness_which_manifest_went_and_which_came(enrolled: Enrolled) -> None:
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
        before = read_manifest_header(connection, enrolled.vault_id)
    change = enrolled.enrolment.prepare_passphrase_change(enrolled.keyring, stored, NEW)
    with enrolled.database.write() as connection:
        told = enrolled.enrolment.store_change(connection, change)
        after = read_manifest_header(connection, enrolled.vault_id)
    assert (told.removed, told.added) == ((before,), (after,))
    assert after is not None
    assert after[1] == 2
    assert decode(change.manifest_row["body"]).serial == 2


def test_of_two_changes_from_one_state_one_wins(enrolled: Enrolled) -> None:
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
    first = enrolled.enrolment.prepare_passphrase_change(enrolled.keyring, stored, NEW)
    second = enrolled.enrolment.prepare_recovery(enrolled.keyring, stored, "seven quiet harbour maps")
    with enrolled.database.write() as connection:
        enrolled.enrolment.store_change(connection, first)
    with pytest.raises(KeysChanged), enrolled.database.write() as connection:
        enrolled.enrolment.store_change(connection, second)
    enrolled.unlocking.by_passphrase(enrolled.vault_id, NEW)


@pytest.mark.parametrize("passphrase", ["", "eleven char", "x" * 257, "y" * 10_240])
def test_a_passphrase_of_the_wrong_length_is_refused(enrolled_on_sqlite: Enrolled, passphrase: str) -> None:
    with pytest.raises(PassphraseLength):
        enrolled_on_sqlite.enrolment.prepare(passphrase)


def test_an_unknown_vault_has_no_state(enrolled: Enrolled) -> None:
    with enrolled.database.read() as connection, pytest.raises(NotFound):
        enrolled.enrolment.read_state(connection, VaultId(b"x" * 16))

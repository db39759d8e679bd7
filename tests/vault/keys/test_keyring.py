"""What an unlocked vault does for the other rooms."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.vault.keys.conftest import Enrolled
from vault.errors import NotFound, Tampered
from vault.ids import Pseudonym
from vault.keys.delivery import open_delivered_root, read_address, seal_root
from vault.keys.log_keys import pseudonym_of, read_account_key


def test_a_keyring_shows_and_copies_nothing(enrolled_on_sqlite: Enrolled) -> None:
    keyring = enrolled_on_sqlite.keyring
    assert repr(keyring) == "<Keyring>"
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            use(keyring)


def test_a_wrap_opens_for_its_label_object_and_vault_only(enrolled_on_sqlite: Enrolled) -> None:
    keyring, other = enrolled_on_sqlite.keyring, enrolled_on_sqlite.enrol_another().keyring
    wrapped = keyring.wrap("link-key/1", b"g" * 16, b"k" * 32)
    assert keyring.unwrap("link-key/1", b"g" * 16, wrapped) == b"k" * 32
    for opener, label, object_id in (
        (keyring, "link-key/1", b"h" * 16),
        (keyring, "other/1", b"g" * 16),
        (other, "link-key/1", b"g" * 16),
    ):
        with pytest.raises(Tampered):
            opener.unwrap(label, object_id, wrapped)
    for end in range(len(wrapped)):
        with pytest.raises(Tampered):
            keyring.unwrap("link-key/1", b"g" * 16, wrapped[:end])


def test_a_root_opens_as_its_own_row_only(enrolled_on_sqlite: Enrolled) -> None:
    keyring = enrolled_on_sqlite.keyring
    new, other = keyring.make_root("write"), keyring.make_root("write")
    assert keyring.open_root(new.root_id, new.row["wrapped"], new.row["generation"]) == new.root
    with pytest.raises(Tampered):
        keyring.open_root(other.root_id, new.row["wrapped"], 1)
    with pytest.raises(Tampered):
        keyring.open_root(new.root_id, new.row["wrapped"], 2)


def test_duplicate_tags_differ_between_vaults(enrolled_on_sqlite: Enrolled) -> None:
    keyring, other = enrolled_on_sqlite.keyring, enrolled_on_sqlite.enrol_another().keyring
    assert keyring.duplicate_tag(b"same") == keyring.duplicate_tag(b"same") != other.duplicate_tag(b"same")


def test_the_freshness_sum_opens_at_its_sequence_only(enrolled_on_sqlite: Enrolled) -> None:
    keyring = enrolled_on_sqlite.keyring
    total = 2**256 - 1
    sealed = keyring.seal_freshness(7, total)
    assert keyring.open_freshness(7, sealed) == total
    with pytest.raises(Tampered):
        keyring.open_freshness(6, sealed)


def test_freshness_terms_depend_on_every_part(enrolled_on_sqlite: Enrolled) -> None:
    keyring = enrolled_on_sqlite.keyring
    terms = {
        keyring.fresh_term(b"o" * 16, 1, b"n" * 12),
        keyring.fresh_term(b"p" * 16, 1, b"n" * 12),
        keyring.fresh_term(b"o" * 16, 2, b"n" * 12),
        keyring.fresh_term(b"o" * 16, 1, b"m" * 12),
    }
    assert len(terms) == 4
    assert all(0 <= term < 2**256 for term in terms)


def test_log_keys_hang_under_the_vault_and_account_keys_under_the_operator(enrolled: Enrolled) -> None:
    with enrolled.database.read() as connection:
        pseudonym = pseudonym_of(connection, enrolled.vault_id)
        assert pseudonym == enrolled.keyring.pseudonym
        assert enrolled.keyring.log_key(connection, pseudonym) == enrolled.keyring.log_key(connection, pseudonym)
        key = read_account_key(connection, enrolled.provider, enrolled.vault_id, pseudonym)
        assert key == read_account_key(connection, enrolled.provider, enrolled.vault_id, pseudonym)
        for unknown in (lambda: enrolled.keyring.log_key(connection, Pseudonym(b"x" * 16)),):
            with pytest.raises(NotFound):
                unknown()


def test_a_locked_vault_receives_a_root_that_it_opens_later(enrolled: Enrolled) -> None:
    new = enrolled.keyring.make_root("write")
    with enrolled.database.read() as connection:
        address = read_address(connection, enrolled.provider, enrolled.vault_id)
        sealed = seal_root(address, new.root_id, new.root)
        assert open_delivered_root(connection, enrolled.keyring, address.epoch, new.root_id, sealed) == new.root
        another = enrolled.keyring.make_root("write").root_id
        for epoch, root_id in ((address.epoch, another), (2, new.root_id)):
            with pytest.raises(Tampered):
                open_delivered_root(connection, enrolled.keyring, epoch, root_id, sealed)

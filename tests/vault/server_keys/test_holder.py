"""The key provider over each real store: files, SoftHSM, OpenBao."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest

from tests.key_stores import make_store
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable, Purpose, verify_any
from vault.server_keys.holder import ServerKeys
from vault.server_keys.stores import KeyStore


@pytest.fixture
def keys(store: KeyStore) -> ServerKeys:
    return ServerKeys(store)


def test_every_purpose_has_a_key_of_its_own(keys: ServerKeys) -> None:
    assert set(keys.key_ids()) == {purpose.value for purpose in Purpose}
    assert len(set(keys.key_ids().values())) == len(Purpose)
    assert len({keys.mac(purpose, b"same") for purpose in Purpose}) == len(Purpose)
    assert len({keys.public_key(purpose) for purpose in Purpose}) == len(Purpose)


def test_a_wrap_opens_under_its_purpose_and_context_only(keys: ServerKeys) -> None:
    wrapped = keys.wrap("links", b"key", b"ctx")
    assert len(wrapped) == 9 + 12 + 3 + 16
    assert keys.unwrap("links", wrapped, b"ctx") == b"key"
    for purpose, context in (("accountability", b"ctx"), ("links", b"other"), ("links", b"")):
        with pytest.raises(Tampered):
            keys.unwrap(purpose, wrapped, context)


def test_a_wrap_that_was_cut_or_changed_anywhere_is_refused(keys: ServerKeys) -> None:
    wrapped = keys.wrap("links", b"key", b"ctx")
    for end in range(len(wrapped)):
        with pytest.raises(Tampered):
            keys.unwrap("links", wrapped[:end], b"ctx")
    for at in range(len(wrapped)):
        with pytest.raises(Tampered):
            keys.unwrap("links", wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :], b"ctx")
    assert keys.unwrap("links", wrapped, b"ctx") == b"key"


def test_an_empty_and_a_long_secret_come_back(keys: ServerKeys) -> None:
    for secret in (b"", bytes(range(256)) * 16):
        assert keys.unwrap("e-mail", keys.wrap("e-mail", secret, b""), b"") == secret


def test_signatures_verify_by_the_public_key_of_their_purpose(keys: ServerKeys) -> None:
    signature = keys.sign("receipts", b"paper")
    verify(keys.public_key("receipts"), signature, b"paper")
    for key, data in ((keys.public_key("log"), b"paper"), (keys.public_key("receipts"), b"other")):
        with pytest.raises(Tampered):
            verify(key, signature, data)


def test_the_same_store_opened_again_has_the_same_keys(keys: ServerKeys, kind: str, tmp_path: Path) -> None:
    again = ServerKeys(make_store(kind, tmp_path / "keys"))
    assert again.key_ids() == keys.key_ids()
    assert again.unwrap("links", keys.wrap("links", b"key", b""), b"") == b"key"
    assert hmac.compare_digest(again.mac("pepper", b"x"), keys.mac("pepper", b"x"))


def test_after_a_rotation_new_things_use_the_new_key_and_old_ones_open(keys: ServerKeys) -> None:
    before, wrapped, signature = keys.key_ids(), keys.wrap("links", b"key", b""), keys.sign("links", b"paper")
    found_by = keys.mac("links", b"name")
    fresh = keys.rotate("links")
    assert keys.key_ids() == {**before, "links": fresh} != before
    assert keys.wrap("links", b"key", b"")[1:9].hex() == fresh
    assert keys.unwrap("links", wrapped, b"") == b"key"
    assert verify_any(keys, "links", signature, b"paper") == keys.public_keys("links")[before["links"]]
    assert verify_any(keys, "links", keys.sign("links", b"paper"), b"paper") == keys.public_key("links")
    assert keys.mac("links", b"name") == found_by == keys.mac("links", b"name", before["links"])
    assert keys.mac("links", b"name", fresh) != found_by


def test_a_running_server_reads_what_was_wrapped_under_a_key_made_beside_it(
    keys: ServerKeys, kind: str, tmp_path: Path
) -> None:
    other = ServerKeys(make_store(kind, tmp_path / "keys"))
    other.rotate("links")
    assert keys.unwrap("links", other.wrap("links", b"key", b""), b"") == b"key"


def test_a_retired_key_opens_nothing_any_more(keys: ServerKeys) -> None:
    wrapped = keys.wrap("accountability", b"key", b"")
    old = next(key for key in keys.list_keys() if key.purpose is Purpose.ACCOUNTABILITY)
    keys.rotate("accountability")
    keys.retire(old)
    with pytest.raises(Tampered):
        keys.unwrap("accountability", wrapped, b"")
    assert old.key_id.hex() not in keys.public_keys("accountability")
    assert keys.unwrap("accountability", keys.wrap("accountability", b"new", b""), b"") == b"new"


def test_a_retired_first_key_is_not_made_anew(keys: ServerKeys, kind: str, tmp_path: Path) -> None:
    keys.rotate("vault-keys")
    keys.retire(next(key for key in keys.list_keys() if key.purpose is Purpose.VAULT_KEYS))
    assert ServerKeys(make_store(kind, tmp_path / "keys")).key_ids() == keys.key_ids()


def test_a_lost_key_is_reported_and_never_made_anew(
    keys: ServerKeys, store: KeyStore, kind: str, tmp_path: Path
) -> None:
    keys.health()
    store.destroy(next(key for key in keys.list_keys() if key.purpose is Purpose.PEPPER))
    with pytest.raises(KeysUnavailable):
        keys.health()
    if kind != "file":  # A file that is gone while it is listed is in test_files.
        with pytest.raises(KeysUnavailable) as refused:
            ServerKeys(make_store(kind, tmp_path / "keys"))
        assert "No key for pepper" in refused.value.advice
        assert "pepper" not in {key.purpose for key in store.list_keys()}


def test_a_mac_by_a_key_nobody_has_is_refused(keys: ServerKeys) -> None:
    with pytest.raises(KeysUnavailable):
        keys.mac("pepper", b"x", "0011223344556677")


def test_neither_the_provider_nor_a_store_shows_a_key(keys: ServerKeys, store: KeyStore) -> None:
    assert "object at" in repr(keys)
    assert "object at" in repr(store)

"""The operator's keys as files."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable, Purpose
from vault.server_keys.files import FileKeyProvider, FileStore


def test_keys_are_made_on_first_use_readable_by_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data-keys"
    FileKeyProvider(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.glob("*.key")} == {f"{purpose.value}.key" for purpose in Purpose}
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}


def test_a_purpose_that_a_later_release_brings_gets_its_key_once(tmp_path: Path) -> None:
    folder = tmp_path / "k"
    before = FileKeyProvider(folder).key_ids()
    for name in ("purposes", "second-factor.key"):  # As the first release left it.
        (folder / name).unlink()
    after = FileKeyProvider(folder).key_ids()
    assert {name for name in after if after[name] != before[name]} == {"second-factor"}
    assert FileKeyProvider(folder).key_ids() == after
    (folder / "second-factor.key").unlink()
    with pytest.raises(KeysUnavailable):
        FileKeyProvider(folder)


def test_a_second_provider_reads_the_same_keys(tmp_path: Path) -> None:
    first, second = FileKeyProvider(tmp_path / "k"), FileKeyProvider(tmp_path / "k")
    assert first.key_ids() == second.key_ids()
    assert first.mac("pepper", b"x") == second.mac("pepper", b"x")
    assert second.unwrap("links", first.wrap("links", b"key", b"ctx"), b"ctx") == b"key"


def test_several_first_starts_at_once_agree_on_one_set_of_keys(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(FileKeyProvider(tmp_path / "k").key_ids())

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)


def test_every_purpose_has_keys_of_its_own(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    assert len(set(provider.key_ids().values())) == len(Purpose)
    assert len({provider.mac(purpose, b"same") for purpose in Purpose}) == len(Purpose)
    assert len({provider.public_key(purpose) for purpose in Purpose}) == len(Purpose)


def test_a_wrap_opens_under_its_purpose_and_context_only(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    wrapped = provider.wrap("links", b"key", b"ctx")
    for purpose, context in (("accountability", b"ctx"), ("links", b"other"), ("links", b"")):
        with pytest.raises(Tampered):
            provider.unwrap(purpose, wrapped, context)
    with pytest.raises(Tampered):
        FileKeyProvider(tmp_path / "other").unwrap("links", wrapped, b"ctx")
    for end in range(len(wrapped)):
        with pytest.raises(Tampered):
            provider.unwrap("links", wrapped[:end], b"ctx")


def test_signatures_verify_by_the_public_key_of_their_purpose(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    signature = provider.sign("receipts", b"paper")
    verify(provider.public_key("receipts"), signature, b"paper")
    for key, data in ((provider.public_key("log"), b"paper"), (provider.public_key("receipts"), b"other")):
        with pytest.raises(Tampered):
            verify(key, signature, data)


def test_a_lost_key_file_is_reported_and_never_made_anew(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    (tmp_path / "k" / "pepper.key").unlink()
    for use in (provider.health, lambda: FileKeyProvider(tmp_path / "k")):
        with pytest.raises(KeysUnavailable):
            use()
    assert not (tmp_path / "k" / "pepper.key").exists()


@pytest.mark.parametrize("text", ["", "garbage", "healthvault-key-1 log AAAA", "healthvault-key-2 pepper " + "A" * 44])
def test_a_damaged_key_file_is_refused(tmp_path: Path, text: str) -> None:
    FileKeyProvider(tmp_path / "k")
    (tmp_path / "k" / "pepper.key").write_text(text)
    with pytest.raises(KeysUnavailable):
        FileKeyProvider(tmp_path / "k")


def test_key_files_that_others_may_read_are_refused(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    provider.health()
    (tmp_path / "k" / "pepper.key").chmod(0o644)
    with pytest.raises(KeysUnavailable):
        provider.health()


def test_the_provider_shows_no_key(tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "k")
    store = FileStore(tmp_path / "k")
    material = store.give(store.list_keys()[0])
    for each in (provider, store, material):
        assert "object at" in repr(each)

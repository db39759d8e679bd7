"""Keys that move from files into a device or a key service do there what they did before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.key_stores import make_store
from vault.crypto.signatures import verify
from vault.server_keys.files import FileKeyProvider, FileStore
from vault.server_keys.holder import ServerKeys
from vault.server_keys.moving import KeysThereAlready, copy_keys
from vault.server_keys.stores import KeysStay, KeyStore


@pytest.fixture(params=["pkcs11", "openbao"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return make_store(str(request.param), tmp_path / "there")


@pytest.fixture
def files(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider(tmp_path / "keys")


def test_what_was_wrapped_found_and_signed_before_a_move_is_so_after_it(
    files: FileKeyProvider, target: KeyStore, tmp_path: Path
) -> None:
    old = files.wrap("links", b"old", b"ctx")
    files.rotate("links")
    new = files.wrap("links", b"new", b"ctx")
    copy_keys(FileStore(tmp_path / "keys"), target)
    moved = ServerKeys(target)
    assert moved.list_keys() == files.list_keys()
    assert [moved.unwrap("links", each, b"ctx") for each in (old, new)] == [b"old", b"new"]
    assert files.unwrap("links", moved.wrap("links", b"back", b""), b"") == b"back"
    assert moved.mac("e-mail", b"name") == files.mac("e-mail", b"name")
    verify(files.public_key("receipts"), moved.sign("receipts", b"paper"), b"paper")


def test_a_move_that_stopped_half_way_is_done_again(
    files: FileKeyProvider, target: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []
    take = target.take

    def stop(*given: object) -> None:
        if len(taken) == 4:
            raise KeyboardInterrupt
        taken.append(given)
        take(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(target, "take", stop)
    with pytest.raises(KeyboardInterrupt):
        copy_keys(FileStore(tmp_path / "keys"), target)
    monkeypatch.undo()
    copy_keys(FileStore(tmp_path / "keys"), target)
    assert ServerKeys(target).key_ids() == files.key_ids()


def test_keys_never_move_over_other_keys(files: FileKeyProvider, target: KeyStore, tmp_path: Path) -> None:
    there = ServerKeys(target).key_ids()
    with pytest.raises(KeysThereAlready):
        copy_keys(FileStore(tmp_path / "keys"), target)
    assert ServerKeys(target).key_ids() == there


def test_keys_of_a_device_or_a_service_stay_there(target: KeyStore, tmp_path: Path) -> None:
    ServerKeys(target)
    with pytest.raises(KeysStay):
        copy_keys(target, FileStore(tmp_path / "empty"))

"""Keys as files of mode 0600 in a folder of mode 0700, beside the data and never inside it.

All are made together on first use. If one is missing later, nothing is made: a fresh pepper would lock
everybody out as surely as a lost one, and less visibly. A purpose that a later release brings gets its key once: the
file ``purposes`` says which files there must be. docs/specs/key-provider.md.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.signatures import sign, signing_public_key
from vault.keys.provider import FIRST_PURPOSES, KeysUnavailable, Purpose
from vault.server_keys.holder import ServerKeys
from vault.server_keys.stores import KEY_ID_BYTES, KeyMaterial, KeysStay, ServerKey

_HEADER = "healthvault-key-1"
_PURPOSES = "purposes"


class FileStore:
    """``folder`` need not exist. KeysUnavailable if a file is missing, damaged, or readable by other users."""

    def __init__(self, folder: Path) -> None:
        self.name = f"files in {folder}"
        self._folder = folder
        self._material: dict[ServerKey, KeyMaterial] = {}

    def prepare(self) -> None:
        """Under a lock, so that of several first starts one makes the set and the others read it."""
        if _never_made(_listed(self._folder)) or not (self._folder / _PURPOSES).exists():
            with self._writing():
                known = _listed(self._folder)
                fresh = _never_made(known)
                self._write_keys(name for name in fresh if not _path(self._folder, name).exists())
                self._write_list(known | fresh)

    def list_keys(self) -> tuple[ServerKey, ...]:
        found: dict[ServerKey, KeyMaterial] = {}
        for stem in _listed(self._folder):
            place = _place_of(stem)
            if place is not None:
                key, material = _derive(*place, _read(self._folder, stem, place[0]))
                found[key] = material
        self._material = found
        return tuple(sorted(found))

    def make(self, purpose: Purpose, serial: int) -> None:
        stem = _stem(purpose, serial)
        with self._writing():
            self._write_keys([stem])
            self._write_list(_listed(self._folder) | {stem})

    def take(self, key: ServerKey, material: KeyMaterial) -> None:
        raise KeysStay("Keys are derived from their file here: files hold none that was made elsewhere.")

    def give(self, key: ServerKey) -> KeyMaterial:
        return self._of(key)

    def destroy(self, key: ServerKey) -> None:
        stem = _stem(key.purpose, key.serial)
        with self._writing():
            self._write_list(_listed(self._folder) - {stem})
            _path(self._folder, stem).unlink(missing_ok=True)

    def seal(self, key: ServerKey, context: bytes, data: bytes) -> bytes:
        return seal_box(self._of(key).wrapping, context, data)

    def open(self, key: ServerKey, context: bytes, sealed: bytes) -> bytes:
        return open_box(self._of(key).wrapping, context, sealed)

    def mac(self, key: ServerKey, data: bytes) -> bytes:
        return derive_mac(self._of(key).mac, data)

    def sign(self, key: ServerKey, data: bytes) -> bytes:
        return sign(self._of(key).signing_seed, data)

    def _of(self, key: ServerKey) -> KeyMaterial:
        try:
            return self._material[key]
        except KeyError:
            raise KeysUnavailable from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The folder may be a mount point: nothing is renamed over it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
                _sync_folder(self._folder)
            finally:
                os.close(descriptor)
        except OSError:
            raise KeysUnavailable from None

    def _write_keys(self, stems: Iterable[str]) -> None:
        """Whole or not at all, each under its name once all are written."""
        written = [(self._folder / f"{stem}.new", stem) for stem in stems]
        for path, stem in written:
            seed = base64.b64encode(os.urandom(32)).decode()
            _write(path, f"{_HEADER} {stem.split('.')[0]} {seed}\n")
        for path, stem in written:
            path.rename(_path(self._folder, stem))

    def _write_list(self, stems: Iterable[str]) -> None:
        _write(self._folder / "purposes.new", " ".join(sorted(stems)) + "\n")
        (self._folder / "purposes.new").rename(self._folder / _PURPOSES)


class FileKeyProvider(ServerKeys):
    """The server's own keys as files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(FileStore(folder))


def _derive(purpose: Purpose, serial: int, seed: bytes) -> tuple[ServerKey, KeyMaterial]:
    material = KeyMaterial(
        wrapping=derive_key(seed, ctx("provider-wrap/1", purpose.value)),
        mac=derive_key(seed, ctx("provider-mac/1", purpose.value)),
        signing_seed=derive_key(seed, ctx("provider-sign/1", purpose.value)),
    )
    key_id = derive_key(seed, ctx("provider-id/1", purpose.value))[:KEY_ID_BYTES]
    return ServerKey(purpose, serial, key_id, signing_public_key(material.signing_seed)), material


def _stem(purpose: Purpose, serial: int) -> str:
    return purpose.value if serial == 1 else f"{purpose.value}.{serial}"


def _place_of(stem: str) -> tuple[Purpose, int] | None:
    """None for a purpose that only a later release knows."""
    name, _, serial = stem.partition(".")
    try:
        return Purpose(name), int(serial or 1)
    except ValueError:
        return None


def _path(folder: Path, stem: str) -> Path:
    return folder / f"{stem}.key"


def _listed(folder: Path) -> set[str]:
    """The files that there must be, without their ending; the first release kept no list."""
    try:
        return set((folder / _PURPOSES).read_text("ascii").split())
    except FileNotFoundError:
        has_any = any(_path(folder, purpose.value).exists() for purpose in Purpose)
        return {purpose.value for purpose in FIRST_PURPOSES} if has_any else set()
    except (OSError, ValueError):
        raise KeysUnavailable from None


def _never_made(known: set[str]) -> set[str]:
    """The purposes without any file so far."""
    return {purpose.value for purpose in Purpose} - {stem.partition(".")[0] for stem in known}


def _read(folder: Path, stem: str, purpose: Purpose) -> bytes:
    path = _path(folder, stem)
    try:
        if path.stat().st_mode & 0o077 or folder.stat().st_mode & 0o022:
            raise KeysUnavailable("The server's key files may be read by other users of this machine.")
        header, name, encoded = path.read_text("ascii").split()
        seed = base64.b64decode(encoded, validate=True)
    except (OSError, ValueError, binascii.Error):
        raise KeysUnavailable from None
    if (header, name, len(seed)) != (_HEADER, purpose.value, 32):
        raise KeysUnavailable
    return seed


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The operator's keys as files of mode 0600 in a folder of mode 0700, beside the data and never inside it.

All are made together on first use. If one is missing later, nothing is made: a fresh pepper would lock
everybody out as surely as a lost one, and less visibly. A purpose that a later release brings gets its key once: the
file ``purposes`` says which had theirs. docs/specs/key-provider.md.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.signatures import sign, signing_public_key
from vault.errors import Tampered
from vault.keys.provider import FIRST_PURPOSES, KeysUnavailable, Purpose

_HEADER = "healthvault-key-1"
_PURPOSES = "purposes"
_VERSION = 0x01
_KEY_ID_BYTES = 8


@dataclass(frozen=True, slots=True, repr=False)
class _PurposeKey:
    key_id: bytes
    wrapping: bytes
    mac: bytes
    signing_seed: bytes
    public: bytes


class FileKeyProvider:
    """Keys in ``folder``. KeysUnavailable if the set is incomplete, unreadable, or readable by other users."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not _has(folder, all) or _made(folder) != frozenset(Purpose):
            _make_keys(folder)
        self._keys = {purpose.value: _derive(purpose, _read(folder, purpose)) for purpose in Purpose}

    def wrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        """``version 01 | key id 8 | nonce12 | AES-256-GCM``."""
        key = self._key(purpose)
        head = bytes((_VERSION,)) + key.key_id
        return head + seal_box(key.wrapping, ctx("provider/1", purpose, head) + context, data)

    def unwrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        key = self._key(purpose)
        head = bytes((_VERSION,)) + key.key_id
        if data[: len(head)] != head:
            raise Tampered
        return open_box(key.wrapping, ctx("provider/1", purpose, head) + context, data[len(head) :])

    def mac(self, purpose: str, data: bytes) -> bytes:
        return derive_mac(self._key(purpose).mac, data)

    def sign(self, purpose: str, data: bytes) -> bytes:
        return sign(self._key(purpose).signing_seed, data)

    def public_key(self, purpose: str) -> bytes:
        return self._key(purpose).public

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        key = self._key(purpose)
        return {key.key_id.hex(): key.public}

    def key_ids(self) -> dict[str, str]:
        return {purpose: key.key_id.hex() for purpose, key in self._keys.items()}

    def health(self) -> None:
        """Reads the files again, so that a lost or exposed folder shows before the next restart."""
        for purpose in Purpose:
            if _derive(purpose, _read(self._folder, purpose)).key_id != self._keys[purpose].key_id:
                raise KeysUnavailable

    def _key(self, purpose: str) -> _PurposeKey:
        try:
            return self._keys[purpose]
        except KeyError:
            raise KeysUnavailable from None


def _derive(purpose: Purpose, seed: bytes) -> _PurposeKey:
    signing_seed = derive_key(seed, ctx("provider-sign/1", purpose.value))
    return _PurposeKey(
        key_id=derive_key(seed, ctx("provider-id/1", purpose.value))[:_KEY_ID_BYTES],
        wrapping=derive_key(seed, ctx("provider-wrap/1", purpose.value)),
        mac=derive_key(seed, ctx("provider-mac/1", purpose.value)),
        signing_seed=signing_seed,
        public=signing_public_key(signing_seed),
    )


def _path(folder: Path, purpose: Purpose) -> Path:
    return folder / f"{purpose.value}.key"


def _has(folder: Path, some: Callable[[Iterable[bool]], bool]) -> bool:
    return some(_path(folder, purpose).exists() for purpose in Purpose)


def _made(folder: Path) -> frozenset[str]:
    """The purposes that ever got a key here; the first release kept no list."""
    try:
        return frozenset((folder / _PURPOSES).read_text("ascii").split())
    except FileNotFoundError:
        return frozenset(FIRST_PURPOSES) if _has(folder, any) else frozenset()
    except (OSError, ValueError):
        raise KeysUnavailable from None


def _read(folder: Path, purpose: Purpose) -> bytes:
    path = _path(folder, purpose)
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


def _make_keys(folder: Path) -> None:
    """Make the whole set under a lock, so that of several first starts one makes it and the others read it.

    The folder itself may be a mount point; nothing is renamed over it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            # Whatever had a key and has none now was lost: then reading says so.
            made = _made(folder)
            missing = [each for each in Purpose if each not in made and not _path(folder, each).exists()]
            for purpose in missing:
                seed = base64.b64encode(os.urandom(32)).decode()
                _write(_fresh_path(folder, purpose), f"{_HEADER} {purpose.value} {seed}\n")
            for purpose in missing:
                _fresh_path(folder, purpose).rename(_path(folder, purpose))
            _write(folder / "purposes.new", " ".join(sorted(Purpose)) + "\n")
            (folder / "purposes.new").rename(folder / _PURPOSES)
            _sync_folder(folder)
    except OSError:
        raise KeysUnavailable from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _fresh_path(folder: Path, purpose: Purpose) -> Path:
    return folder / f"{purpose.value}.new"


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

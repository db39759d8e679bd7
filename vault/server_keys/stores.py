"""What a key store does: it works with keys by name and shows none. Files, PKCS#11 and OpenBao are such.

A store holds for each key three of its own kind (to wrap, to MAC, to sign) and finds them by purpose, serial and id.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from vault.keys.provider import KeysUnavailable, Purpose

KEY_ID_BYTES = 8


class KeysStay(KeysUnavailable):
    """The store never shows its keys, so they can't go elsewhere."""

    code = "keys-stay"
    advice = "Keys don't leave this key store: it works with them and shows none."


@dataclass(frozen=True, slots=True, order=True)
class ServerKey:
    """One key of one purpose. ``serial`` counts a purpose's keys from 1; ``public`` verifies what it signs."""

    purpose: Purpose
    serial: int
    key_id: bytes
    public: bytes

    @property
    def name(self) -> str:
        """For example ``links.2.88642b919e095960``."""
        return f"{self.purpose}.{self.serial}.{self.key_id.hex()}"


@dataclass(frozen=True, slots=True, repr=False)
class KeyMaterial:
    """The three keys of a ``ServerKey``, 32 bytes each, on their way from one store to another."""

    wrapping: bytes
    mac: bytes
    signing_seed: bytes


class KeyStore(Protocol):
    """All methods raise KeysUnavailable if the store doesn't answer or lacks the key."""

    name: str
    """For people: what it is and where, without secrets."""

    def prepare(self) -> None:
        """Make a first key for each purpose that never had one, where the store can tell; nothing lost is made anew."""
        ...

    def list_keys(self) -> tuple[ServerKey, ...]:
        """Every whole key, by purpose and serial, as the store has them now."""
        ...

    def make(self, purpose: Purpose, serial: int) -> None:
        """A fresh key, whole when this returns."""
        ...

    def take(self, key: ServerKey, material: KeyMaterial) -> None:
        """Hold a key that another store gave."""
        ...

    def give(self, key: ServerKey) -> KeyMaterial:
        """The key itself, for another store. KeysStay where it never leaves."""
        ...

    def destroy(self, key: ServerKey) -> None:
        """Forget a key for ever."""
        ...

    def seal(self, key: ServerKey, context: bytes, data: bytes) -> bytes:
        """``nonce12 | AES-256-GCM``."""
        ...

    def open(self, key: ServerKey, context: bytes, sealed: bytes) -> bytes:
        """What ``seal`` sealed in this context. Tampered."""
        ...

    def mac(self, key: ServerKey, data: bytes) -> bytes:
        """HMAC-SHA256, 32 bytes."""
        ...

    def sign(self, key: ServerKey, data: bytes) -> bytes:
        """Ed25519, 64 bytes."""
        ...


def fresh_key_id() -> bytes:
    """Where the id isn't derived from the key, it is random."""
    return os.urandom(KEY_ID_BYTES)


def parse_name(name: str) -> tuple[Purpose, int, bytes] | None:
    """Purpose, serial and id out of ``ServerKey.name``; None for another text."""
    try:
        purpose, serial, key_id = name.split(".")
        found = Purpose(purpose), int(serial), bytes.fromhex(key_id)
    except ValueError:
        return None
    return found if len(found[2]) == KEY_ID_BYTES and found[1] > 0 else None

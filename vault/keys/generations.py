"""One generation of a vault's keys: what it wraps says so, and opens under no other. docs/specs/rotation.md.

While a rotation is under way a keyring holds two: it writes with the new one, and opens what either wrapped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.secret import PrivateKeyVK, VaultKey
from vault.errors import Conflict, Tampered
from vault.ids import VaultId

SUITE: Final = 0x01
_HEAD_BYTES: Final = 9
_PREVIOUS: Final = "previous/1"
_PREVIOUS_PRIVATE: Final = "previous-private/1"


class KeysChanged(Conflict):
    code = "keys-changed"
    advice = "The ways into this vault changed a moment ago. Please sign in again."


@dataclass(frozen=True, slots=True)
class PreviousKeys:
    """Columns of the ``key_previous`` row: the keys of ``generation`` under those of the next."""

    generation: int
    wrapped: bytes
    wrapped_private: bytes

    def nonce(self) -> bytes:
        """12 bytes by which the freshness sum binds the row, so that it can't be put back."""
        return hashlib.sha256(self.wrapped + self.wrapped_private).digest()[:12]


class Generation:
    """VK of one number and VK-private, which a carer's has not."""

    __slots__ = ("_private_key", "_vault_id", "_vault_key", "_wrapping", "number")

    def __init__(
        self, vault_id: VaultId, number: int, vault_key: VaultKey, private_key: PrivateKeyVK | None = None
    ) -> None:
        self.number = number
        self._vault_id = vault_id
        self._vault_key = vault_key
        self._private_key = private_key
        self._wrapping: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "<Generation>"

    @property
    def vault_key(self) -> VaultKey:
        return self._vault_key

    @property
    def private_key(self) -> PrivateKeyVK | None:
        return self._private_key

    def derive(self, label: str, *parts: str) -> bytes:
        """A key from VK for one use, 32 bytes."""
        return derive_key(self._vault_key.raw, ctx(label, self._vault_id, self.number, *parts))

    def wrap(self, label: str, object_id: bytes, secret: bytes) -> bytes:
        """Under VK: ``suite 01 | generation u64 | nonce12 | ciphertext``, 37 bytes longer."""
        return self._wrap(self._wrapping_key(label), label, object_id, secret)

    def unwrap(self, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        """What this generation wrapped for exactly this label and object; Tampered otherwise."""
        return self._unwrap(self._wrapping_key(label), label, object_id, wrapped)

    def wrap_private(self, label: str, object_id: bytes, secret: bytes) -> bytes:
        """As ``wrap``, under VK-private. Tampered without one."""
        return self._wrap(self._private_wrapping_key(label), label, object_id, secret)

    def unwrap_private(self, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        """As ``unwrap``, under VK-private. Tampered without one."""
        return self._unwrap(self._private_wrapping_key(label), label, object_id, wrapped)

    def private_tag(self, content: bytes) -> bytes:
        """A keyed 32-byte name under VK-private. Tampered without one."""
        return derive_mac(self._private_wrapping_key("dedup/1"), content)

    def wrap_previous(self, previous: Generation) -> PreviousKeys:
        """The keys before these, so that what they wrapped opens until it is wrapped again.

        Of a carer's keys no VK-private is kept, and what hung under that is lost.
        """
        named, private_key = previous.number.to_bytes(8, "big"), previous.private_key
        return PreviousKeys(
            previous.number,
            self.wrap(_PREVIOUS, named, previous.vault_key.raw),
            self.wrap_private(_PREVIOUS_PRIVATE, named, private_key.raw) if private_key else b"",
        )

    def unwrap_previous(self, kept: PreviousKeys) -> Generation:
        """The keys before these; without VK-private where these have none. Tampered."""
        if kept.generation != self.number - 1:
            raise Tampered
        named = kept.generation.to_bytes(8, "big")
        vault_key = VaultKey(self.unwrap(_PREVIOUS, named, kept.wrapped))
        if self._private_key is None or not kept.wrapped_private:
            return Generation(self._vault_id, kept.generation, vault_key)
        private_key = PrivateKeyVK(self.unwrap_private(_PREVIOUS_PRIVATE, named, kept.wrapped_private))
        return Generation(self._vault_id, kept.generation, vault_key, private_key)

    def head(self) -> bytes:
        """The first 9 bytes of whatever this generation wraps."""
        return head_of(self.number)

    def _wrap(self, key: bytes, label: str, object_id: bytes, secret: bytes) -> bytes:
        return self.head() + seal_box(key, self._context(label, object_id), secret)

    def _unwrap(self, key: bytes, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        if wrapped[:_HEAD_BYTES] != self.head():
            raise Tampered
        return open_box(key, self._context(label, object_id), wrapped[_HEAD_BYTES:])

    def _context(self, label: str, object_id: bytes) -> bytes:
        return ctx(label, self._vault_id, object_id, self.number)

    def _wrapping_key(self, label: str) -> bytes:
        return self._kept(label, lambda: self.derive("wrap/1", label))

    def _private_wrapping_key(self, label: str) -> bytes:
        private_key = self._private_key
        if private_key is None:
            raise Tampered
        context = ctx("wrap-private/1", self._vault_id, self.number, label)
        return self._kept(f"private {label}", lambda: derive_key(private_key.raw, context))

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        key = self._wrapping.get(name)
        if key is None:
            key = self._wrapping[name] = make()
        return key


def head_of(generation: int) -> bytes:
    """The first 9 bytes of whatever a generation wraps."""
    return bytes((SUITE,)) + generation.to_bytes(8, "big")


def generation_of(wrapped: bytes) -> int:
    """Which generation made this wrap, as it says itself; -1 if it is none."""
    if len(wrapped) < _HEAD_BYTES or wrapped[0] != SUITE:
        return -1
    return int.from_bytes(wrapped[1:_HEAD_BYTES], "big")

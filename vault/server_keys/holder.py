"""The KeyProvider over any key store: it picks the key, the store works with it. docs/specs/key-provider.md.

What is wrapped or signed uses a purpose's newest key; what was wrapped names its own. A purpose's first key goes on
making MACs, by which things are found, unless a caller names another.
"""

from __future__ import annotations

from collections.abc import Iterable

from vault.crypto.context import ctx
from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable, Purpose
from vault.server_keys.stores import KEY_ID_BYTES, KeyStore, ServerKey

_VERSION = b"\x01"
HEAD_BYTES = len(_VERSION) + KEY_ID_BYTES


class ServerKeys:
    """Keys in ``store``, made on first use. KeysUnavailable if a purpose has none.

    ``complete`` False: those that are there, and nothing is made.
    """

    def __init__(self, store: KeyStore, *, complete: bool = True) -> None:
        self._store = store
        if complete:
            store.prepare()
        self._rings = _rings(store.list_keys())
        if complete:
            self._check_complete()

    def wrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        """``version 01 | key id 8 | nonce12 | AES-256-GCM``."""
        key = self._ring(purpose)[-1]
        head = head_of(key.key_id)
        return head + self._store.seal(key, ctx("provider/1", purpose, head) + context, data)

    def unwrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        head = data[:HEAD_BYTES]
        key = self._find(purpose, head[len(_VERSION) :])
        if key is None or head != head_of(key.key_id):
            raise Tampered
        return self._store.open(key, ctx("provider/1", purpose, head) + context, data[HEAD_BYTES:])

    def mac(self, purpose: str, data: bytes, key_id: str | None = None) -> bytes:
        key = self._ring(purpose)[0] if key_id is None else self._find(purpose, bytes.fromhex(key_id))
        if key is None:
            raise KeysUnavailable
        return self._store.mac(key, data)

    def sign(self, purpose: str, data: bytes) -> bytes:
        return self._store.sign(self._ring(purpose)[-1], data)

    def public_key(self, purpose: str) -> bytes:
        return self._ring(purpose)[-1].public

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        return {key.key_id.hex(): key.public for key in self._ring(purpose)}

    def key_ids(self) -> dict[str, str]:
        return {purpose: ring[-1].key_id.hex() for purpose, ring in self._rings.items()}

    def reload(self) -> None:
        self._rings = _rings(self._store.list_keys())

    def health(self) -> None:
        """Asks the store again, so that a lost or exposed one shows before the next restart."""
        stored = set(self._store.list_keys())
        if any(key not in stored for ring in self._rings.values() for key in ring):
            raise KeysUnavailable
        self._store.mac(self._ring(Purpose.LOG)[-1], b"health")

    # -- what an operator does ------------------------------------------------------------------------------------

    def list_keys(self) -> tuple[ServerKey, ...]:
        """Every key, by purpose and serial."""
        return tuple(key for ring in self._rings.values() for key in ring)

    def rotate(self, purpose: str) -> str:
        """A new key for what this purpose wraps and signs from now on; its id."""
        ring = self._rings.get(purpose, ())
        self._store.make(Purpose(purpose), ring[-1].serial + 1 if ring else 1)
        self.reload()
        return self.key_ids()[purpose]

    def retire(self, key: ServerKey) -> None:
        """Forget a key for ever. What it wrapped or signed is lost: the caller knows that nothing names it."""
        self._store.destroy(key)
        self.reload()

    def _check_complete(self) -> None:
        lacking = [purpose.value for purpose in Purpose if purpose.value not in self._rings]
        if lacking:
            raise KeysUnavailable(f"No key for {', '.join(lacking)}: “healthvault keys rotate {lacking[0]}” makes one.")

    def _ring(self, purpose: str) -> tuple[ServerKey, ...]:
        try:
            return self._rings[purpose]
        except KeyError:
            raise KeysUnavailable from None

    def _find(self, purpose: str, key_id: bytes) -> ServerKey | None:
        """The key of this id; the store is asked again for one that another process may have made."""
        found = _with_id(self._ring(purpose), key_id)
        if found is None and len(key_id) == KEY_ID_BYTES:
            self.reload()
            found = _with_id(self._ring(purpose), key_id)
        return found


def head_of(key_id: bytes) -> bytes:
    """The first bytes of everything that a key wrapped."""
    return _VERSION + key_id


def _rings(keys: Iterable[ServerKey]) -> dict[str, tuple[ServerKey, ...]]:
    rings: dict[str, tuple[ServerKey, ...]] = {}
    for key in sorted(keys):
        rings[key.purpose.value] = (*rings.get(key.purpose.value, ()), key)
    return rings


def _with_id(ring: Iterable[ServerKey], key_id: bytes) -> ServerKey | None:
    return next((key for key in ring if key.key_id == key_id), None)

"""One unlocked vault. Opaque to every other room: it wraps, tags and opens, and shows no key.

It lives as long as one request. Every wrap carries suite and generation, so that a rotation can tell old from new.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqlalchemy import Connection, select

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.sealing import seal_to
from vault.crypto.secret import LogKey, PrivateKeyVK, Root, SessionSecret, VaultKey
from vault.crypto.slots import wrap_committed
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import Pseudonym, RootId, SessionId, SlotId, VaultId, make_id
from vault.keys.tables import KeyLog

SUITE: Final = 0x01
_LOG = table_of(KeyLog)


@dataclass(frozen=True, slots=True)
class NewRoot:
    """A fresh root and its ``key_root`` row, which has ``objects`` 0."""

    root_id: RootId
    root: Root
    row: dict[str, Any]


class Keyring:
    """Made by ``Enrolment`` and ``Unlocking`` only."""

    __slots__ = (
        "_freshness_key",
        "_hash",
        "_private_key",
        "_vault_key",
        "_wrapping",
        "generation",
        "pseudonym",
        "vault_id",
    )

    def __init__(
        self, vault_id: VaultId, generation: int, pseudonym: Pseudonym, vault_key: VaultKey, private_key: PrivateKeyVK
    ) -> None:
        self.vault_id = vault_id
        self.generation = generation
        self.pseudonym = pseudonym
        self._vault_key = vault_key
        self._private_key = private_key
        self._wrapping: dict[str, bytes] = {}
        self._hash = hmac.new(self._derive("dedup/1"), digestmod="sha256")
        self._freshness_key = self._derive("fresh/1")

    def __repr__(self) -> str:
        return "<Keyring>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a keyring is not pickled or copied")

    # -- tags ---------------------------------------------------------------------------------------------------

    def duplicate_tag(self, content: bytes) -> bytes:
        """A keyed 32-byte name of these bytes in this vault: a plain hash of a lab result can be guessed."""
        mac = self._hash.copy()
        mac.update(content)
        return mac.digest()

    # -- wraps --------------------------------------------------------------------------------------------------

    def wrap(self, label: str, object_id: bytes, secret: bytes) -> bytes:
        """A small secret under the vault key: ``suite 01 | generation u64 | nonce12 | ciphertext``, 37 bytes longer."""
        head = bytes((SUITE,)) + self.generation.to_bytes(8, "big")
        return head + seal_box(self._wrapping_key(label), self._wrap_context(label, object_id), secret)

    def unwrap(self, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        """What was wrapped for exactly this label and object in this generation; Tampered otherwise."""
        if wrapped[:9] != bytes((SUITE,)) + self.generation.to_bytes(8, "big"):
            raise Tampered
        return open_box(self._wrapping_key(label), self._wrap_context(label, object_id), wrapped[9:])

    # -- roots --------------------------------------------------------------------------------------------------

    def make_root(self, purpose: str) -> NewRoot:
        """A fresh root; ``purpose`` is ``write`` or ``segment``. The caller inserts the row."""
        root_id, root = RootId(make_id()), Root.make()
        row = {
            "vault_id": self.vault_id,
            "root_id": root_id,
            "generation": self.generation,
            "purpose": purpose,
            "wrapped": self.wrap("root/1", root_id, root.raw),
            "objects": 0,
        }
        return NewRoot(root_id, root, row)

    def open_root(self, root_id: RootId, wrapped: bytes, generation: int) -> Root:
        """The root of a ``key_root`` row; Tampered if the row was swapped or is of another generation."""
        if generation != self.generation:
            raise Tampered
        return Root(self.unwrap("root/1", root_id, wrapped))

    # -- freshness ----------------------------------------------------------------------------------------------

    def fresh_term(self, object_id: bytes, version: int, nonce: bytes) -> int:
        """One object's share in the freshness sum, below 2^256."""
        context = ctx("fresh/1", self.vault_id, object_id, version, nonce)
        return int.from_bytes(derive_mac(self._freshness_key, context), "big")

    def seal_freshness(self, sequence: int, total: int) -> bytes:
        """The sum (below 2^256), bound to its sequence."""
        return self.wrap("freshness/1", sequence.to_bytes(8, "big"), total.to_bytes(32, "big"))

    def open_freshness(self, sequence: int, sealed: bytes) -> int:
        """The sum; Tampered if it was sealed at another sequence."""
        return int.from_bytes(self.unwrap("freshness/1", sequence.to_bytes(8, "big"), sealed), "big")

    # -- the log ------------------------------------------------------------------------------------------------

    def log_key(self, connection: Connection, pseudonym: Pseudonym) -> LogKey:
        """The key of the subject parts logged under this pseudonym; NotFound if it isn't this vault's."""
        query = select(_LOG.c.log_key).where(_LOG.c.vault_id == self.vault_id, _LOG.c.pseudonym == pseudonym)
        wrapped = connection.execute(query).scalar_one_or_none()
        if wrapped is None:
            raise NotFound
        return LogKey(self.unwrap("log/1", pseudonym, wrapped))

    # -- for this room: slots, sessions, manifest -----------------------------------------------------------------

    def manifest_mac(self, body: bytes) -> bytes:
        """The manifest's MAC under the vault key, 32 bytes."""
        return derive_mac(self._derive("vault-keys/1"), body)

    def check_manifest(self, body: bytes, mac: bytes) -> None:
        """Return if the manifest was written by someone who had this vault's key; Tampered otherwise."""
        if not hmac.compare_digest(self.manifest_mac(body), mac):
            raise Tampered

    def seal_to_slot(self, slot_id: SlotId, public_key: bytes) -> tuple[bytes, bytes]:
        """VK and VK-private sealed to a slot, so that they can change without anyone's secret."""
        vault_info = slot_info("vk/1", self.vault_id, slot_id, self.generation)
        private_info = slot_info("vk-private/1", self.vault_id, slot_id, self.generation)
        return (
            seal_to(public_key, vault_info, self._vault_key.raw),
            seal_to(public_key, private_info, self._private_key.raw),
        )

    def wrap_for_session(self, session_id: SessionId, secret: SessionSecret) -> bytes:
        """``suite 01 | salt32 | commitment32 | VK and VK-private, sealed``."""
        context = session_context(self.vault_id, session_id, self.generation)
        return bytes((SUITE,)) + wrap_committed(secret.raw, context, self._vault_key.raw + self._private_key.raw)

    def _derive(self, label: str, *parts: str) -> bytes:
        return derive_key(self._vault_key.raw, ctx(label, self.vault_id, self.generation, *parts))

    def _wrapping_key(self, label: str) -> bytes:
        key = self._wrapping.get(label)
        if key is None:
            key = self._wrapping[label] = self._derive("wrap/1", label)
        return key

    def _wrap_context(self, label: str, object_id: bytes) -> bytes:
        return ctx(label, self.vault_id, object_id, self.generation)


def slot_info(label: str, vault_id: VaultId, slot_id: SlotId, generation: int) -> bytes:
    """HPKE info of a vault key in a slot; ``label`` is vk/1 or vk-private/1."""
    return ctx(label, vault_id, slot_id, generation)


def session_context(vault_id: VaultId, session_id: SessionId, generation: int) -> bytes:
    """What the wrap under a bearer token is bound to."""
    return ctx("session/1", vault_id, session_id, generation)

"""One unlocked vault. Opaque to every other room: it wraps, tags and opens, and shows no key.

It lives as long as one request. Every wrap carries suite and generation, so that a rotation can tell old from new:
while one is under way the keyring opens what either generation wrapped, and writes with the new.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqlalchemy import Connection, select

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac
from vault.crypto.sealing import seal_to
from vault.crypto.secret import LogKey, PrivateKeyVK, Root, SessionSecret, VaultKey
from vault.crypto.slots import wrap_committed
from vault.database import table_of
from vault.errors import NotFound, Tampered
from vault.ids import Pseudonym, RootId, SessionId, SlotId, VaultId, make_id
from vault.keys.generations import SUITE, Generation, KeysChanged, PreviousKeys, generation_of
from vault.keys.tables import KeyLog

PRIVATE_ROOT: Final = "private"
"""Purpose of a root that hangs under VK-private."""
_LOG = table_of(KeyLog)


@dataclass(frozen=True, slots=True)
class NewRoot:
    """A fresh root and its ``key_root`` row, which has ``objects`` 0."""

    root_id: RootId
    root: Root
    row: dict[str, Any]


class Keyring:
    """Made by ``Enrolment`` and ``Unlocking`` only.

    ``opened_by`` is the slot it came from, None for a session's. Without ``private_key`` it is a carer's: what is kept
    from carers stays shut.
    """

    __slots__ = (
        "_before",
        "_freshness_key",
        "_hash",
        "_hash_before",
        "_now",
        "generation",
        "opened_by",
        "pseudonym",
        "vault_id",
    )

    def __init__(
        self,
        vault_id: VaultId,
        generation: int,
        pseudonym: Pseudonym,
        vault_key: VaultKey,
        private_key: PrivateKeyVK | None,
        *,
        opened_by: SlotId | None = None,
    ) -> None:
        self.vault_id = vault_id
        self.generation = generation
        self.pseudonym = pseudonym
        self.opened_by = opened_by
        self._now = Generation(vault_id, generation, vault_key, private_key)
        self._before: Generation | None = None
        self._hash = hmac.new(self._now.derive("dedup/1"), digestmod="sha256")
        self._hash_before: hmac.HMAC | None = None
        self._freshness_key = self._now.derive("fresh/1")

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

    def private_tag(self, content: bytes) -> bytes:
        """As ``duplicate_tag``, for what carers must not even meet. Tampered from a carer's keyring."""
        return self._now.private_tag(content)

    def previous_tag(self, content: bytes) -> bytes | None:
        """Their name under the keys before, while a rotation is under way; None else."""
        if self._before is None:
            return None
        if self._hash_before is None:
            self._hash_before = hmac.new(self._before.derive("dedup/1"), digestmod="sha256")
        mac = self._hash_before.copy()
        mac.update(content)
        return mac.digest()

    # -- wraps --------------------------------------------------------------------------------------------------

    def wrap(self, label: str, object_id: bytes, secret: bytes) -> bytes:
        """A small secret under the vault key: ``suite 01 | generation u64 | nonce12 | ciphertext``, 37 bytes longer.

        What is stored for long must be found by a rotation: list the label in docs/specs/rotation.md.
        """
        return self._now.wrap(label, object_id, secret)

    def unwrap(self, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        """What was wrapped for exactly this label and object; Tampered otherwise.

        KeysChanged if the vault has newer keys than this keyring, which was opened before a rotation.
        """
        return self._generation_of(wrapped).unwrap(label, object_id, wrapped)

    def wrap_private(self, label: str, object_id: bytes, secret: bytes) -> bytes:
        """As ``wrap``, under VK-private. Tampered from a carer's keyring, which has none."""
        return self._now.wrap_private(label, object_id, secret)

    def unwrap_private(self, label: str, object_id: bytes, wrapped: bytes) -> bytes:
        """As ``unwrap``, under VK-private. Tampered from a carer's keyring."""
        return self._generation_of(wrapped).unwrap_private(label, object_id, wrapped)

    # -- generations --------------------------------------------------------------------------------------------

    def open_previous(self, kept: PreviousKeys) -> None:
        """Hold the keys before these too, for what they wrapped and nobody wrapped again yet. Tampered."""
        self._before = self._now.unwrap_previous(kept)

    def follow(self, keyring: Keyring) -> PreviousKeys:
        """Hold the keys of ``keyring``, whose next generation this is; the row that says so."""
        kept = self._now.wrap_previous(keyring._now)
        self.open_previous(kept)
        return kept

    @property
    def previous(self) -> int | None:
        """The generation before, while a rotation is under way; None else."""
        return None if self._before is None else self._before.number

    def _generation_of(self, wrapped: bytes) -> Generation:
        number = generation_of(wrapped)
        if number > self.generation:
            raise KeysChanged
        return self._before if self._before is not None and number == self._before.number else self._now

    # -- roots --------------------------------------------------------------------------------------------------

    def make_root(self, purpose: str) -> NewRoot:
        """A fresh root; ``purpose`` is ``write``, ``segment`` or ``private``. The caller inserts the row.

        Tampered for a private one from a carer's keyring.
        """
        root_id, root = RootId(make_id()), Root.make()
        row = {
            "vault_id": self.vault_id,
            "root_id": root_id,
            "generation": self.generation,
            "purpose": purpose,
            "wrapped": self.wrap_root(root_id, root, is_private=purpose == PRIVATE_ROOT),
            "objects": 0,
        }
        return NewRoot(root_id, root, row)

    def open_root(self, root_id: RootId, wrapped: bytes, generation: int, *, is_private: bool = False) -> Root:
        """The root of a ``key_root`` row; Tampered if the row was swapped or is of another generation; KeysChanged."""
        if generation != generation_of(wrapped):
            raise Tampered
        unwrap = self.unwrap_private if is_private else self.unwrap
        return Root(unwrap("root/1", root_id, wrapped))

    def wrap_root(self, root_id: RootId, root: Root, *, is_private: bool) -> bytes:
        """The ``wrapped`` column of a ``key_root`` row. Tampered for a private one from a carer's keyring."""
        wrap = self.wrap_private if is_private else self.wrap
        return wrap("root/1", root_id, root.raw)

    # -- freshness ----------------------------------------------------------------------------------------------

    def fresh_term(self, object_id: bytes, version: int, nonce: bytes) -> int:
        """One object's share in the freshness sum, below 2^256."""
        context = ctx("fresh/1", self.vault_id, object_id, version, nonce)
        return int.from_bytes(derive_mac(self._freshness_key, context), "big")

    def seal_freshness(self, sequence: int, total: int) -> bytes:
        """The sum (below 2^256), bound to its sequence."""
        return self.wrap("freshness/1", sequence.to_bytes(8, "big"), total.to_bytes(32, "big"))

    def open_freshness(self, sequence: int, sealed: bytes) -> int:
        """The sum; Tampered if it was sealed at another sequence or under the keys before; KeysChanged."""
        if generation_of(sealed) > self.generation:
            raise KeysChanged
        return int.from_bytes(self._now.unwrap("freshness/1", sequence.to_bytes(8, "big"), sealed), "big")

    # -- the log ------------------------------------------------------------------------------------------------

    def log_key(self, connection: Connection, pseudonym: Pseudonym, generation: int | None = None) -> LogKey:
        """The key of subject parts logged under this pseudonym in that generation, by default the present one.

        NotFound if it isn't this vault's. Tampered; KeysChanged.
        """
        number = self.generation if generation is None else generation
        mine = (_LOG.c.vault_id == self.vault_id, _LOG.c.pseudonym == pseudonym, _LOG.c.generation == number)
        wrapped = connection.execute(select(_LOG.c.log_key).where(*mine)).scalar_one_or_none()
        if wrapped is None:
            raise NotFound
        if number == self.generation and generation_of(wrapped) < number:
            raise Tampered  # Under lost keys somebody else could choose what present entries are sealed with.
        label, object_id = name_log_key(pseudonym, number, wrapped_in=generation_of(wrapped))
        return LogKey(self.unwrap(label, object_id, wrapped))

    def wrap_log_key(self, key: LogKey, pseudonym: Pseudonym) -> bytes:
        """The ``log_key`` column of the ``key_log`` row of this generation."""
        return self.wrap(*name_log_key(pseudonym, self.generation, wrapped_in=self.generation), key.raw)

    # -- for this room: slots, sessions, manifest -----------------------------------------------------------------

    def manifest_mac(self, body: bytes) -> bytes:
        """The manifest's MAC under the vault key, 32 bytes."""
        return derive_mac(self._now.derive("vault-keys/1"), body)

    def check_manifest(self, body: bytes, mac: bytes) -> None:
        """Return if the manifest was written by someone who had this vault's key; Tampered otherwise."""
        if not hmac.compare_digest(self.manifest_mac(body), mac):
            raise Tampered

    @property
    def opens_private(self) -> bool:
        """Whether it opens what the citizen keeps from carers."""
        return self._now.private_key is not None

    def seal_to_slot(self, slot_id: SlotId, public_key: bytes, *, private: bool = True) -> tuple[bytes, bytes]:
        """VK and VK-private sealed to a slot, so that they can change without anyone's secret.

        ``private`` False: VK alone, and nothing for the other. Tampered from a carer's keyring, which has no second.
        """
        vault_info = slot_info("vk/1", self.vault_id, slot_id, self.generation)
        sealed = seal_to(public_key, vault_info, self._now.vault_key.raw)
        if not private:
            return sealed, b""
        if self._now.private_key is None:
            raise Tampered
        private_info = slot_info("vk-private/1", self.vault_id, slot_id, self.generation)
        return sealed, seal_to(public_key, private_info, self._now.private_key.raw)

    def wrap_for_session(self, session_id: SessionId, secret: SessionSecret) -> bytes:
        """``suite 01 | salt32 | commitment32 | VK and VK-private, sealed``; VK alone from a carer's keyring."""
        context = session_context(self.vault_id, session_id, self.generation)
        private = self._now.private_key.raw if self._now.private_key else b""
        return bytes((SUITE,)) + wrap_committed(secret.raw, context, self._now.vault_key.raw + private)


def name_log_key(pseudonym: bytes, generation: int, *, wrapped_in: int) -> tuple[str, bytes]:
    """Label and object id under which the log key of a generation is wrapped, in that generation or a later one.

    The first generation had one log key, so that its wrap needed no number.
    """
    return ("log/1", pseudonym) if wrapped_in == 1 else ("log/2", pseudonym + generation.to_bytes(8, "big"))


def slot_info(label: str, vault_id: VaultId, slot_id: SlotId, generation: int) -> bytes:
    """HPKE info of a vault key in a slot; ``label`` is vk/1 or vk-private/1."""
    return ctx(label, vault_id, slot_id, generation)


def session_context(vault_id: VaultId, session_id: SessionId, generation: int) -> bytes:
    """What the wrap under a bearer token is bound to."""
    return ctx("session/1", vault_id, session_id, generation)

"""The key manifest: the signed list of what may open a vault. docs/specs/key-manifest.md.

Sealing to a public key proves no sender, so a writer in the database could plant a vault key, bring back a
removed slot or swap the delivery key. The signature is checked before every unlock and before anything is sealed
to the vault; the MAC under the vault key after it, and on every request. Rows that differ are refused.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from vault.crypto.context import ctx
from vault.crypto.slots import SlotKind
from vault.errors import Conflict, Tampered
from vault.ids import Pseudonym, SlotId, VaultId
from vault.keys.provider import KeyProvider, Purpose, verify_any

MAX_SLOTS: Final = 64
MAX_CARERS: Final = 3
OWN_KINDS: Final = frozenset((SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE, SlotKind.PASSKEY))
_MAGIC: Final = ctx("vault-keys/1")
_HEAD = Struct(f">{len(_MAGIC)}s16sQQQ32s16sH")
_SLOT = Struct(">16sB32s32s32s")

FreshHeader = tuple[bytes, int, bytes]


class TooFewSlots(Conflict):
    code = "too-few-slots"
    advice = "A vault keeps at least two ways in, one of them the recovery code."


class TooManyCarers(Conflict):
    code = "too-many-carers"
    advice = "A vault can have up to three carers. Remove one first."


@dataclass(frozen=True, slots=True)
class ListedSlot:
    """One line of the manifest; the digests are SHA-256 of the stored columns."""

    slot_id: SlotId
    kind: SlotKind
    public_key_digest: bytes
    vault_key_digest: bytes
    private_key_digest: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """``serial`` counts every change; ``generation`` counts vault keys; ``delivery_epoch`` delivery key pairs."""

    vault_id: VaultId
    serial: int
    generation: int
    delivery_epoch: int
    delivery_key_digest: bytes
    pseudonym: Pseudonym
    slots: tuple[ListedSlot, ...]

    def listed(self, kind: SlotKind) -> tuple[ListedSlot, ...]:
        """The slots of this kind, by id."""
        return tuple(slot for slot in self.slots if slot.kind is kind)


@dataclass(frozen=True, slots=True)
class ManifestChange:
    """What a change of slots does to freshness: headers (object id, version, nonce) that go and that come."""

    removed: tuple[FreshHeader, ...]
    added: tuple[FreshHeader, ...]


def with_slots(manifest: Manifest, slots: Iterable[ListedSlot]) -> Manifest:
    """The next manifest: serial one higher, other slots."""
    return replace(manifest, serial=manifest.serial + 1, slots=tuple(slots))


def encode(manifest: Manifest) -> bytes:
    """The exact bytes that are signed. TooFewSlots under two slots or without a recovery code; TooManyCarers."""
    slots = sorted(manifest.slots, key=lambda slot: slot.slot_id)
    _check_slots(slots)
    head = _HEAD.pack(
        _MAGIC,
        manifest.vault_id,
        manifest.serial,
        manifest.generation,
        manifest.delivery_epoch,
        manifest.delivery_key_digest,
        manifest.pseudonym,
        len(slots),
    )
    return head + b"".join(
        _SLOT.pack(slot.slot_id, slot.kind, slot.public_key_digest, slot.vault_key_digest, slot.private_key_digest)
        for slot in slots
    )


def decode(body: bytes) -> Manifest:
    """The manifest of exactly these bytes; Tampered if ``encode`` would write others."""
    try:
        magic, vault_id, serial, generation, epoch, delivery, pseudonym, count = _HEAD.unpack_from(body)
        slots = tuple(_decode_slot(body, _HEAD.size + at * _SLOT.size) for at in range(count))
        manifest = Manifest(vault_id, serial, generation, epoch, delivery, pseudonym, slots)
        if magic != _MAGIC or encode(manifest) != body:
            raise Tampered
    except (struct.error, ValueError, TooFewSlots, TooManyCarers):
        raise Tampered from None
    return manifest


def sign(provider: KeyProvider, body: bytes) -> bytes:
    """The operator's signature, 64 bytes."""
    return provider.sign(Purpose.VAULT_KEYS, body)


def open_signed(provider: KeyProvider, vault_id: VaultId, body: bytes, signature: bytes) -> Manifest:
    """The manifest, if the operator signed it and it is this vault's; Tampered otherwise."""
    verify_any(provider, Purpose.VAULT_KEYS, signature, body)
    manifest = decode(body)
    if manifest.vault_id != vault_id:
        raise Tampered
    return manifest


def header_of(vault_id: VaultId, serial: int, body: bytes) -> FreshHeader:
    """The manifest as freshness counts it: (vault id, serial, first 12 bytes of SHA-256 of the body)."""
    return vault_id, serial, hashlib.sha256(body).digest()[:12]


def _decode_slot(body: bytes, at: int) -> ListedSlot:
    slot_id, kind, *digests = _SLOT.unpack_from(body, at)
    return ListedSlot(slot_id, SlotKind(kind), *digests)


def _check_slots(slots: list[ListedSlot]) -> None:
    if len(slots) < 2 or not any(slot.kind is SlotKind.RECOVERY_CODE for slot in slots):
        raise TooFewSlots
    if sum(slot.kind is SlotKind.CARER for slot in slots) > MAX_CARERS:
        raise TooManyCarers
    unique = len({slot.slot_id for slot in slots}) == len(slots)
    if len(slots) > MAX_SLOTS or not unique:
        raise ValueError("slots contradict each other")

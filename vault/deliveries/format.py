"""One delivery as bytes: sealed by its sender or by the server, signed by a lab or not. docs/specs/delivery.md.

The sender's side and the reader's side of one format. Reading refuses by length before it opens anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from vault.crypto.context import ctx
from vault.crypto.objects import RecordHeader, open_record, seal_record
from vault.crypto.secret import Root
from vault.crypto.signatures import sign, signing_public_key, verify
from vault.errors import Invalid, Tampered, TooLarge
from vault.ids import NOBODYS, RootId, VaultId, make_id
from vault.keys.delivery import DeliveryAddress, seal_root

MEDIA_TYPE: Final = "application/vnd.health-data-vault.delivery"
MAX_BYTES: Final = 10 * 1024 * 1024
MAX_OBJECTS: Final = 64
SEALED_ROOT_BYTES: Final = 1169
LAB_SIGNATURE_BYTES: Final = 32 + 64
SMALL_STEP: Final = 1 << 10
LARGE_STEP: Final = 1 << 16
LARGE_BYTES: Final = 1 << 20
_MAX_NAME_BYTES: Final = 800
_MAX_TYPE_BYTES: Final = 130
_SEAL_BYTES: Final = 12 + 16
_MAGIC: Final = ctx("delivery/1")
_HEAD: Final = Struct(f">{len(_MAGIC)}s16sQ16s{SEALED_ROOT_BYTES}sB")
_OBJECT: Final = Struct(">16sI")


class MalformedDelivery(Invalid):
    code = "malformed-delivery"
    advice = "These bytes are no sealed delivery. Nothing was kept."


class BadLabSignature(Invalid):
    code = "bad-lab-signature"
    advice = "The lab's signature doesn't belong to this delivery. Nothing was kept."


@dataclass(frozen=True, slots=True)
class File:
    """One file that is delivered."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sealed. ``root_id`` is its id; ``lab_signature`` is lab key 32 ‖ signature 64, or empty; ``objects`` holds the
    count and every sealed object."""

    vault_id: VaultId
    epoch: int
    root_id: RootId
    sealed_root: bytes
    lab_signature: bytes
    objects: bytes

    @property
    def lab_key(self) -> bytes:
        """The Ed25519 key that signed, 32 bytes; empty if nobody did."""
        return self.lab_signature[:32]


def seal_delivery(address: DeliveryAddress, files: Sequence[File], lab_seed: bytes | None = None) -> Delivery:
    """Seal 1 to 64 files to a vault, signed by a lab's 32-byte Ed25519 seed if given. One public-key operation.

    TooLarge over 10 MiB in all; MalformedDelivery for no file or too many. Tampered if the address holds no key.
    """
    if not 0 < len(files) <= MAX_OBJECTS:
        raise MalformedDelivery
    root, root_id = Root.make(), RootId(make_id())
    objects = len(files).to_bytes(2, "big")
    for place, file in enumerate(files):
        object_id = make_id()
        plain = _part(file.name, _MAX_NAME_BYTES) + _part(file.content_type, _MAX_TYPE_BYTES) + file.data
        step = LARGE_STEP if len(plain) >= LARGE_BYTES else SMALL_STEP
        sealed = seal_record(root, _header(address.vault_id, object_id, root_id, place, len(files)), plain, step)
        objects += _OBJECT.pack(object_id, len(sealed)) + sealed
    delivery = Delivery(address.vault_id, address.epoch, root_id, seal_root(address, root_id, root), b"", objects)
    if lab_seed is not None:
        signature = sign(lab_seed, _signed_bytes(delivery))
        delivery = replace(delivery, lab_signature=signing_public_key(lab_seed) + signature)
    if _HEAD.size + len(delivery.lab_signature) + len(objects) > MAX_BYTES:
        raise TooLarge
    return delivery


def encode(delivery: Delivery) -> bytes:
    """The body that a sender posts."""
    head = _HEAD.pack(
        _MAGIC,
        delivery.vault_id,
        delivery.epoch,
        delivery.root_id,
        delivery.sealed_root,
        1 if delivery.lab_signature else 0,
    )
    return head + delivery.lab_signature + delivery.objects


def decode(body: bytes) -> Delivery:
    """A delivery of exactly these bytes, nothing opened or verified. TooLarge; MalformedDelivery."""
    if len(body) > MAX_BYTES:
        raise TooLarge
    if len(body) < _HEAD.size:
        raise MalformedDelivery
    magic, vault_id, epoch, root_id, sealed_root, signed = _HEAD.unpack_from(body)
    if magic != _MAGIC or NOBODYS in (vault_id, root_id) or signed not in (0, 1) or epoch >= 1 << 63:
        raise MalformedDelivery
    at = _HEAD.size + signed * LAB_SIGNATURE_BYTES
    objects = body[at:]
    split_objects(objects)
    return Delivery(VaultId(vault_id), epoch, RootId(root_id), sealed_root, body[_HEAD.size : at], objects)


def split_objects(objects: bytes) -> list[tuple[bytes, bytes]]:
    """(object id, sealed) of each, in order; MalformedDelivery unless every byte has its place."""
    count, at, found = int.from_bytes(objects[:2], "big"), 2, {}
    if len(objects) < 2 or not 0 < count <= MAX_OBJECTS:
        raise MalformedDelivery
    for _ in range(count):
        if len(objects) - at < _OBJECT.size:
            raise MalformedDelivery
        object_id, length = _OBJECT.unpack_from(objects, at)
        at += _OBJECT.size
        padded = length - _SEAL_BYTES
        if padded < SMALL_STEP or padded % SMALL_STEP or len(objects) - at < length:
            raise MalformedDelivery
        if object_id == NOBODYS or object_id in found:
            raise MalformedDelivery
        found[object_id] = objects[at : at + length]
        at += length
    if at != len(objects):
        raise MalformedDelivery
    return list(found.items())


def check_lab_signature(delivery: Delivery) -> None:
    """Return if nobody signed, or the lab key that is named did; BadLabSignature otherwise."""
    if not delivery.lab_signature:
        return
    try:
        verify(delivery.lab_key, delivery.lab_signature[32:], _signed_bytes(delivery))
    except Tampered:
        raise BadLabSignature from None


def open_files(delivery: Delivery, root: Root) -> tuple[File, ...]:
    """What was sealed, in order. Tampered if one object isn't what was sealed at its place; MalformedDelivery."""
    found = split_objects(delivery.objects)
    return tuple(
        _file_of(open_record(root, _header(delivery.vault_id, object_id, delivery.root_id, place, len(found)), sealed))
        for place, (object_id, sealed) in enumerate(found)
    )


def _file_of(plain: bytes) -> File:
    name, at = _take(plain, 0, _MAX_NAME_BYTES)
    content_type, at = _take(plain, at, _MAX_TYPE_BYTES)
    return File(name, content_type, plain[at:])


def _take(plain: bytes, at: int, most: int) -> tuple[str, int]:
    end = at + 2 + int.from_bytes(plain[at : at + 2], "big")
    if len(plain) < end or end - at - 2 > most:
        raise MalformedDelivery
    try:
        return plain[at + 2 : end].decode(), end
    except UnicodeDecodeError:
        raise MalformedDelivery from None


def _part(text: str, most: int) -> bytes:
    raw = text.encode("utf-8", "replace")
    if len(raw) > most:
        raise MalformedDelivery
    return len(raw).to_bytes(2, "big") + raw


def _header(vault_id: bytes, object_id: bytes, root_id: bytes, place: int, count: int) -> RecordHeader:
    return RecordHeader(
        vault_id, object_id, 1, root_id, "delivery", place.to_bytes(2, "big") + count.to_bytes(2, "big")
    )


def _signed_bytes(delivery: Delivery) -> bytes:
    digests = hashlib.sha256(delivery.sealed_root).digest(), hashlib.sha256(delivery.objects).digest()
    return ctx("delivery-signature/1", delivery.vault_id, delivery.epoch, delivery.root_id, *digests)

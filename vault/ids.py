"""Typed ids: 16 random bytes (uuid4) in storage and in cryptography, canonical UUID text on the wire.

A malformed id is refused exactly like an unknown one.
"""

from __future__ import annotations

import re
from typing import NewType
from uuid import UUID, uuid4

from vault.errors import NotFound

VaultId = NewType("VaultId", bytes)
AccountId = NewType("AccountId", bytes)
SessionId = NewType("SessionId", bytes)
SlotId = NewType("SlotId", bytes)
RootId = NewType("RootId", bytes)
RecordId = NewType("RecordId", bytes)
ImportId = NewType("ImportId", bytes)
SegmentId = NewType("SegmentId", bytes)
BlobId = NewType("BlobId", bytes)
PaperId = NewType("PaperId", bytes)
GrantId = NewType("GrantId", bytes)
FileId = NewType("FileId", bytes)
OpeningId = NewType("OpeningId", bytes)
EntryId = NewType("EntryId", bytes)
InvitationId = NewType("InvitationId", bytes)
NoticeId = NewType("NoticeId", bytes)
SenderId = NewType("SenderId", bytes)
DeliveryId = NewType("DeliveryId", bytes)
Pseudonym = NewType("Pseudonym", bytes)

NOBODYS = bytes(16)
"""Stands for no id at all where bytes are fixed; it is nobody's, so nobody may name it."""

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def make_id() -> bytes:
    """16 random bytes, a uuid4: it says nothing about when it was made."""
    return uuid4().bytes


def text_of(value: bytes) -> str:
    """The wire form of an id, for example ``0b0f5d0e-…``."""
    return str(UUID(bytes=value))


def parse_id(text: str) -> bytes:
    """The 16 bytes of a canonical lower-case UUID; NotFound for anything else, sixteen zero bytes included."""
    value = UUID(text).bytes if _CANONICAL.fullmatch(text) else NOBODYS
    if value == NOBODYS:
        raise NotFound
    return value

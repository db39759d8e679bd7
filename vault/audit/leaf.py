"""The exact bytes of a log entry, docs/specs/leaf.md. Pure. Leaves are for ever: a change here is a new version.

Encoding refuses with ValueError what a leaf may not hold; decoding raises MalformedLeaf. Nothing here hashes a
leaf that was decoded and made again: what is stored is what is hashed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Any

from vault.crypto.context import ctx
from vault.errors import Tampered
from vault.ids import EntryId, GrantId, Pseudonym

VERSION = 0x01
SUBJECT_TAG = "leaf-subject/1"
ACCOUNT_TAG = "leaf-account/1"
NONE_ID = bytes(16)
NO_GRANT = GrantId(NONE_ID)
NONE_DIGEST = bytes(32)

_FIXED = Struct(">B16sQ16s16s16sQQ32s32s32s")
_FIXED_FIELDS = (
    *("entry_id", "at", "subject", "actor", "grant_id", "grant_version"),
    *("count", "digest", "subject_commitment", "account_commitment"),
)
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_CODE = 32
_MAX_BYTES = _FIXED.size + 4 * (1 + _MAX_CODE)
_NUMBERS = range(1 << 63)


class MalformedLeaf(Tampered):
    """``fault`` is length, version, id, number or code."""

    code = "malformed-leaf"

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry as the log says it. ``at`` in microseconds since 1970 UTC; absent ids and digests are zero bytes."""

    entry_id: EntryId
    at: int
    subject: Pseudonym
    actor: Pseudonym
    role: str
    event: str
    outcome: str
    reason: str = ""
    grant_id: GrantId = NO_GRANT
    grant_version: int = 0
    count: int = 0
    digest: bytes = NONE_DIGEST
    subject_commitment: bytes = NONE_DIGEST
    account_commitment: bytes = NONE_DIGEST


def encode_leaf(leaf: Leaf) -> bytes:
    """The bytes to store, 192 to 317 of them; ValueError naming the fault."""
    if fault := _fault(leaf):
        raise ValueError(f"leaf: {fault}")
    fixed = _FIXED.pack(VERSION, *(getattr(leaf, name) for name in _FIXED_FIELDS))
    codes = (code.encode() for code in (leaf.role, leaf.event, leaf.outcome, leaf.reason))
    return fixed + b"".join(bytes((len(code),)) + code for code in codes)


def decode_leaf(data: bytes) -> Leaf:
    """The fields of stored bytes; MalformedLeaf for anything ``encode_leaf`` would not have written."""
    if not data:
        raise MalformedLeaf("length")
    if data[0] != VERSION:
        raise MalformedLeaf("version")
    if not _FIXED.size < len(data) <= _MAX_BYTES:
        raise MalformedLeaf("length")
    fixed: dict[str, Any] = dict(zip(_FIXED_FIELDS, _FIXED.unpack_from(data)[1:], strict=True))
    role, event, outcome, reason = _codes(data[_FIXED.size :])
    leaf = Leaf(**fixed, role=role, event=event, outcome=outcome, reason=reason)
    if fault := _fault(leaf):
        raise MalformedLeaf(fault)
    return leaf


def derive_leaf_hash(data: bytes) -> bytes:
    """RFC 6962: SHA-256(00 ‖ leaf), over the bytes as stored."""
    return hashlib.sha256(b"\0" + data).digest()


def derive_set_digest(members: Iterable[tuple[bytes, int]]) -> bytes:
    """What an entry says of a set of (id, version): the same for any order, each member once."""
    ordered = sorted({item_id + version.to_bytes(8, "big") for item_id, version in members})
    if any(len(member) != 24 for member in ordered):
        raise ValueError("an id is 16 bytes")
    return hashlib.sha256(ctx("leaf-set/1") + b"".join(ordered)).digest()


def derive_records_digest(record_ids: Iterable[bytes]) -> bytes:
    """What an entry says of records of a vault, whatever their version: the same for any order, each record once."""
    return hashlib.sha256(ctx("leaf-records/1") + b"".join(sorted(set(record_ids)))).digest()


def derive_grant_digest(
    *,
    grant_id: GrantId,
    version: int,
    starts_at: int,
    ends_at: int,
    max_opens: int | None,
    needs_passcode: bool,
    actions: Iterable[str],
    set_digest: bytes,
) -> bytes:
    """What a ``grant`` entry says of one grant version, so that admission can be replayed. Times in microseconds."""
    words = ",".join(sorted(set(actions)))
    limits = (starts_at, ends_at, max_opens or 0, int(needs_passcode))
    return hashlib.sha256(ctx("leaf-grant/1", grant_id, version, *limits, words, set_digest)).digest()


def _codes(rest: bytes) -> tuple[str, str, str, str]:
    found = []
    for _ in range(4):
        if not rest or len(rest) < 1 + rest[0]:
            raise MalformedLeaf("length")
        found.append(rest[1 : 1 + rest[0]].decode("latin-1"))
        rest = rest[1 + rest[0] :]
    if rest:
        raise MalformedLeaf("length")
    return found[0], found[1], found[2], found[3]


def _fault(leaf: Leaf) -> str | None:
    ids = (leaf.entry_id, leaf.subject, leaf.actor, leaf.grant_id)
    digests = (leaf.digest, leaf.subject_commitment, leaf.account_commitment)
    if any(len(value) != 16 for value in ids) or any(len(value) != 32 for value in digests):
        return "length"
    if NONE_ID in (leaf.entry_id, leaf.subject) or (leaf.grant_version and leaf.grant_id == NONE_ID):
        return "id"
    if any(number not in _NUMBERS for number in (leaf.at, leaf.grant_version, leaf.count)):
        return "number"
    return None if _are_codes(leaf) else "code"


def _are_codes(leaf: Leaf) -> bool:
    codes = (leaf.role, leaf.event, leaf.outcome, *((leaf.reason,) if leaf.reason else ()))
    return all(len(code) <= _MAX_CODE and _CODE.fullmatch(code) for code in codes)

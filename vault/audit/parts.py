"""The private parts of an entry: canonical bytes, salted commitment, seal. docs/specs/leaf.md."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from vault.crypto.commitments import commit, open_part, seal_part
from vault.crypto.secret import AccountKey, LogKey
from vault.errors import Tampered
from vault.ids import EntryId, VaultId

NONCE_BYTES = 32


def canonical(part: Mapping[str, Any]) -> bytes:
    """The JSON object to seal. Lone surrogates become question marks: a log entry never fails for its text."""
    text = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def make_part(
    tag: str, key: LogKey | AccountKey, vault_id: VaultId, entry_id: EntryId, part: Mapping[str, Any]
) -> tuple[bytes, bytes]:
    """(commitment, sealed) under a fresh nonce."""
    nonce, content = secrets.token_bytes(NONCE_BYTES), canonical(part)
    return commit(tag, nonce, content), seal_part(key, tag, vault_id, entry_id, nonce + content)


def read_part(
    tag: str, key: LogKey | AccountKey, vault_id: VaultId, entry_id: EntryId, *, sealed: bytes, commitment: bytes
) -> dict[str, Any]:
    """The part again; Tampered unless it is this entry's and the leaf commits to it."""
    opened = open_part(key, tag, vault_id, entry_id, sealed)
    nonce, content = opened[:NONCE_BYTES], opened[NONCE_BYTES:]
    if len(nonce) != NONCE_BYTES or not hmac.compare_digest(commit(tag, nonce, content), commitment):
        raise Tampered
    part = json.loads(content)
    if not isinstance(part, dict):
        raise Tampered
    return part

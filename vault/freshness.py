"""Freshness: one sealed sum per vault over every segment, directory page, paper and the key manifest.

Whoever writes the database can bring back an old row, with a valid seal; the sum then no longer agrees and
reading refuses. The sum moves by a delta in the same short transaction as the rows, by compare-and-swap on the
sequence, so two writers of one vault never both win. Rolling the whole vault back at once is found through the log,
whose entries carry (sequence, hash).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select, update

from vault.database import table_of
from vault.errors import Conflict, Tampered
from vault.ids import VaultId
from vault.tables import FreshnessRow, PaperRow

if TYPE_CHECKING:
    from vault.keys.keyring import Keyring

MODULUS = 1 << 256
NONCE_BYTES = 12

Term = tuple[bytes, int, bytes]
"""(object id, version, nonce) of one sealed row."""


class StaleState(Conflict):
    """Another write of this vault came first; prepare again from the new state."""

    code = "vault-busy"
    advice = "Something else was being written to this vault. Please try again."


@dataclass(frozen=True, slots=True)
class Change:
    """Sealed rows that go and rows that come in one transaction."""

    removed: tuple[Term, ...] = ()
    added: tuple[Term, ...] = ()

    def __add__(self, other: Change) -> Change:
        return Change(self.removed + other.removed, self.added + other.added)


@dataclass(frozen=True, slots=True)
class State:
    """What a preparation was based on."""

    sequence: int
    total: int

    def digest(self) -> bytes:
        """32 bytes for the log: commits to the sum without showing it."""
        return hashlib.sha256(b"fresh" + self.total.to_bytes(32, "big")).digest()

    def for_log(self) -> dict[str, str | int]:
        """What the subject part of a write's log entry carries."""
        return {"sequence": self.sequence, "digest": self.digest().hex()}

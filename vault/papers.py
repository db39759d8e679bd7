"""Papers: small sealed writings of one vault for other rooms: profile, grant terms, receipts, import reports.

Each version of a paper is a row of its own, sealed under a write root, and counted in the freshness sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vault.freshness import Change
from vault.ids import PaperId

if TYPE_CHECKING:
    from vault.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sealed paper, ready for one short transaction; ``change`` goes into ``freshness.advance`` there."""

    paper_id: PaperId
    version: int
    row: Mapping[str, Any]
    root_row: Mapping[str, Any]
    change: Change


@dataclass(frozen=True, slots=True)
class Paper:
    paper_id: PaperId
    version: int
    stored_at: datetime
    data: bytes


class Papers:
    """The papers of one unlocked vault. ``purpose`` is stored in the clear and part of the seal."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def prepare(
        self, purpose: str, data: bytes, now: datetime, paper_id: PaperId | None = None, version: int = 1
    ) -> Prepared:
        """Seal a paper; touches no database."""
        raise NotImplementedError

    def store(self, connection: Connection, prepared: Prepared) -> None:
        """Insert the row and its root. The caller advances freshness by ``prepared.change`` in the same transaction."""
        raise NotImplementedError

    def read(self, connection: Connection, paper_id: PaperId, purpose: str, version: int | None = None) -> Paper:
        """One paper, by default its newest version. NotFound; Tampered."""
        raise NotImplementedError

    def list(self, connection: Connection, purpose: str) -> tuple[Paper, ...]:
        """The newest version of every paper of a purpose, newest first."""
        raise NotImplementedError

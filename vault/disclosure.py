"""The one door for other rooms: which records exist and what they are, and a sealed copy of what may leave.

It decides nothing. ``seal_for_link`` seals exactly the versions it is given or raises; link files are compact JWEs
under a fresh link key, sealed once more under a serving key that dies with the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vault.errors import Conflict
from vault.ids import FileId, GrantId, RecordId, VaultId

if TYPE_CHECKING:
    from vault.blobs import Blobs
    from vault.clock import Clock
    from vault.crypto.secret import LinkKey, ServingKey
    from vault.database import Database
    from vault.health.observation import Facts
    from vault.keys.keyring import Keyring
    from vault.keys.provider import KeyProvider


class RecordChanged(Conflict):
    """A record is no longer the version that was permitted."""

    code = "record-changed"
    advice = "A record changed in the meantime. Please look at the list again."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live record as a decision sees it; ``title`` and ``taken`` are for the preview's words."""

    record_id: RecordId
    version: int
    title: str
    taken: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class LinkContent:
    """What the composition says about the consent it travels under."""

    grant_id: GrantId
    recipient_name: str
    purpose: str
    actions: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkFile:
    """One file of a link. ``size`` counts the JWE's characters; ``sealed`` is it under the serving key."""

    file_id: FileId
    content_type: str
    sealed: bytes
    size: int


@dataclass(frozen=True, slots=True)
class SealedLink:
    """``wrapped_serving_key`` is for the key tables; whoever deletes it ends the link's copies."""

    link_key: LinkKey
    wrapped_serving_key: bytes
    files: tuple[LinkFile, ...]


class Disclosure:
    def __init__(self, database: Database, keyring: Keyring, provider: KeyProvider, blobs: Blobs, clock: Clock) -> None:
        self._database = database

    def candidates(self) -> tuple[Candidate, ...]:
        """Every live record, newest first."""
        raise NotImplementedError

    def seal_for_link(self, record_versions: Sequence[tuple[RecordId, int]], content: LinkContent) -> SealedLink:
        """Compose and seal exactly these versions. RecordChanged if one is gone or newer."""
        raise NotImplementedError


def unwrap_serving_key(provider: KeyProvider, vault_id: VaultId, grant_id: GrantId, wrapped: bytes) -> ServingKey:
    """The serving key of a live link. Tampered for another link's wrap."""
    raise NotImplementedError


def open_served(serving_key: ServingKey, vault_id: VaultId, grant_id: GrantId, file_id: FileId, sealed: bytes) -> str:
    """The compact JWE that a reader may fetch. Tampered for another file's bytes."""
    raise NotImplementedError

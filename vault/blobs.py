"""Sealed bytes by random name. The caller seals; a store of blobs sees ciphertext only."""

from __future__ import annotations

from typing import Protocol, cast

from sqlalchemy import Connection, delete, insert, select

from vault.database import table_of
from vault.errors import NotFound
from vault.ids import BlobId, VaultId
from vault.tables import BlobRow

_BLOB = table_of(BlobRow)


class Blobs(Protocol):
    """``connection`` lets a store that lives in the database join the caller's transaction; others ignore it."""

    def put(self, connection: Connection, vault_id: VaultId, blob_id: BlobId, sealed: bytes) -> None:
        """Keep ``sealed`` under a fresh name."""
        ...

    def get(self, connection: Connection, vault_id: VaultId, blob_id: BlobId) -> bytes:
        """The sealed bytes; NotFound."""
        ...

    def delete(self, connection: Connection, vault_id: VaultId, blob_id: BlobId) -> None:
        """Gone; an absent one is no error."""
        ...


class RowBlobs:
    """Blobs as rows of the database itself."""

    def put(self, connection: Connection, vault_id: VaultId, blob_id: BlobId, sealed: bytes) -> None:
        connection.execute(insert(_BLOB).values(vault_id=vault_id, blob_id=blob_id, sealed=sealed))

    def get(self, connection: Connection, vault_id: VaultId, blob_id: BlobId) -> bytes:
        query = select(_BLOB.c.sealed).where(_BLOB.c.vault_id == vault_id, _BLOB.c.blob_id == blob_id)
        sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise NotFound
        return cast(bytes, sealed)

    def delete(self, connection: Connection, vault_id: VaultId, blob_id: BlobId) -> None:
        connection.execute(delete(_BLOB).where(_BLOB.c.vault_id == vault_id, _BLOB.c.blob_id == blob_id))

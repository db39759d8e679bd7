"""A link's files: read from blobs, taken out of the serving key's seal, placed inside a manifest or behind a ticket.

What comes out is still sealed under the link key, which this server doesn't have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sharing.links.counting import has_open
from sharing.links.shlink import ManifestFile
from sharing.links.state import StoredLink
from sharing.links.tickets import LIFETIME, Ticket, write_ticket
from sharing.tables import LinkFileRow
from vault.blobs import Blobs
from vault.crypto.secret import ServingKey
from vault.database import Database, table_of
from vault.disclosure import open_served
from vault.errors import NotFound
from vault.ids import BlobId, FileId, OpeningId

MOST_EMBEDDED = 24 * 1024 * 1024  # The largest document fits; many at once would fill the server's memory.
_FILE = table_of(LinkFileRow)


@dataclass(frozen=True, slots=True)
class ServedFile:
    """``jwe`` is None for a file that is fetched by ticket."""

    file_id: FileId
    content_type: str
    jwe: str | None


class Files:
    def __init__(self, database: Database, blobs: Blobs, base_url: str) -> None:
        self._database = database
        self._blobs = blobs
        self._base_url = base_url

    def read(self, link: StoredLink, serving_key: ServingKey, embedded_max: int) -> tuple[ServedFile, ...]:
        """All files in order; of those whose JWE has at most ``embedded_max`` characters, the JWE.

        All of them together stay under ``MOST_EMBEDDED``: the rest have places, whatever a reader asks for.
        """
        query = (
            select(_FILE.c.file_id, _FILE.c.content_type, _FILE.c.blob_id, _FILE.c.size)
            .where(_FILE.c.vault_id == link.vault_id, _FILE.c.grant_id == link.grant_id)
            .order_by(_FILE.c.position)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            sealed = {
                row.file_id: self._blobs.get(connection, link.vault_id, BlobId(row.blob_id))
                for row in _to_embed(rows, embedded_max)
            }
        if not rows:
            raise NotFound
        opened = {
            file_id: open_served(serving_key, link.vault_id, link.grant_id, FileId(file_id), data)
            for file_id, data in sealed.items()
        }
        return tuple(ServedFile(FileId(row.file_id), row.content_type, opened.get(row.file_id)) for row in rows)

    def read_one(self, link: StoredLink, serving_key: ServingKey, ticket: Ticket) -> str:
        """The JWE that a ticket names; NotFound where its file or its open is not this link's."""
        query = select(_FILE.c.blob_id).where(
            _FILE.c.vault_id == link.vault_id,
            _FILE.c.grant_id == link.grant_id,
            _FILE.c.file_id == ticket.file_id,
        )
        with self._database.read() as connection:
            blob_id = connection.execute(query).scalar_one_or_none()
            if blob_id is None or not has_open(connection, link.vault_id, link.grant_id, ticket.opening_id):
                raise NotFound
            sealed = self._blobs.get(connection, link.vault_id, BlobId(blob_id))
        return open_served(serving_key, link.vault_id, link.grant_id, ticket.file_id, sealed)

    def place(
        self,
        files: tuple[ServedFile, ...],
        link: StoredLink,
        serving_key: ServingKey,
        *,
        link_id: str,
        opening_id: OpeningId,
        now: datetime,
    ) -> list[ManifestFile]:
        """Each file inside the manifest or at a place that holds for an hour at most."""
        expires_at = min(now + LIFETIME, link.state.ends_at)
        folder = f"{self._base_url}/shl/{link_id}/files"

        def location(file_id: FileId) -> str:
            return f"{folder}/{write_ticket(serving_key, link.grant_id, Ticket(file_id, opening_id, expires_at))}"

        return [
            ManifestFile(each.content_type, each.jwe, None if each.jwe is not None else location(each.file_id))
            for each in files
        ]


def _to_embed(rows: Iterable[Any], embedded_max: int) -> Iterator[Any]:
    left = MOST_EMBEDDED
    for row in rows:
        if row.size <= min(embedded_max, left):
            left -= row.size
            yield row

"""The sealed index of one vault: loaded under the freshness sum, opened segment by segment, edited as one change.

A loaded index speaks of one state; an edit of it is stored only if that state still stands (``freshness.advance``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from vault import freshness
from vault.crypto.objects import nonce_of, open_segment, seal_segment
from vault.crypto.secret import Root
from vault.database import table_of
from vault.errors import Tampered
from vault.freshness import Change, Header, Headers, page_object_id
from vault.ids import SegmentId, VaultId
from vault.keys.keyring import PRIVATE_ROOT, Keyring
from vault.keys.roots import drop_roots, open_roots, store_roots
from vault.records.bulk import batches
from vault.records.cards import Row, decode_rows, encode_rows
from vault.records.directory import FIRST_PRIVATE_PAGE, SEGMENTS_PER_PAGE, Outline, decode_page, encode_page, outline_of
from vault.tables import DirectoryTable, SegmentTable

_SEGMENT = table_of(SegmentTable)
_DIRECTORY = table_of(DirectoryTable)
_SEGMENTS_PER_QUERY = 16


@dataclass(slots=True)
class Index:
    """What the directory tells, and what has been opened so far."""

    keyring: Keyring
    headers: Headers
    entries: list[Outline]
    roots: dict[bytes, Root]
    opened: dict[SegmentId, list[Row]] = field(default_factory=dict)

    def is_private(self, segment_id: SegmentId) -> bool:
        """Whether a segment is kept from carers."""
        return any(entry.is_private for entry in self.entries if entry.segment_id == segment_id)

    @property
    def state(self) -> freshness.State:
        return self.headers.state

    def rows(
        self, connection: Connection, wanted: Iterable[SegmentId], *, keep: bool = True
    ) -> Iterator[tuple[SegmentId, list[Row]]]:
        """The cards of these segments, in the order asked for. Tampered.

        ``keep`` holds them open for an edit; a mere reader lets go of each segment, which spares the collector.
        """
        queue = list(wanted)
        for batch in batches(queue, _SEGMENTS_PER_QUERY):
            sealed = self._sealed(connection, [segment_id for segment_id in batch if segment_id not in self.opened])
            for segment_id in batch:
                rows = self.opened.get(segment_id)
                if rows is None:
                    header = self.headers.segments[segment_id]
                    rows = decode_rows(self._unsealed(segment_id, header, sealed.get(segment_id, b"")))
                    if keep:
                        self.opened[segment_id] = rows
                yield segment_id, rows

    def all_rows(self, connection: Connection, *, keep: bool = True) -> Iterator[tuple[SegmentId, list[Row]]]:
        """As ``rows``, of every segment in the order they were made."""
        return self.rows(connection, [entry.segment_id for entry in self.entries], keep=keep)

    def _sealed(self, connection: Connection, wanted: Sequence[SegmentId]) -> dict[bytes, bytes]:
        known = self.headers.segments
        if not known.keys() >= set(wanted):
            raise Tampered
        self.roots |= open_roots(connection, self.keyring, [known[segment_id][1] for segment_id in wanted])
        if not wanted:
            return {}
        query = select(_SEGMENT.c.segment_id, _SEGMENT.c.sealed).where(
            _SEGMENT.c.vault_id == self.keyring.vault_id, _SEGMENT.c.segment_id.in_(wanted)
        )
        return {segment_id: sealed for segment_id, sealed in connection.execute(query)}  # noqa: C416

    def _unsealed(self, object_id: bytes, header: Header, sealed: bytes) -> bytes:
        version, root_id, nonce = header
        if nonce_of(sealed) != nonce:
            raise Tampered
        return open_segment(self.roots[root_id], self.keyring.vault_id, object_id, version, root_id, sealed)


def load_index(connection: Connection, keyring: Keyring) -> Index:
    """Check the freshness sum and open the directory. Tampered."""
    headers = freshness.verify(connection, keyring)
    pages = headers.pages if keyring.opens_private else _public(headers.pages)
    index = Index(keyring, headers, [], open_roots(connection, keyring, [page[1] for page in pages.values()]))
    query = select(_DIRECTORY.c.page, _DIRECTORY.c.sealed).where(_DIRECTORY.c.vault_id == keyring.vault_id)
    for number, sealed in connection.execute(query.order_by(_DIRECTORY.c.page)):
        if number in pages:
            plain = index._unsealed(page_object_id(number), pages[number], sealed)
            index.entries += decode_page(plain, is_private=number >= FIRST_PRIVATE_PAGE)
    named = {entry.segment_id for entry in index.entries}
    if not named <= headers.segments.keys() or (pages is headers.pages and len(named) != len(headers.segments)):
        raise Tampered
    if len(named) < len(headers.segments):
        index.headers = replace(headers, segments={each: headers.segments[each] for each in named}, pages=pages)
    return index


def _public(pages: Mapping[int, Header]) -> dict[int, Header]:
    """What a carer's keyring opens."""
    return {number: header for number, header in pages.items() if number < FIRST_PRIVATE_PAGE}


@dataclass(frozen=True, slots=True)
class SealedEdit:
    """Sealed rows of an edit, ready for one short transaction."""

    vault_id: bytes
    root_rows: tuple[dict[str, Any], ...]
    new: dict[str, list[dict[str, Any]]]
    changed: dict[str, list[dict[str, Any]]]
    change: Change
    dropped: tuple[bytes, ...]

    def store(self, connection: Connection) -> None:
        """Insert and update, destroy replaced roots; freshness was advanced by ``change`` in this transaction."""
        store_roots(connection, self.root_rows)
        for table, key in ((_SEGMENT, "segment_id"), (_DIRECTORY, "page")):
            if self.new[key]:
                connection.execute(insert(table), self.new[key])
            if self.changed[key]:
                statement = (
                    update(table)
                    .where(table.c.vault_id == self.vault_id, table.c[key] == bindparam("key"))
                    .values(
                        version=bindparam("to_version"), root_id=bindparam("to_root"), sealed=bindparam("to_sealed")
                    )
                )
                connection.execute(statement, self.changed[key])
        drop_roots(connection, VaultId(self.vault_id), self.dropped)


@dataclass(frozen=True, slots=True)
class _Sealing:
    """One row to be sealed: its table by the key's ``column``, and what was there before."""

    column: str
    key: bytes | int
    object_id: bytes
    header: Header | None
    is_fresh: bool
    is_private: bool


class Edit:
    """Gathers changes to a loaded index and seals them once.

    ``sealing`` makes the new roots; it is the index's own keyring unless the vault is getting another key.
    """

    def __init__(self, index: Index, sealing: Keyring | None = None) -> None:
        self._index = index
        self._keyring = sealing or index.keyring
        self._rekeyed: set[bytes] = set()
        self._private = {entry.segment_id for entry in index.entries if entry.is_private}
        self._dropped: list[bytes] = []
        self._content: dict[SegmentId, list[Row]] = {}
        self._terms: tuple[list[freshness.Term], list[freshness.Term]] = ([], [])
        self._roots: list[dict[str, Any]] = []
        self._new: dict[str, list[dict[str, Any]]] = {"segment_id": [], "page": []}
        self._changed: dict[str, list[dict[str, Any]]] = {"segment_id": [], "page": []}

    def put(self, segment_id: SegmentId, rows: list[Row]) -> None:
        """Give a segment, new or already opened, these cards."""
        self._content[segment_id] = rows

    def put_private(self, segment_id: SegmentId, rows: list[Row]) -> None:
        """The same for a segment that is kept from carers, new or one of those."""
        self._private.add(segment_id)
        self._content[segment_id] = rows

    def is_private(self, segment_id: SegmentId) -> bool:
        """Whether a segment is kept from carers, or is to be."""
        return segment_id in self._private

    def rekey(self, segment_id: SegmentId) -> None:
        """Seal an opened segment and its directory page under new roots; the old ones, and all they sealed, go."""
        self._rekeyed.add(segment_id)
        self._content.setdefault(segment_id, self._index.opened.get(segment_id, []))

    def content(self, segment_id: SegmentId) -> list[Row]:
        """The cards as edited so far."""
        if segment_id in self._content:
            return self._content[segment_id]
        return self._index.opened.get(segment_id, [])

    def seal(self) -> SealedEdit:
        """Seal every touched segment and directory page at its next version."""
        entries = list(self._index.entries)
        places = {entry.segment_id: place for place, entry in enumerate(entries)}
        for segment_id, rows in self._content.items():
            is_private = segment_id in self._private
            entry = outline_of(segment_id, rows, is_private=is_private)
            if segment_id in places:
                entries[places[segment_id]] = entry
            else:
                entries.append(entry)
            header = self._index.headers.segments.get(segment_id)
            is_fresh = header is None or segment_id in self._rekeyed
            row = _Sealing("segment_id", segment_id, segment_id, header, is_fresh=is_fresh, is_private=is_private)
            self._seal(row, encode_rows(rows))
        for is_private in (False, True):
            before = [entry for entry in self._index.entries if entry.is_private is is_private]
            self._seal_pages(before, [entry for entry in entries if entry.is_private is is_private])
        removed, added = self._terms
        return SealedEdit(
            self._keyring.vault_id,
            tuple(self._roots),
            self._new,
            self._changed,
            Change(tuple(removed), tuple(added)),
            tuple(self._dropped),
        )

    def _seal_pages(self, before: list[Outline], entries: list[Outline]) -> None:
        is_private = any(entry.is_private for entry in entries)
        first = FIRST_PRIVATE_PAGE if is_private else 0
        for number, start in enumerate(range(0, len(entries), SEGMENTS_PER_PAGE), start=first):
            part = entries[start : start + SEGMENTS_PER_PAGE]
            rekeyed = any(entry.segment_id in self._rekeyed for entry in part)
            if rekeyed or part != before[start : start + SEGMENTS_PER_PAGE]:
                header = self._index.headers.pages.get(number)
                is_fresh = header is None or rekeyed
                row = _Sealing("page", number, page_object_id(number), header, is_fresh=is_fresh, is_private=is_private)
                self._seal(row, encode_page(part))

    def _seal(self, row: _Sealing, plain: bytes) -> None:
        vault_id, header = self._keyring.vault_id, row.header
        removed, added = self._terms
        version = 1 if header is None else header[0] + 1
        if header is None or row.is_fresh:
            root_id, root = self._fresh_root(is_private=row.is_private)
        else:
            root_id, root = header[1], self._index.roots[header[1]]
        if header is not None:
            removed.append((row.object_id, header[0], header[2]))
            if row.is_fresh:
                self._dropped.append(header[1])
        sealed = seal_segment(root, vault_id, row.object_id, version, root_id, plain)
        added.append((row.object_id, version, nonce_of(sealed)))
        if header is None:
            stored = {"vault_id": vault_id, row.column: row.key, "version": version, "root_id": root_id}
            self._new[row.column].append({**stored, "sealed": sealed})
        else:
            stored = {"key": row.key, "to_version": version, "to_root": root_id, "to_sealed": sealed}
            self._changed[row.column].append(stored)

    def _fresh_root(self, *, is_private: bool) -> tuple[bytes, Root]:
        made = self._keyring.make_root(PRIVATE_ROOT if is_private else "segment")
        self._roots.append({**made.row, "objects": 1})
        return made.root_id, made.root

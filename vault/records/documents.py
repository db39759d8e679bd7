"""Documents of one vault for one actor: open one to be looked at, and keep what somebody read from it.

Opening logs one look and gives a pass. For an hour the pass stands for that look, so that the images of a page need no
entry each; without it every image is a look of its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from vault.blobs import Blobs
from vault.clock import Clock, to_microseconds
from vault.database import Database
from vault.errors import Invalid, NotFound, Tampered
from vault.health.typed import MAX_TEXT_CHARACTERS, BadText, TypedResult, resource_of
from vault.ids import RecordId, text_of
from vault.keys.keyring import Keyring
from vault.records.bodies import find_card
from vault.records.cards import DELETED, MEDIA, READ_FROM, SOURCE, TYPED, Row, import_of, record_row, stamp
from vault.records.incoming import Incoming
from vault.records.index import load_index
from vault.records.intake import items_of
from vault.records.originals import read_original
from vault.records.queries import result_row
from vault.records.sealing import Source
from vault.records.telling import Teller
from vault.records.views import Original, RecordRow, ResultRow

MOST_AT_ONCE: Final = 50
PASS_LASTS: Final = timedelta(hours=1)
_LOOK: Final = "document-look/1"
_PASSWORD: Final = "document-password/1"


class UnknownDocument(Invalid):
    code = "unknown-document"
    advice = "This document is not in your vault, or it is in the bin."


class TooManyResults(Invalid):
    code = "too-many-results"
    advice = "Please keep at most 50 results at once."


@dataclass(frozen=True, slots=True, repr=False)
class DocumentView:
    """One document with its bytes, the results read from it (by name), and a pass for its images."""

    row: RecordRow
    file: Original
    results: tuple[ResultRow, ...]
    look: str


class Documents:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        blobs: Blobs,
        *,
        tell: Teller,
        incoming: Incoming,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._blobs = blobs
        self._tell = tell
        self._incoming = incoming

    def open(self, record_id: RecordId) -> DocumentView:
        """One look at a document. NotFound, also for a record that is no document; Tampered."""
        with self._database.read() as connection:
            card = self._card(connection, record_id)
            file = self._file(connection, card)
            results = self._read_from(connection, record_id)
        self._log(record_id, card)
        return DocumentView(record_row(card), file, results, self._make_pass(_LOOK, record_id, b""))

    def file(self, record_id: RecordId, look: str = "") -> Original:
        """The bytes to draw one page of. A look of its own without the pass of an earlier one. NotFound; Tampered."""
        with self._database.read() as connection:
            card = self._card(connection, record_id)
            file = self._file(connection, card)
        if self._read_pass(_LOOK, record_id, look) is None:
            self._log(record_id, card)
        return file

    def add_results(self, typed: Sequence[TypedResult], document: RecordId | None = None) -> tuple[RecordId, ...]:
        """Keep results that were typed in, all of them or none, as read from ``document`` if one is named.

        Invalid subclasses name the field of the first that is wrong; UnknownDocument; TooManyResults.
        """
        if not 1 <= len(typed) <= MOST_AT_ONCE:
            raise TooManyResults(field="results")
        if any(len(each.value) > MAX_TEXT_CHARACTERS for each in typed):
            raise BadText(field="value")  # Telling numbers from words takes the square of its length.
        resources = [resource_of(replace(each, document=document)) for each in typed]
        if document is not None:
            self._check(document)
        now = self._clock.now()
        items = items_of(self._keyring, resources, "fhir")
        name = READ_FROM + document.hex() if document else TYPED
        told = {"document": text_of(document)} if document else {}
        plan = self._incoming.bring_in(items, Source(name, TYPED.encode(), stamp(now)), now, None, told)
        return tuple(RecordId(bytes.fromhex(plan.record_of_tag[item.tag])) for item in items)

    def seal_password(self, record_id: RecordId, password: str) -> str:
        """A document's password under the vault key, for the browser to bring back within the hour."""
        return self._make_pass(_PASSWORD, record_id, password.encode())

    def open_password(self, record_id: RecordId, sealed: str) -> str | None:
        """What was sealed for this document; None for anything else and after an hour."""
        secret = self._read_pass(_PASSWORD, record_id, sealed)
        return None if secret is None else secret.decode()

    def _card(self, connection: Connection, record_id: RecordId) -> Row:
        found = find_card(connection, load_index(connection, self._keyring), record_id)
        if found is None or found[1][MEDIA] != "file":
            raise NotFound
        return found[1]

    def _file(self, connection: Connection, card: Row) -> Original:
        import_id = import_of(card)
        if import_id is None:
            raise Tampered
        return read_original(connection, self._keyring, self._blobs, import_id)

    def _check(self, document: RecordId) -> None:
        try:
            with self._database.read() as connection:
                is_deleted = bool(self._card(connection, document)[DELETED])
        except NotFound:
            raise UnknownDocument(field="document") from None
        if is_deleted:
            raise UnknownDocument(field="document")

    def _read_from(self, connection: Connection, record_id: RecordId) -> tuple[ResultRow, ...]:
        name = READ_FROM + record_id.hex()
        index = load_index(connection, self._keyring)
        cards = [row for _, rows in index.all_rows(connection, keep=False) for row in rows if row[SOURCE] == name]
        results = [result_row(card, 0, None) for card in cards if not card[DELETED]]
        return tuple(sorted(results, key=lambda each: (each.name.casefold(), each.taken)))

    def _log(self, record_id: RecordId, card: Row) -> None:
        self._tell.look({"record": text_of(record_id), "title": record_row(card).title, "version": 1}, [record_id])

    def _make_pass(self, label: str, record_id: RecordId, secret: bytes) -> str:
        until = to_microseconds(self._clock.now() + PASS_LASTS).to_bytes(8, "big")
        return base64.urlsafe_b64encode(self._keyring.wrap(label, record_id, until + secret)).decode().rstrip("=")

    def _read_pass(self, label: str, record_id: RecordId, text: str) -> bytes | None:
        try:
            wrapped = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            opened = self._keyring.unwrap(label, record_id, wrapped)
        except (Tampered, binascii.Error, ValueError):
            return None
        return opened[8:] if _is_before(self._clock.now(), opened[:8]) else None


def _is_before(now: datetime, until: bytes) -> bool:
    return to_microseconds(now) < int.from_bytes(until, "big")

"""The one door for other rooms: which records exist and what they are, and a sealed copy of what may leave.

It decides nothing. ``seal_for_link`` seals exactly the versions it is given or raises; link files are compact JWEs
under a fresh link key, sealed once more under a serving key that dies with the link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.jwe import open_jwe, seal_jwe
from vault.crypto.secret import KEY_BYTES, LinkKey, ServingKey
from vault.database import Database
from vault.enclosures import enclose
from vault.errors import Conflict, NotFound, Tampered
from vault.health.composition import Included, document_bundle
from vault.health.observation import Facts, Person
from vault.health.withdrawal import holds_records, without_record
from vault.ids import FileId, GrantId, ImportId, RecordId, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider, Purpose
from vault.records.bodies import open_bodies
from vault.records.cards import (
    CATEGORIES,
    DELETED,
    KIND,
    MEDIA,
    RECORD,
    TAKEN,
    TITLE,
    VERSION,
    Row,
    facts_of,
    import_of,
    provenance_of,
    record_id_of,
    when_of,
)
from vault.records.index import load_index
from vault.records.originals import read_original, read_report
from vault.records.profile import find_profile
from vault.records.views import Original

FHIR_JSON: Final = "application/fhir+json"
SMALL_STEP: Final = 4096
MOST_PAGES: Final = 200
"""Page images of all documents of one link together; a single document has 30 at most."""


class RecordChanged(Conflict):
    """A record is no longer the version that was permitted."""

    code = "record-changed"
    advice = "A record changed in the meantime. Please look at the list again."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live record as a decision sees it; ``title`` and ``taken`` are for the preview's words.

    ``import_id``: the file it came in; None for a typed result.
    """

    record_id: RecordId
    version: int
    title: str
    taken: str
    facts: Facts
    import_id: ImportId | None = None


@dataclass(frozen=True, slots=True)
class LinkContent:
    """What the composition says about the consent it travels under; ``beside`` is for whoever serves the link."""

    grant_id: GrantId
    purpose: str
    actions: tuple[str, ...]
    expires_at: datetime
    beside: bytes = b""


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
    """Of one unlocked vault, for one act: what was drawn is not drawn again when that must be tried again."""

    def __init__(self, database: Database, keyring: Keyring, provider: KeyProvider, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._provider = provider
        self._blobs = blobs
        self._clock = clock
        self._drawn: dict[str, tuple[bytes, int]] = {}

    def candidates(self) -> tuple[Candidate, ...]:
        """Every live record, newest first. Tampered."""
        with self._database.read() as connection:
            rows = list(self._live(connection).values())
        rows.sort(key=lambda row: (when_of(row), row[RECORD]), reverse=True)
        return tuple(
            Candidate(record_id_of(row), int(row[VERSION]), row[TITLE], row[TAKEN], facts_of(row), import_of(row))
            for row in rows
        )

    def naming_another(self, imports: Iterable[ImportId]) -> frozenset[ImportId]:
        """Those of these imports whose file named another person when it joined. Tampered."""
        with self._database.read() as connection:
            return frozenset(each for each in set(imports) if _names_another(connection, self._keyring, each))

    def seal_for_link(self, record_versions: Sequence[tuple[RecordId, int]], content: LinkContent) -> SealedLink:
        """Compose and seal exactly these versions, each once. RecordChanged if one is gone or newer. Tampered."""
        with self._database.read() as connection:
            cards = self._permitted(connection, record_versions)
            bodies = list(open_bodies(connection, self._keyring, cards))
            plain = [self._bundle(connection, cards, bodies, content)]
        plain += self._documents([card for card in cards if card[MEDIA] == "file"], "download" in content.actions)
        link_key = LinkKey.make()
        return _seal(self._provider, self._keyring.vault_id, content.grant_id, link_key, plain, content.beside)

    def _live(self, connection: Connection) -> dict[str, Row]:
        index = load_index(connection, self._keyring)
        return {
            row[RECORD]: row for _, rows in index.all_rows(connection, keep=False) for row in rows if not row[DELETED]
        }

    def _permitted(self, connection: Connection, record_versions: Sequence[tuple[RecordId, int]]) -> list[Row]:
        live = self._live(connection)
        cards = []
        for record_id, version in dict(record_versions).items():
            card = live.get(record_id.hex())
            if card is None or card[VERSION] != str(version):
                raise RecordChanged
            cards.append(card)
        return sorted(cards, key=lambda row: (when_of(row), row[RECORD]), reverse=True)

    def _bundle(self, connection: Connection, cards: list[Row], bodies: list[bytes], content: LinkContent) -> bytes:
        profile = find_profile(connection, self._keyring)
        patient = Person((profile.name,), profile.birth_date) if profile else Person((), "")
        resources = [
            Included(record_id_of(card), card[KIND], frozenset(card[CATEGORIES].split()), body, provenance_of(card))
            for card, body in zip(cards, bodies, strict=True)
            if card[MEDIA] == "fhir"
        ]
        return document_bundle(
            patient,
            resources,
            content.actions,
            self._clock.now(),
            bundle_id=make_id(),
            expires_at=content.expires_at,
            purpose=content.purpose,
            documents=[record_id_of(card) for card in cards if card[MEDIA] == "file"],
        )

    def _documents(self, cards: Sequence[Row], may_save: bool) -> list[bytes]:
        """Each drawn on its own, outside of any transaction. RecordChanged if one went meanwhile."""
        files, left = [], MOST_PAGES
        for card in cards:
            drawn = self._drawn.get(card[RECORD])
            if drawn is None:
                with self._database.read() as connection:
                    original = self._original(connection, card)
                record_id = record_id_of(card)
                drawn = enclose(record_id, card[TITLE], original, may_save=may_save, most_pages=left)
                self._drawn[card[RECORD]] = drawn
            files.append(drawn[0])
            left -= drawn[1]
        return files

    def _original(self, connection: Connection, card: Row) -> Original:
        import_id = import_of(card)
        try:
            return read_original(connection, self._keyring, self._blobs, import_id or ImportId(b""))
        except NotFound:
            raise RecordChanged from None


def seal_without(  # noqa: PLR0917  One link's files, and what they are to lose.
    provider: KeyProvider,
    vault_id: VaultId,
    grant_id: GrantId,
    link_key: LinkKey,
    served: Iterable[str],
    record_id: RecordId,
    beside: bytes,
) -> SealedLink:
    """A link's files (compact JWEs) again without one record, under the same link key and a new serving key.

    Without files if nothing else was in them. Tampered.
    """
    opened = (open_jwe(link_key, each)[0] for each in served)
    plain = [left for each in opened if (left := without_record(each, record_id)) is not None]
    if not any(holds_records(each) for each in plain):
        plain = []
    return _seal(provider, vault_id, grant_id, link_key, plain, beside)


def _seal(  # noqa: PLR0917  What a link is made of.
    provider: KeyProvider,
    vault_id: VaultId,
    grant_id: GrantId,
    link_key: LinkKey,
    plain: Iterable[bytes],
    beside: bytes,
) -> SealedLink:
    serving_key = ServingKey.make()
    files = tuple(_sealed(link_key, serving_key, vault_id, grant_id, data) for data in plain)
    wrapped = provider.wrap(Purpose.LINKS, serving_key.raw + beside, serving_context(vault_id, grant_id))
    return SealedLink(link_key, wrapped, files)


def _sealed(link_key: LinkKey, serving_key: ServingKey, vault_id: VaultId, grant_id: GrantId, data: bytes) -> LinkFile:
    jwe, file_id = seal_jwe(link_key, pad_json(data), FHIR_JSON), FileId(make_id())
    sealed = seal_box(serving_key.raw, _file_context(vault_id, grant_id, file_id), jwe.encode("ascii"))
    return LinkFile(file_id, FHIR_JSON, sealed, len(jwe))


def _names_another(connection: Connection, keyring: Keyring, import_id: ImportId) -> bool:
    try:
        report = read_report(connection, keyring, import_id)
    except NotFound:
        return False
    return bool(report.outcome.warnings)


def unwrap_serving_key(
    provider: KeyProvider, vault_id: VaultId, grant_id: GrantId, wrapped: bytes
) -> tuple[ServingKey, bytes]:
    """The serving key of a live link, and what was kept beside it. Tampered for another link's wrap."""
    raw = provider.unwrap(Purpose.LINKS, wrapped, serving_context(vault_id, grant_id))
    if len(raw) < KEY_BYTES:
        raise Tampered
    return ServingKey(raw[:KEY_BYTES]), raw[KEY_BYTES:]


def open_served(serving_key: ServingKey, vault_id: VaultId, grant_id: GrantId, file_id: FileId, sealed: bytes) -> str:
    """The compact JWE that a reader may fetch. Tampered for another file's bytes."""
    return open_box(serving_key.raw, _file_context(vault_id, grant_id, file_id), sealed).decode("ascii")


def pad_json(data: bytes) -> bytes:
    """White space behind a JSON text up to a size step: 4 KiB, from 64 KiB on an eighth of its power of two."""
    step = max(SMALL_STEP, (1 << (len(data).bit_length() - 1)) // 8)
    return data + b" " * (-len(data) % step)


def serving_context(vault_id: VaultId, grant_id: GrantId) -> bytes:
    """What a serving key is bound to under the server's own keys."""
    return ctx("serving/1", vault_id, grant_id)


def _file_context(vault_id: VaultId, grant_id: GrantId, file_id: FileId) -> bytes:
    return ctx("link-file/1", vault_id, grant_id, file_id)

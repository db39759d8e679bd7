"""Files on their way into one vault: at once, or staged, looked at first, and then confirmed or taken away.

Whose data a file holds is asked where people are asked: a preview says whom the file names, and the answer is part of
the confirmation. The one-step import joins and warns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from vault.audit.events import Event
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.errors import Conflict, Invalid
from vault.freshness import State
from vault.health.observation import Resource, Upload
from vault.ids import ImportId, RecordId, make_id, text_of
from vault.keys.keyring import Keyring
from vault.records.cards import stamp
from vault.records.importing import Importing, Run
from vault.records.index import load_index
from vault.records.intake import Item, clean_content_type, clean_filename, document_of, items_of, read_file
from vault.records.known import load_known
from vault.records.originals import FileFacts, facts_of_file, prepare_report, seal_original
from vault.records.plan import Plan, make_plan
from vault.records.preview import Preview, contents_of, preview_of
from vault.records.profile import Profile, find_profile
from vault.records.sealing import Source
from vault.records.telling import Teller, ids_told
from vault.records.views import ImportOutcome, Media, SentBy
from vault.records.waiting import Brought, Waiting, let_go, list_waiting, read_waiting, stage
from vault.records.whose import Doubt, doubts_about, warnings_of

MINE: Final = "mine"
APART: Final = "apart"
NOT_ADDED: Final = "not-added"
OPENED: Final = "delivery-opened"


class WhoseIsIt(Conflict):
    """The file names somebody else, and the confirmation doesn't say whose it is."""

    code = "whose-is-it"
    advice = "This file names another person. Please say first whose it is."


class UnknownAnswer(Invalid):
    code = "unknown-answer"
    advice = "Please choose one of the answers."


class Delivered(Protocol):
    """One file as it was delivered; name and type are the sender's and not cleaned yet."""

    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Found:
    """One file, read."""

    file: FileFacts
    upload: Upload
    media: Media
    data: bytes
    doubts: tuple[Doubt, ...]
    owner: Profile | None


class Incoming:
    """Bound to one unlocked vault and one actor when built."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, blobs: Blobs, tell: Teller) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._blobs = blobs
        self._tell = tell

    def add_file(self, data: bytes, filename: str, content_type: str) -> ImportOutcome:
        """Keep one file and what it holds. TooLarge over 10 MiB; MalformedJson, EmptyFile; StaleState."""
        found = self._read(data, clean_filename(filename), clean_content_type(content_type))
        return self._add(found, warnings_of(found.doubts), None)

    def add_delivered(
        self, file: Delivered, sent_by: SentBy, settle: Callable[[Connection], None] | None, whose: str = ""
    ) -> ImportOutcome:
        """Import one delivered file, as ``confirm`` does. ``settle`` runs in the publishing transaction.

        WhoseIsIt if it names somebody else and nothing was answered; MalformedJson, EmptyFile; StaleState.
        """
        found = self._read(file.data, clean_filename(file.name), clean_content_type(file.content_type))
        return self._answered(found, whose, settle, sent_by)

    def names_another(self, file: Delivered) -> bool:
        """Whether the citizen has to say whose a delivered file is. MalformedJson, EmptyFile."""
        return bool(self._read(file.data, clean_filename(file.name), clean_content_type(file.content_type)).doubts)

    def owner(self) -> Profile | None:
        """Whose vault this is, as they stated themselves."""
        with self._database.read() as connection:
            return find_profile(connection, self._keyring)

    def one_resource(self, file: Delivered, owner: Profile | None) -> Resource | None:
        """The resource that the whole file is, if it is one, sound, and names nobody but its owner.

        MalformedJson, EmptyFile.
        """
        upload, media = read_file(file.data, clean_filename(file.name), clean_content_type(file.content_type))
        whole = media == "fhir" and not upload.quarantined and len(upload.resources) == 1
        if not whole or doubts_about(upload.people, owner):
            return None
        (resource,) = upload.resources
        return resource if resource.body == file.data.strip() else None

    def add_resources(
        self, resources: Sequence[Resource], name: str, sent_by: SentBy, settle: Callable[[Connection], None]
    ) -> ImportOutcome:
        """Import many files of ``one_resource`` as one act; they are their own originals. StaleState."""
        whole = b"\n".join(each.body for each in resources)
        file = facts_of_file(whole, clean_filename(name or "delivery"), "application/fhir+json")
        return self._add(
            _Found(file, Upload(tuple(resources)), "fhir", whole, (), None), (), settle, sent_by=sent_by, keeps=False
        )

    def stage(self, data: bytes, filename: str, content_type: str) -> Preview:
        """Keep one file for a day, until it is confirmed. TooLarge; MalformedJson, EmptyFile; TooManyWaiting."""
        found = self._read(data, clean_filename(filename), clean_content_type(content_type))
        contents = contents_of(found.upload.resources)
        others = sum(count for _, count in contents.others)
        brought = Brought(contents.results, others, len(found.upload.quarantined), bool(found.doubts))
        now = self._clock.now()
        waiting = stage(self._database, self._keyring, self._blobs, found.file, data, brought, now)
        return self._preview(waiting, found)

    def waiting(self) -> tuple[Waiting, ...]:
        """The files that wait for an answer, the oldest first."""
        with self._database.read() as connection:
            found = list_waiting(connection, self._keyring, self._clock.now())
        if found:
            self._tell.look({"list": "waiting"}, [])
        return found

    def preview(self, import_id: ImportId) -> Preview:
        """What a waiting file would bring now. NotWaiting; Tampered."""
        return self._preview(*self._staged(import_id))

    def confirm(self, import_id: ImportId, whose: str = "") -> ImportOutcome:
        """Import a waiting file. ``whose``: ``mine`` joins, ``apart`` keeps the file alone, as a document.

        NotWaiting, also when it is answered twice; WhoseIsIt if it names somebody else and nothing was answered.
        """
        if whose not in {"", MINE, APART}:
            raise UnknownAnswer(field="whose")
        _, found = self._staged(import_id)

        def settle(connection: Connection) -> None:
            let_go(connection, self._blobs, self._keyring.vault_id, import_id)

        return self._answered(found, whose, settle)

    def discard(self, import_id: ImportId) -> None:
        """Take a waiting file away; nothing of it is kept. NotWaiting."""
        with self._database.read() as connection:
            waiting, _ = read_waiting(connection, self._keyring, self._blobs, import_id, self._clock.now())
        with self._database.write() as connection:
            let_go(connection, self._blobs, self._keyring.vault_id, import_id)
            told = {"import": text_of(import_id), "file": waiting.file.filename}
            self._tell.append(connection, Event.DELETE, told, [], None, reason=NOT_ADDED)

    def _answered(
        self, found: _Found, whose: str, settle: Callable[[Connection], None] | None, sent_by: SentBy | None = None
    ) -> ImportOutcome:
        if found.doubts and not whose:
            raise WhoseIsIt
        if whose == APART:
            file = found.file
            document = document_of(found.data, file.filename, file.content_type)
            found = _Found(file, Upload((document,)), "file", found.data, (), None)
        return self._add(found, (), settle, apart=whose == APART, sent_by=sent_by)

    def bring_in(  # noqa: PLR0917  What an act is made of.
        self,
        items: Sequence[Item],
        source: Source,
        now: datetime,
        run: Run | None,
        told: dict[str, Any],
        delivered: bool = False,
    ) -> Plan:
        """Publish items as one act with one log entry. StaleState; ImportExpired."""
        event, reason = (Event.DELIVERY, OPENED) if delivered else (Event.IMPORT, "")

        def append(connection: Connection, plan: Plan, state: State) -> None:
            ids = [write.record_id for write in plan.writes] + [bytes.fromhex(record) for record in plan.revived]
            counts = {"added": plan.added, "duplicates": plan.duplicates}
            self._tell.append(connection, event, told | counts | ids_told(ids), ids, state, reason=reason)

        importing = Importing(
            database=self._database,
            keyring=self._keyring,
            blobs=self._blobs,
            items=items,
            source=source,
            now=now,
            run=run,
        )
        return importing.publish(append)

    def _preview(self, waiting: Waiting, found: _Found) -> Preview:
        items = items_of(self._keyring, found.upload.resources, found.media)
        with self._database.read() as connection:
            plan = make_plan(items, load_known(connection, load_index(connection, self._keyring), items))
        self._tell.look({"import": text_of(waiting.import_id), "file": found.file.filename}, [])
        return preview_of(
            waiting.import_id,
            found.file,
            waiting.kept_until,
            plan,
            found.upload.quarantined,
            found.doubts,
            found.owner,
            is_document=found.media == "file",
        )

    def _staged(self, import_id: ImportId) -> tuple[Waiting, _Found]:
        with self._database.read() as connection:
            waiting, data = read_waiting(connection, self._keyring, self._blobs, import_id, self._clock.now())
        return waiting, self._read(data, waiting.file.filename, waiting.file.content_type)

    def _read(self, data: bytes, filename: str, content_type: str) -> _Found:
        file = facts_of_file(data, filename, content_type)
        upload, media = read_file(data, filename, content_type)
        owner = self.owner()
        return _Found(file, upload, media, data, doubts_about(upload.people, owner), owner)

    def _add(
        self,
        found: _Found,
        warnings: tuple[str, ...],
        settle: Callable[[Connection], None] | None,
        *,
        apart: bool = False,
        sent_by: SentBy | None = None,
        keeps: bool = True,
    ) -> ImportOutcome:
        """``settle`` runs in the publishing transaction, and may refuse it. ``keeps`` False: no file beside records."""
        items = items_of(self._keyring, found.upload.resources, found.media)
        import_id, now = ImportId(make_id()), self._clock.now()
        original = seal_original(self._keyring, import_id, found.data) if keeps else None
        quarantined = found.upload.quarantined

        def outcome_of(plan: Plan) -> ImportOutcome:
            document = RecordId(bytes.fromhex(plan.record_of_tag[items[0].tag])) if found.media == "file" else None
            return ImportOutcome(import_id, plan.added, plan.duplicates, quarantined, warnings, document)

        run = Run(
            import_id=import_id,
            original=original,
            must_keep=bool(quarantined),
            report=lambda plan, keeps: prepare_report(
                self._keyring,
                found.file,
                original if keeps else None,
                outcome_of(plan),
                now,
                plan.revived,
                apart,
                sent_by,
            ),
            settle=settle,
        )
        told = {"import": text_of(import_id), "file": found.file.filename, "quarantined": len(quarantined)}
        if sent_by:
            told |= {"sender": sent_by.name, "proven": int(sent_by.proven)}
        source = Source(import_id.hex(), import_id, stamp(now))
        return outcome_of(self.bring_in(items, source, now, run, told, delivered=sent_by is not None))

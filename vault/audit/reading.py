"""Reading the log. What a page shows comes from the leaf; a row that contradicts its leaf is refused as Tampered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.leaf import ACCOUNT_TAG, NO_GRANT, NONE_DIGEST, SUBJECT_TAG, Leaf, decode_leaf
from vault.audit.log import Log
from vault.audit.parts import read_part
from vault.audit.tables import AuditAccount, AuditEntry, AuditSubject
from vault.clock import from_microseconds, to_microseconds
from vault.crypto.secret import AccountKey, LogKey
from vault.database import Database, table_of
from vault.errors import NotFound, Tampered
from vault.ids import EntryId, GrantId, Pseudonym, VaultId
from vault.keys.keyring import Keyring
from vault.keys.log_keys import read_account_key
from vault.keys.provider import KeyProvider
from vault.keys.tables import KeyLog
from vault.paging import BadCursor, Page, decode_cursor, encode_cursor

_ENTRY = table_of(AuditEntry)
_SUBJECT = table_of(AuditSubject)
_ACCOUNT = table_of(AuditAccount)
_KEYS = table_of(KeyLog)
Line = TypeVar("Line", bound="PublicLine")


@dataclass(frozen=True, slots=True)
class PublicLine:
    """What a leaf says without any key."""

    entry_id: EntryId
    at: datetime
    event: str
    outcome: str
    reason: str
    role: str
    grant_id: GrantId | None
    grant_version: int
    count: int
    pseudonym: Pseudonym
    actor: Pseudonym


@dataclass(frozen=True, slots=True)
class LogLine(PublicLine):
    """The same with its private parts, None where there was none. ``erased`` names parts that existed and are gone."""

    subject: dict[str, Any] | None
    accountability: dict[str, Any] | None
    erased: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdminFilters:
    """All given conditions hold together; the period is ``[since, until)``."""

    event: str | None = None
    outcome: str | None = None
    grant_id: GrantId | None = None
    pseudonym: Pseudonym | None = None
    since: datetime | None = None
    until: datetime | None = None


class CitizenLog:
    """One citizen's whole history, with the private parts that the citizen's keyring and the provider open."""

    def __init__(self, database: Database, provider: KeyProvider, keyring: Keyring) -> None:
        self._database = database
        self._provider = provider
        self._keyring = keyring

    def page(self, limit: int, after: str | None = None) -> Page[LogLine]:
        """Newest first. Tampered if a row or private part contradicts its leaf; BadCursor."""
        vault_id = self._keyring.vault_id
        mine = select(_KEYS.c.pseudonym).where(_KEYS.c.vault_id == vault_id)
        where = and_(_ENTRY.c.vault_id == vault_id, _ENTRY.c.pseudonym.in_(mine), _older_than(after))
        both = _ENTRY.outerjoin(_SUBJECT, _same_entry(_SUBJECT)).outerjoin(_ACCOUNT, _same_entry(_ACCOUNT))
        parts = (_SUBJECT.c.sealed.label("subject"), _ACCOUNT.c.sealed.label("accountability"))
        query = select(_ENTRY, *parts).select_from(both).where(where).order_by(*_NEWEST).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            keys = _PartKeys(connection, self._provider, self._keyring)
            return _page(tuple(_line(row, keys) for row in rows), limit)


class _PartKeys:
    """The keys of private parts, each unwrapped once a page; None where a key was erased."""

    def __init__(self, connection: Connection, provider: KeyProvider, keyring: Keyring) -> None:
        self._connection = connection
        self._provider = provider
        self._keyring = keyring
        self._found: dict[tuple[str, Pseudonym], LogKey | AccountKey | None] = {}

    def get(self, tag: str, pseudonym: Pseudonym) -> LogKey | AccountKey | None:
        if (tag, pseudonym) not in self._found:
            try:
                self._found[tag, pseudonym] = self._read(tag, pseudonym)
            except NotFound:
                self._found[tag, pseudonym] = None
        return self._found[tag, pseudonym]

    def _read(self, tag: str, pseudonym: Pseudonym) -> LogKey | AccountKey:
        if tag == SUBJECT_TAG:
            return self._keyring.log_key(self._connection, pseudonym)
        return read_account_key(self._connection, self._provider, self._keyring.vault_id, pseudonym)


def _line(row: Row[Any], keys: _PartKeys) -> LogLine:
    leaf = _checked(row)
    named = {
        "subject": (SUBJECT_TAG, leaf.subject_commitment, row._mapping["subject"]),
        "accountability": (ACCOUNT_TAG, leaf.account_commitment, row._mapping["accountability"]),
    }
    parts = {name: _part(leaf, keys, VaultId(row.vault_id), what) for name, what in named.items()}
    erased = tuple(name for name, (_, said, _) in named.items() if said != NONE_DIGEST and parts[name] is None)
    return LogLine(**_public(leaf), subject=parts["subject"], accountability=parts["accountability"], erased=erased)


def _part(
    leaf: Leaf, keys: _PartKeys, vault_id: VaultId, what: tuple[str, bytes, bytes | None]
) -> dict[str, Any] | None:
    """None if there never was one, or it or its key was erased; Tampered if it isn't what the leaf commits to."""
    tag, commitment, sealed = what
    if sealed is None:
        return None
    if commitment == NONE_DIGEST:
        raise Tampered
    key = keys.get(tag, leaf.subject)
    if key is None:
        return None
    return read_part(tag, key, vault_id, leaf.entry_id, sealed=sealed, commitment=commitment)


class AdminLog:
    """The public parts of every entry, for one admin. Each page shown is itself an entry before it is shown:

    in the history of the citizen it was filtered to (by pseudonym or grant), otherwise in the admin's own.
    """

    def __init__(self, database: Database, log: Log, admin: Trail, origin: Origin) -> None:
        self._database = database
        self._log = log
        self._admin = admin
        self._origin = origin

    def page(self, wanted: AdminFilters, limit: int, after: str | None = None) -> Page[PublicLine]:
        """Newest first. Tampered if a row contradicts its leaf; LogUnavailable if the look can't be logged."""
        query = select(_ENTRY).where(_older_than(after), *_conditions(wanted)).order_by(*_NEWEST).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            trails = self._trails(connection, wanted)
        found = _page(tuple(PublicLine(**_public(_checked(row))) for row in rows), limit)
        with self._database.write() as connection:
            for trail in trails:
                self._log.append(connection, trail, self._look(wanted, len(found.items)))
        return found

    def _look(self, wanted: AdminFilters, shown: int) -> Entry:
        accountability = self._origin.as_accountability()
        return Entry(
            Event.ADMIN_LOOK, Outcome.DONE, grant_id=wanted.grant_id, count=shown, accountability=accountability
        )

    def _trails(self, connection: Connection, wanted: AdminFilters) -> list[Trail]:
        """Whose histories this look belongs to. An unknown pseudonym or grant is nobody's, so it is the admin's.

        A page's form brings its grant id along, so somebody may give theirs another's id: then it is in both.
        """
        owners = select(_ENTRY.c.vault_id, _ENTRY.c.pseudonym).distinct()
        if wanted.pseudonym is not None:
            owners = owners.where(_ENTRY.c.pseudonym == wanted.pseudonym)
        elif wanted.grant_id is not None:
            owners = owners.where(_ENTRY.c.grant_id == wanted.grant_id)
        else:
            return [self._admin]
        found = [
            Trail(VaultId(row.vault_id), Pseudonym(row.pseudonym), self._admin.actor, self._admin.role)
            for row in connection.execute(owners)
        ]
        return found or [self._admin]


_NEWEST = (_ENTRY.c.at.desc(), _ENTRY.c.entry_id.desc())


def _older_than(after: str | None) -> ColumnElement[bool]:
    if after is None:
        return and_(True)
    at, entry_id = decode_cursor(after, 2)
    try:
        moment, last = from_microseconds(int(at)), bytes.fromhex(entry_id)
    except (ValueError, OverflowError, OSError):
        raise BadCursor(field="after") from None
    return and_(_ENTRY.c.at <= moment, or_(_ENTRY.c.at < moment, _ENTRY.c.entry_id < last))


def _conditions(wanted: AdminFilters) -> list[ColumnElement[bool]]:
    equal = {
        "event": wanted.event,
        "outcome": wanted.outcome,
        "grant_id": wanted.grant_id,
        "pseudonym": wanted.pseudonym,
    }
    conditions: list[ColumnElement[bool]] = [
        _ENTRY.c[name] == value for name, value in equal.items() if value is not None
    ]
    if wanted.since is not None:
        conditions.append(_ENTRY.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_ENTRY.c.at < wanted.until)
    return conditions


def _same_entry(table: Any) -> ColumnElement[bool]:
    return and_(table.c.vault_id == _ENTRY.c.vault_id, table.c.entry_id == _ENTRY.c.entry_id)


def _checked(row: Row[Any]) -> Leaf:
    """The leaf, which is the entry; Tampered if the columns it was found by say anything else."""
    leaf = decode_leaf(row.leaf)
    said = (leaf.entry_id, leaf.at, leaf.event, leaf.outcome, leaf.reason, leaf.count, leaf.subject, leaf.actor)
    found = (row.entry_id, to_microseconds(row.at), row.event, row.outcome, row.reason)
    if said != (*found, row._mapping["count"], row.pseudonym, row.actor) or leaf.grant_id != (row.grant_id or NO_GRANT):
        raise Tampered
    return leaf


def _public(leaf: Leaf) -> dict[str, Any]:
    """The fields of ``PublicLine``."""
    names = ("entry_id", "event", "outcome", "reason", "role", "grant_version", "count", "actor")
    grant_id = None if leaf.grant_id == NO_GRANT else leaf.grant_id
    said = {name: getattr(leaf, name) for name in names}
    return said | {"at": from_microseconds(leaf.at), "grant_id": grant_id, "pseudonym": leaf.subject}


def _page(lines: tuple[Line, ...], limit: int) -> Page[Line]:
    """A page of what one row more than ``limit`` gave."""
    items = lines[:limit]
    following = encode_cursor(str(to_microseconds(items[-1].at)), items[-1].entry_id.hex()) if lines[limit:] else None
    return Page(items, following)

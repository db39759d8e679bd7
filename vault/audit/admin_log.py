"""The log as an admin sees it: public parts alone. Each page or copy of it is itself an entry before it is shown.

Whose entry: that of the citizen it was filtered to (by pseudonym or grant), otherwise the admin's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.lines import NEWEST, PublicLine, checked, older_than, page_of, public
from vault.audit.log import Log
from vault.audit.tables import AuditEntry
from vault.database import Database, table_of
from vault.errors import Invalid
from vault.ids import GrantId, Pseudonym, VaultId
from vault.keys.tables import KeyLog
from vault.paging import Page

_ENTRY = table_of(AuditEntry)
_KEYS = table_of(KeyLog)
MOST_COPIED: Final = 100_000
_ROWS_AT_ONCE: Final = 1_000


class CopyTooLong(Invalid):
    code = "copy-too-long"
    advice = "At most 100,000 entries go into one file. Please choose a shorter period."


@dataclass(frozen=True, slots=True)
class AdminFilters:
    """All given conditions hold together; the period is ``[since, until)``."""

    event: str | None = None
    outcome: str | None = None
    grant_id: GrantId | None = None
    pseudonym: Pseudonym | None = None
    since: datetime | None = None
    until: datetime | None = None


class AdminLog:
    """For one admin. Every method: Tampered if a row contradicts its leaf; LogUnavailable if it can't be logged."""

    def __init__(self, database: Database, log: Log, admin: Trail, origin: Origin) -> None:
        self._database = database
        self._log = log
        self._admin = admin
        self._origin = origin

    def page(self, wanted: AdminFilters, limit: int, after: str | None = None) -> Page[PublicLine]:
        """Newest first. BadCursor."""
        query = _newest(*_conditions(wanted), older_than(after)).limit(limit + 1)
        with self._database.read() as connection:
            found = page_of(tuple(_lines(connection, query)), limit)
            trails = self._trails(connection, wanted)
        self._append(trails, Entry(Event.ADMIN_LOOK, Outcome.DONE, grant_id=wanted.grant_id, count=len(found.items)))
        return found

    def acts(self, admins: Iterable[Pseudonym], limit: int, after: str | None = None) -> Page[PublicLine]:
        """What these admins did, newest first, wherever it is written. BadCursor."""
        older = older_than(after)
        with self._database.read() as connection:
            lines = [
                line
                for actor in set(admins)
                for line in _lines(connection, _newest(_ENTRY.c.actor == actor, older).limit(limit + 1))
            ]
        lines.sort(key=lambda line: (line.at, line.entry_id), reverse=True)
        found = page_of(tuple(lines[: limit + 1]), limit)
        self._append([self._admin], Entry(Event.ADMIN_LOOK, Outcome.DONE, "acts-of-admins", count=len(found.items)))
        return found

    def copy(self, wanted: AdminFilters, write: Callable[[Iterable[PublicLine]], bytes]) -> bytes:
        """What ``write`` makes of all lines wanted; the entry binds its SHA-256. CopyTooLong over 100,000."""
        conditions = _conditions(wanted)
        with self._database.read() as connection:
            most = select(_ENTRY.c.entry_id).where(*conditions).limit(MOST_COPIED + 1).subquery()
            count = connection.execute(select(func.count()).select_from(most)).scalar_one()
            if count > MOST_COPIED:
                raise CopyTooLong(field="from")
            data = write(_lines(connection, _newest(*conditions)))
            trails = self._trails(connection, wanted)
        digest = sha256(data).digest()
        self._append(trails, Entry(Event.EXPORT, Outcome.DONE, grant_id=wanted.grant_id, count=count, digest=digest))
        return data

    def _append(self, trails: Iterable[Trail], entry: Entry) -> None:
        whole = replace(entry, accountability=self._origin.as_accountability())
        with self._database.write() as connection:
            for trail in trails:
                self._log.append(connection, trail, whole)

    def _trails(self, connection: Connection, wanted: AdminFilters) -> list[Trail]:
        """Whose histories this look belongs to. An unknown or erased one is nobody's, so it is the admin's.

        A page's form brings its grant id along, so somebody may give theirs another's id: then it is in both.
        """
        owners = select(_ENTRY.c.vault_id, _ENTRY.c.pseudonym).join(_KEYS, _KEYS.c.pseudonym == _ENTRY.c.pseudonym)
        if wanted.pseudonym is not None:
            owners = owners.where(_ENTRY.c.pseudonym == wanted.pseudonym).limit(1)
        elif wanted.grant_id is not None:
            owners = owners.where(_ENTRY.c.grant_id == wanted.grant_id).distinct()
        else:
            return [self._admin]
        found = [
            Trail(VaultId(row.vault_id), Pseudonym(row.pseudonym), self._admin.actor, self._admin.role)
            for row in connection.execute(owners)
        ]
        return found or [self._admin]


def _newest(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(_ENTRY).where(*conditions).order_by(*NEWEST)


def _lines(connection: Connection, query: Select[tuple[object, ...]]) -> Iterator[PublicLine]:
    for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query):
        yield PublicLine(**public(checked(row), row.leaf))


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

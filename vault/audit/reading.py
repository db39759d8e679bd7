"""One citizen's reading of the log. What a page shows comes from the leaf and from parts that match it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from vault.audit.events import Outcome
from vault.audit.leaf import ACCOUNT_TAG, NONE_DIGEST, SUBJECT_TAG, Leaf
from vault.audit.lines import NEWEST, PublicLine, checked, cursor_of, older_than, page_of, public
from vault.audit.parts import read_part
from vault.audit.tables import AuditAccount, AuditEntry, AuditSubject
from vault.crypto.secret import AccountKey, LogKey
from vault.database import Database, table_of
from vault.errors import NotFound, Tampered
from vault.ids import EntryId, Pseudonym, VaultId
from vault.keys.keyring import Keyring
from vault.keys.log_keys import read_account_key
from vault.keys.provider import KeyProvider
from vault.keys.tables import KeyLog
from vault.paging import Page

_ENTRY = table_of(AuditEntry)
_SUBJECT = table_of(AuditSubject)
_ACCOUNT = table_of(AuditAccount)
_KEYS = table_of(KeyLog)


@dataclass(frozen=True, slots=True)
class LogLine(PublicLine):
    """The same with its private parts, None where there was none. ``erased`` names parts that existed and are gone."""

    subject: dict[str, Any] | None
    accountability: dict[str, Any] | None
    erased: tuple[str, ...]


class Show(StrEnum):
    """Which entries: those of the citizen, those of anybody else, or every refused try."""

    ALL = "all"
    OTHERS = "others"
    REFUSED = "refused"
    MINE = "mine"


class CitizenLog:
    """One citizen's whole history, with the private parts that the citizen's keyring and the provider open.

    ``hides``: which lines are left out, for a carer.
    """

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        keyring: Keyring,
        hides: Callable[[LogLine], bool] = lambda _line: False,
    ) -> None:
        self._database = database
        self._provider = provider
        self._keyring = keyring
        self._hides = hides

    def page(self, limit: int, after: str | None = None, show: Show = Show.ALL) -> Page[LogLine]:
        """Newest first. Tampered if a row or private part contradicts its leaf; BadCursor."""
        lines: list[LogLine] = []
        while len(lines) <= limit:
            some = self._lines(and_(older_than(after), self._shown(show)), limit + 1)
            lines += [line for line in some if not self._hides(line)]
            if len(some) <= limit:
                break
            after = cursor_of(some[-1])
        return page_of(tuple(lines[: limit + 1]), limit)

    def find(self, entry_ids: Sequence[EntryId]) -> dict[EntryId, LogLine]:
        """Those of the entries that are in this history. Tampered."""
        lines = self._lines(_ENTRY.c.entry_id.in_(entry_ids), len(entry_ids))
        return {line.entry_id: line for line in lines if not self._hides(line)}

    def _lines(self, where: ColumnElement[bool], limit: int) -> tuple[LogLine, ...]:
        vault_id = self._keyring.vault_id
        own = and_(_ENTRY.c.vault_id == vault_id, _ENTRY.c.pseudonym.in_(self._pseudonyms()), where)
        both = _ENTRY.outerjoin(_SUBJECT, _same_entry(_SUBJECT)).outerjoin(_ACCOUNT, _same_entry(_ACCOUNT))
        parts = (
            _SUBJECT.c.sealed.label("subject"),
            _SUBJECT.c.generation.label("generation"),
            _ACCOUNT.c.sealed.label("accountability"),
        )
        query = select(_ENTRY, *parts).select_from(both).where(own).order_by(*NEWEST).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            keys = _PartKeys(connection, self._provider, self._keyring)
            return tuple(_line(row, keys) for row in rows)

    def _shown(self, show: Show) -> ColumnElement[bool]:
        if show is Show.REFUSED:
            return _ENTRY.c.outcome == Outcome.REFUSED
        if show is Show.OTHERS:
            return _ENTRY.c.actor.not_in(self._pseudonyms())
        return _ENTRY.c.actor.in_(self._pseudonyms()) if show is Show.MINE else and_(True)

    def _pseudonyms(self) -> Select[tuple[bytes]]:
        return select(_KEYS.c.pseudonym).where(_KEYS.c.vault_id == self._keyring.vault_id)


class _PartKeys:
    """The keys of private parts, each unwrapped once a page; None where a key was erased."""

    def __init__(self, connection: Connection, provider: KeyProvider, keyring: Keyring) -> None:
        self._connection = connection
        self._provider = provider
        self._keyring = keyring
        self._found: dict[tuple[str, Pseudonym, int], LogKey | AccountKey | None] = {}

    def get(self, tag: str, pseudonym: Pseudonym, generation: int) -> LogKey | AccountKey | None:
        """``generation`` counts for a subject part only."""
        name = (tag, pseudonym, generation)
        if name not in self._found:
            try:
                self._found[name] = self._read(*name)
            except NotFound:
                self._found[name] = None
        return self._found[name]

    def _read(self, tag: str, pseudonym: Pseudonym, generation: int) -> LogKey | AccountKey:
        if tag == SUBJECT_TAG:
            return self._keyring.log_key(self._connection, pseudonym, generation)
        return read_account_key(self._connection, self._provider, self._keyring.vault_id, pseudonym)


def _line(row: Row[Any], keys: _PartKeys) -> LogLine:
    leaf = checked(row)
    named = {
        "subject": (SUBJECT_TAG, leaf.subject_commitment, row._mapping["subject"]),
        "accountability": (ACCOUNT_TAG, leaf.account_commitment, row._mapping["accountability"]),
    }
    vault_id, generation = VaultId(row.vault_id), row._mapping["generation"] or 0
    parts = {name: _part(leaf, keys, vault_id, generation, what) for name, what in named.items()}
    erased = tuple(name for name, (_, said, _) in named.items() if said != NONE_DIGEST and parts[name] is None)
    return LogLine(
        **public(leaf, row.leaf), subject=parts["subject"], accountability=parts["accountability"], erased=erased
    )


def _part(
    leaf: Leaf, keys: _PartKeys, vault_id: VaultId, generation: int, what: tuple[str, bytes, bytes | None]
) -> dict[str, Any] | None:
    """None if there never was one, or it or its key was erased; Tampered if it isn't what the leaf commits to."""
    tag, commitment, sealed = what
    if sealed is None:
        return None
    if commitment == NONE_DIGEST:
        raise Tampered
    key = keys.get(tag, leaf.subject, generation)
    if key is None:
        return None
    return read_part(tag, key, vault_id, leaf.entry_id, sealed=sealed, commitment=commitment)


def _same_entry(table: Any) -> ColumnElement[bool]:
    return and_(table.c.vault_id == _ENTRY.c.vault_id, table.c.entry_id == _ENTRY.c.entry_id)

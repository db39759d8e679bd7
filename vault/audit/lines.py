"""What a leaf says without any key, and pages of it, newest first. A row that contradicts its leaf is Tampered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, and_, or_

from vault.audit.leaf import NO_GRANT, Leaf, decode_leaf
from vault.audit.tables import AuditEntry
from vault.clock import from_microseconds, to_microseconds
from vault.database import table_of
from vault.errors import Tampered
from vault.ids import EntryId, GrantId, Pseudonym
from vault.paging import BadCursor, Page, decode_cursor, encode_cursor

_ENTRY = table_of(AuditEntry)
Line = TypeVar("Line", bound="PublicLine")
NEWEST = (_ENTRY.c.at.desc(), _ENTRY.c.entry_id.desc())


@dataclass(frozen=True, slots=True)
class PublicLine:
    """What a leaf says without any key; ``leaf`` is its bytes as stored."""

    leaf: bytes
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


def older_than(after: str | None) -> ColumnElement[bool]:
    """What follows the position ``after`` on a page; BadCursor."""
    if after is None:
        return and_(True)
    at, entry_id = decode_cursor(after, 2)
    try:
        moment, last = from_microseconds(int(at)), bytes.fromhex(entry_id)
    except (ValueError, OverflowError, OSError):
        raise BadCursor(field="after") from None
    return and_(_ENTRY.c.at <= moment, or_(_ENTRY.c.at < moment, _ENTRY.c.entry_id < last))


def checked(row: Row[Any]) -> Leaf:
    """The leaf, which is the entry; Tampered if the columns it was found by say anything else."""
    leaf = decode_leaf(row.leaf)
    said = (leaf.entry_id, leaf.at, leaf.event, leaf.outcome, leaf.reason, leaf.count, leaf.subject, leaf.actor)
    found = (row.entry_id, to_microseconds(row.at), row.event, row.outcome, row.reason)
    if said != (*found, row._mapping["count"], row.pseudonym, row.actor) or leaf.grant_id != (row.grant_id or NO_GRANT):
        raise Tampered
    return leaf


def public(leaf: Leaf, stored: bytes) -> dict[str, Any]:
    """The fields of ``PublicLine``."""
    names = ("entry_id", "event", "outcome", "reason", "role", "grant_version", "count", "actor")
    grant_id = None if leaf.grant_id == NO_GRANT else leaf.grant_id
    said = {name: getattr(leaf, name) for name in names}
    return said | {"leaf": stored, "at": from_microseconds(leaf.at), "grant_id": grant_id, "pseudonym": leaf.subject}


def page_of(lines: tuple[Line, ...], limit: int) -> Page[Line]:
    """A page of what one row more than ``limit`` gave."""
    items = lines[:limit]
    return Page(items, cursor_of(items[-1]) if lines[limit:] else None)


def cursor_of(line: PublicLine) -> str:
    """The position of a line, for what follows it."""
    return encode_cursor(str(to_microseconds(line.at)), line.entry_id.hex())

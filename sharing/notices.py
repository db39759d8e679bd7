"""Notices: what the citizen should hear of at once. Written in the transaction of what they tell, read when signed in.

A row holds a kind and ids, no name and no health word: the sentence is made when it is shown, from the citizen's own
share and log. ``first-open``: the first visitor of a share; ``another-open``: somebody who states another name;
``locked``: too many wrong passcodes; ``asks``: somebody wants a new link; ``mail-failed``: a mail could not be sent;
``come-back``: somebody asks to come back by the trusted person, ``erase-asked``: somebody without any way in asks to
erase the vault, of both of which a mail of its own tells; ``review``: somebody the citizen looks after has grown;
``delivered``: a lab or doctor put something in, told once until it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, update

from sharing.tables import NoticeRow
from vault.clock import Clock, from_microseconds, to_microseconds
from vault.database import Database, table_of
from vault.ids import EntryId, GrantId, NoticeId, VaultId, make_id
from vault.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor

MOST_UNSEEN = 20
_NOTICE = table_of(NoticeRow)


class NoticeKind(StrEnum):
    FIRST_OPEN = "first-open"
    ANOTHER_OPEN = "another-open"
    LOCKED = "locked"
    ASKS = "asks"
    MAIL_FAILED = "mail-failed"
    COME_BACK = "come-back"
    ERASE_ASKED = "erase-asked"
    REVIEW = "review"
    DELIVERED = "delivered"


_NEVER_QUEUED = frozenset({NoticeKind.MAIL_FAILED, NoticeKind.COME_BACK, NoticeKind.ERASE_ASKED})


@dataclass(frozen=True, slots=True)
class Notice:
    """``entry_id``: the log entry it was written with, which names who it was."""

    notice_id: NoticeId
    kind: str
    grant_id: GrantId | None
    entry_id: EntryId | None
    at: datetime
    seen_at: datetime | None


def tell(
    connection: Connection,
    vault_id: VaultId,
    kind: NoticeKind,
    *,
    now: datetime,
    grant_id: GrantId | None = None,
    entry_id: EntryId | None = None,
) -> bool:
    """Add a notice in this transaction. False where 20 unseen ones of this kind and share wait (of a delivery: one):
    more say no more."""
    waiting = select(func.count()).where(
        _NOTICE.c.vault_id == vault_id,
        _NOTICE.c.kind == kind,
        _NOTICE.c.grant_id == grant_id if grant_id else _NOTICE.c.grant_id.is_(None),
        _NOTICE.c.seen_at.is_(None),
    )
    if connection.execute(waiting).scalar_one() >= (1 if kind is NoticeKind.DELIVERED else MOST_UNSEEN):
        return False
    mail = None if kind in _NEVER_QUEUED else now
    row = {"notice_id": NoticeId(make_id()), "kind": str(kind), "grant_id": grant_id, "entry_id": entry_id, "at": now}
    connection.execute(insert(_NOTICE).values(vault_id=vault_id, mail_due_at=mail, mail_tries=0, **row))
    return True


def told_since(
    connection: Connection, vault_id: VaultId, kind: NoticeKind, grant_id: GrantId | None, since: datetime
) -> bool:
    """Whether a notice of this kind was written for this share (None: of no share) at or after ``since``."""
    query = select(_NOTICE.c.notice_id).where(
        _NOTICE.c.vault_id == vault_id,
        _NOTICE.c.kind == kind,
        _NOTICE.c.grant_id == grant_id if grant_id else _NOTICE.c.grant_id.is_(None),
        _NOTICE.c.at >= since,
    )
    return connection.execute(query.limit(1)).first() is not None


class Notices:
    """One citizen's notices. They need no key, so that they can be counted on every page.

    ``hidden``: shares whose notices are left out, for a carer.
    """

    def __init__(
        self, database: Database, clock: Clock, vault_id: VaultId, hidden: Select[tuple[bytes]] | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._mine = _NOTICE.c.vault_id == vault_id
        if hidden is not None:
            self._mine &= or_(_NOTICE.c.grant_id.is_(None), _NOTICE.c.grant_id.not_in(hidden))

    def unseen(self) -> int:
        query = select(func.count()).where(self._mine, _NOTICE.c.seen_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def page(self, limit: int = DEFAULT_LIMIT, after: str | None = None) -> Page[Notice]:
        """Newest first. BadCursor."""
        query = select(_NOTICE).where(self._mine, _older_than(after))
        query = query.order_by(_NOTICE.c.at.desc(), _NOTICE.c.notice_id.desc()).limit(limit + 1)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        items = tuple(_notice(row) for row in rows[:limit])
        more = len(rows) > limit
        following = encode_cursor(str(to_microseconds(items[-1].at)), items[-1].notice_id.hex()) if more else None
        return Page(items, following)

    def mark_seen(self, notice_ids: Sequence[NoticeId] | None = None) -> int:
        """How many became seen: these, or all with None. Ids of no notice here change nothing."""
        unseen = and_(self._mine, _NOTICE.c.seen_at.is_(None))
        chosen = unseen if notice_ids is None else and_(unseen, _NOTICE.c.notice_id.in_(notice_ids))
        with self._database.write() as connection:
            done = connection.execute(update(_NOTICE).where(chosen).values(seen_at=self._clock.now()))
        return int(done.rowcount)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        notice_id=NoticeId(row.notice_id),
        kind=row.kind,
        grant_id=None if row.grant_id is None else GrantId(row.grant_id),
        entry_id=None if row.entry_id is None else EntryId(row.entry_id),
        at=row.at,
        seen_at=row.seen_at,
    )


def _older_than(after: str | None) -> ColumnElement[bool]:
    if after is None:
        return and_(True)
    at, notice_id = decode_cursor(after, 2)
    try:
        moment, last = from_microseconds(int(at)), bytes.fromhex(notice_id)
    except (ValueError, OverflowError, OSError):
        raise BadCursor(field="after") from None
    return or_(_NOTICE.c.at < moment, and_(_NOTICE.c.at == moment, _NOTICE.c.notice_id < last))

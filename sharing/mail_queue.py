"""Which notices wait to be mailed. Claiming moves each to its next try first, so no two processes send the same.

A process that dies between sending and ``settle`` sends once more at the next try, under the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Update, and_, select, update

from sharing.notices import NoticeKind, tell, told_since
from sharing.tables import NoticeRow
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import NoticeId, VaultId

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVEN_UP_AFTER = timedelta(days=1)
AT_ONCE = 50
_NOTICE = table_of(NoticeRow)


@dataclass(frozen=True, slots=True)
class Claim:
    """What waited for one citizen, oldest first. ``age`` is that of the oldest."""

    vault_id: VaultId
    notice_ids: tuple[NoticeId, ...]
    kinds: tuple[str, ...]
    age: timedelta


class MailQueue:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim_next(self) -> Claim | None:
        """What is due for the citizen who has waited longest; each notice goes to exactly one caller. None: nothing."""
        now = self._clock.now()
        due = _NOTICE.c.mail_due_at <= now
        with self._database.read() as connection:
            first = connection.execute(select(_NOTICE.c.vault_id).where(due).order_by(_NOTICE.c.mail_due_at).limit(1))
            vault_id = first.scalar_one_or_none()
        if vault_id is None:
            return None
        mine = select(_NOTICE).where(_NOTICE.c.vault_id == vault_id, due).order_by(_NOTICE.c.at).limit(AT_ONCE)
        with self._database.write() as connection:
            rows = connection.execute(mine).all()
            won = [row for row in rows if _take(connection, row, now)]
        if not won:
            return None  # Somebody was quicker, and takes what else there is.
        ids = tuple(NoticeId(row.notice_id) for row in won)
        return Claim(VaultId(vault_id), ids, tuple(row.kind for row in won), now - won[0].at)

    def settle(self, claim: Claim) -> None:
        """Sent, or not wanted: not tried again."""
        with self._database.write() as connection:
            connection.execute(self._mine(claim))

    def give_up(self, claim: Claim) -> None:
        """Not tried again, and a notice in the app says so, at most one a day."""
        now = self._clock.now()
        with self._database.write() as connection:
            connection.execute(self._mine(claim))
            if not told_since(connection, claim.vault_id, NoticeKind.MAIL_FAILED, None, now - GIVEN_UP_AFTER):
                tell(connection, claim.vault_id, NoticeKind.MAIL_FAILED, now=now)

    @staticmethod
    def _mine(claim: Claim) -> Update:
        mine = and_(_NOTICE.c.vault_id == claim.vault_id, _NOTICE.c.notice_id.in_(claim.notice_ids))
        return update(_NOTICE).where(mine).values(mail_due_at=None)


def _take(connection: Connection, row: Row[Any], now: datetime) -> bool:
    """Move one notice to its next try, if nobody else did."""
    following = now + WAITS[min(row.mail_tries, len(WAITS) - 1)]
    mine = and_(
        _NOTICE.c.vault_id == row.vault_id,
        _NOTICE.c.notice_id == row.notice_id,
        _NOTICE.c.mail_due_at == row.mail_due_at,
    )
    values = {"mail_due_at": following, "mail_tries": row.mail_tries + 1}
    return connection.execute(update(_NOTICE).where(mine).values(values)).rowcount == 1

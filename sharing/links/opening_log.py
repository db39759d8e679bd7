"""What the log says about a link's visitors: opens, files, refusals. Nobody acts here but "a recipient".

Who they say they are and whence they come goes into the accountability part; the leaf holds ids and reason codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from sharing.consent.admit import Denial
from sharing.links.state import StoredLink
from sharing.notices import NoticeKind, tell
from vault.audit.events import Entry, Event, Origin, Outcome, Role, Trail
from vault.audit.log import Log
from vault.audit.trails import operator_trail, trail_of
from vault.database import Database
from vault.ids import EntryId, OpeningId

AGAIN = "again"
Accountability = Mapping[str, str]


class OpeningLog:
    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log

    def refuse_unknown(self, accountability: Accountability) -> None:
        """A guess at an address: it belongs to no citizen, and is counted per minute."""
        with self._database.read() as connection:
            trail = operator_trail(connection)
        entry = Entry(Event.REFUSAL, Outcome.REFUSED, Denial.UNKNOWN_LINK, accountability=accountability)
        self._log.refuse(self._database, trail, entry)

    def refuse(
        self, link: StoredLink, denial: Denial, accountability: Accountability, *, now_locked_at: datetime | None = None
    ) -> None:
        """A refusal in a transaction of its own. LogUnavailable goes out instead of the answer if this fails.

        ``now_locked_at``: this one spent the link's last try, and the citizen is told of it.
        """
        entry = Entry(
            Event.REFUSAL,
            Outcome.REFUSED,
            denial,
            grant_id=link.grant_id,
            grant_version=link.version,
            accountability=accountability,
        )
        with self._database.read() as connection:
            trail = self._trail(connection, link)

        def beside(connection: Connection, entry_id: EntryId | None) -> None:
            if now_locked_at is not None:
                locked = NoticeKind.LOCKED
                tell(connection, link.vault_id, locked, now=now_locked_at, grant_id=link.grant_id, entry_id=entry_id)

        self._log.refuse(self._database, trail, entry, beside=beside)

    def opened(
        self, connection: Connection, link: StoredLink, accountability: Accountability, *, is_again: bool
    ) -> EntryId:
        """A manifest is about to leave; ``again`` marks one that belongs to an open counted before."""
        entry = Entry(
            Event.OPEN,
            Outcome.DONE,
            AGAIN if is_again else "",
            grant_id=link.grant_id,
            grant_version=link.version,
            count=link.files,
            digest=link.set_digest,
            accountability=accountability,
        )
        return self._log.append(connection, self._trail(connection, link), entry)

    def tell_open(
        self, connection: Connection, link: StoredLink, entry_id: EntryId, *, is_new_name: bool, now: datetime
    ) -> None:
        """A notice of the first open of a share, and of each open by somebody who states another name."""
        if link.state.opens and not is_new_name:
            return
        kind = NoticeKind.ANOTHER_OPEN if link.state.opens else NoticeKind.FIRST_OPEN
        tell(connection, link.vault_id, kind, now=now, grant_id=link.grant_id, entry_id=entry_id)

    def fetched(self, connection: Connection, link: StoredLink, accountability: Accountability) -> None:
        """A file is about to leave by its ticket."""
        entry = Entry(
            Event.FILE,
            Outcome.DONE,
            grant_id=link.grant_id,
            grant_version=link.version,
            count=1,
            accountability=accountability,
        )
        self._log.append(connection, self._trail(connection, link), entry)

    def _trail(self, connection: Connection, link: StoredLink) -> Trail:
        return trail_of(connection, link.vault_id, role=Role.RECIPIENT)


def whence(origin: Origin, opening_id: OpeningId | None = None) -> dict[str, str]:
    """The accountability of any visit; ``opening`` ties a file to the open it belongs to."""
    return origin.as_accountability(**({"opening": opening_id.hex()} if opening_id else {}))

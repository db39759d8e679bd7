"""What the log says about a link's visitors: opens, files, refusals. Nobody acts here but "a recipient".

Who they say they are and whence they come goes into the accountability part; the leaf holds ids and reason codes.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from sharing.consent.admit import Denial
from sharing.links.state import StoredLink
from vault.audit.events import Entry, Event, Origin, Outcome, Role, Trail
from vault.audit.log import Log
from vault.audit.trails import operator_trail, trail_of
from vault.database import Database
from vault.ids import OpeningId

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

    def refuse(self, link: StoredLink, denial: Denial, accountability: Accountability) -> None:
        """A refusal in a transaction of its own. LogUnavailable goes out instead of the answer if this fails."""
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
        self._log.refuse(self._database, trail, entry)

    def opened(
        self, connection: Connection, link: StoredLink, accountability: Accountability, *, is_again: bool
    ) -> None:
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
        self._log.append(connection, self._trail(connection, link), entry)

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

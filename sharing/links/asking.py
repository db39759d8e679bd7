"""*Ask again*: the reader of a link that has ended asks its citizen for a new one. The reader is never told anything.

Heard are three asks a link in 24 hours, for 14 days after its end; the citizen is told of the first of them. Every
other ask is refused where only the citizen sees it, in the log: singly first, then counted by the minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from sharing.consent.admit import end_of, is_locked, is_used_up
from sharing.links.requests import BadManifestRequest, read_recipient
from sharing.links.state import StoredLink, find_link, read_link
from sharing.notices import NoticeKind, tell, told_since
from vault.audit.events import Entry, Event, Origin, Outcome, Role
from vault.audit.log import Log
from vault.audit.tables import AuditEntry
from vault.audit.trails import operator_trail, trail_of
from vault.clock import Clock
from vault.database import Database, table_of

ASKS_A_DAY = 3
DAY = timedelta(days=1)
HEARD_FOR = timedelta(days=14)
WANTS = frozenset({"time"})
STILL_WORKS, TOO_LONG_AGO, FROZEN, ENOUGH = "still-works", "too-long-ago", "frozen", "asked-enough"
_ENTRY = table_of(AuditEntry)


class BadAsk(BadManifestRequest):
    code = "bad-ask"
    advice = "Send a JSON object with recipient and wants."


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """``recipient`` is a claim, capped, never an identity."""

    recipient: str
    wants: str


def parse_ask(body: Any) -> Ask:
    """RecipientMissing; BadAsk. The same for every link, so that it tells nothing."""
    if not isinstance(body, Mapping):
        raise BadAsk
    wants = "time" if body.get("wants") is None else body["wants"]
    if not isinstance(wants, str) or wants not in WANTS:
        raise BadAsk(field="wants")
    return Ask(read_recipient(body.get("recipient")), wants)


class Asking:
    def __init__(self, database: Database, log: Log, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._clock = clock

    def ask(self, link_id: str, body: Any, origin: Origin) -> None:
        """Tell the citizen, if this ask is to be heard; return nothing in any case. RecipientMissing; BadAsk."""
        ask = parse_ask(body)
        with self._database.read() as connection:
            link = find_link(connection, link_id)
        if link is None:
            self.count_unheard("unknown-link")
            return
        entry = Entry(
            Event.ASK,
            Outcome.DONE,
            grant_id=link.grant_id,
            grant_version=link.version,
            accountability=origin.as_accountability(recipient=ask.recipient, wants=ask.wants),
        )
        refused = self._hear(link, entry)
        if refused:
            self._refuse(link, entry, refused)

    def count_unheard(self, kind: str) -> None:
        """An ask at no link, or one of too many from one network: counted by the minute."""
        with self._database.write() as connection:
            self._log.count_flood(connection, operator_trail(connection), kind)

    def _hear(self, link: StoredLink, entry: Entry) -> str:
        """Entry and notice in one transaction under the link's lock; why not, or an empty text."""
        with self._database.write() as connection:
            fresh = read_link(connection, link.vault_id, link.grant_id, lock=True)
            now = self._clock.now()
            reason = _against(fresh, now) if fresh else TOO_LONG_AGO
            if not reason and _asked(connection, link, now - DAY) >= ASKS_A_DAY:
                reason = ENOUGH
            if reason:
                return reason
            trail = trail_of(connection, link.vault_id, role=Role.RECIPIENT)
            entry_id = self._log.append(connection, trail, entry)
            if not told_since(connection, link.vault_id, NoticeKind.ASKS, link.grant_id, now - DAY):
                tell(connection, link.vault_id, NoticeKind.ASKS, now=now, grant_id=link.grant_id, entry_id=entry_id)
        return ""

    def _refuse(self, link: StoredLink, entry: Entry, reason: str) -> None:
        refused = Entry(
            Event.ASK,
            Outcome.REFUSED,
            reason,
            grant_id=entry.grant_id,
            grant_version=entry.grant_version,
            accountability=entry.accountability,
        )
        with self._database.read() as connection:
            trail = trail_of(connection, link.vault_id, role=Role.RECIPIENT)
        self._log.refuse(self._database, trail, refused)


def _against(link: StoredLink, now: datetime) -> str:
    """Why an ask about this link isn't heard; empty where it is. A link that is used up or locked counts as ended."""
    state = link.state
    if end_of(state, now) is not None:
        ended_at = state.withdrawn_at or min(state.ends_at, now)
        return TOO_LONG_AGO if now - ended_at > HEARD_FOR else ""
    if state.frozen_at is not None:
        return FROZEN
    return "" if is_used_up(state) or is_locked(state) else STILL_WORKS


def _asked(connection: Connection, link: StoredLink, since: datetime) -> int:
    query = select(func.count()).where(
        _ENTRY.c.vault_id == link.vault_id,
        _ENTRY.c.grant_id == link.grant_id,
        _ENTRY.c.event == Event.ASK,
        _ENTRY.c.outcome == Outcome.DONE,
        _ENTRY.c.at > since,
    )
    return int(connection.execute(query).scalar_one())

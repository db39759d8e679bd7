"""The citizen's side: claim a screen by its code for one share, compare the digits, hand over or stop.

Bound to one unlocked vault and one sign-in. The link is sealed here, where it is known, to the screen's own key; the
entry in the citizen's history commits with it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sharing.grants.views import GrantView
from sharing.handover import rows
from sharing.handover.codes import code_digest, read_code
from sharing.handover.digits import NONCE_BYTES, code_hash, digits_of, seal_info, write_message
from sharing.handover.requests import HandoverGone, NotReady, ShareNotActive, State, WrongCode
from sharing.handover.tries import (
    WRONG_CODES_A_SESSION,
    WRONG_CODES_TOGETHER,
    Bound,
    give_back,
    in_window,
    reserve,
)
from sharing.links.passes import make_pass
from sharing.links.state import read_link, state_word
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.clock import Clock
from vault.crypto.points import seal_to_point
from vault.database import Database
from vault.ids import GrantId, SessionId
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """``digits`` None while the other screen has not answered yet."""

    handover_id: bytes
    grant_id: GrantId
    state: State
    digits: str | None
    expires_at: datetime


class Giving:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        provider: KeyProvider,
        *,
        log: Log,
        trail: Trail,
        clock: Clock,
        origin: Origin,
        session_id: SessionId,
        session_ends_at: datetime,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._provider = provider
        self._log = log
        self._trail = trail
        self._clock = clock
        self._origin = origin
        self._session = (f"session {session_id.hex()}", session_ends_at)

    def claim(self, typed: str, view: GrantView) -> Claimed:
        """Take the screen that waits under this code, for this share. ShareNotActive, WrongCode, TooManyTries."""
        if view.link is None:
            raise ShareNotActive
        now = self._clock.now()
        bounds = self._bounds(now)
        reserve(self._database, self._provider, now, *bounds)
        try:
            return self._claim(typed, view.row.grant_id, bounds)
        except (WrongCode, HandoverGone):  # A screen that was stopped leaves its code behind.
            self._refuse(view.row.grant_id, "wrong-code")
            raise WrongCode(field="code") from None

    def _claim(self, typed: str, grant_id: GrantId, bounds: tuple[Bound, ...]) -> Claimed:
        code = read_code(typed)
        if code is None:
            raise WrongCode
        digest, now = code_digest(self._provider, code), self._clock.now()
        with self._database.write() as connection:
            handover_id = rows.take_code(connection, digest, now)
            expires_at = rows.claim(
                connection,
                handover_id,
                vault_id=self._keyring.vault_id,
                grant_id=grant_id,
                code_hash=code_hash(handover_id, code),
                citizen_nonce=os.urandom(NONCE_BYTES),
                now=now,
            )
            give_back(connection, self._provider, *bounds)
        return Claimed(handover_id, grant_id, State.CLAIMED, None, expires_at)

    def look(self, handover_id: bytes) -> Claimed:
        """How far it is, with the digits once there are any. HandoverGone."""
        with self._database.read() as connection:
            row = rows.read_by_citizen(connection, handover_id, self._keyring.vault_id, self._clock.now())
        digits = None
        if row.state == State.COMPARING:
            digits = digits_of(handover_id, row.code_hash, row.point, row.screen_nonce, row.citizen_nonce)
        if row.state == State.REFUSED:
            raise HandoverGone
        return Claimed(handover_id, GrantId(row.grant_id), State(row.state), digits, row.expires_at)

    def give(self, handover_id: bytes, view: GrantView, *, with_passcode: bool = False) -> None:
        """The digits match: seal the link to that screen. NotReady, HandoverGone, ShareNotActive.

        Where the link wants a passcode, a pass for ten minutes travels in its place, unless ``with_passcode`` says
        that the passcode shall be asked for on that screen too.
        """
        now = self._clock.now()
        with self._database.read() as connection:
            row = rows.read_by_citizen(connection, handover_id, self._keyring.vault_id, now)
        if row.state in {State.WAITING, State.CLAIMED}:
            raise NotReady
        if row.state != State.COMPARING or row.grant_id != view.row.grant_id:
            raise HandoverGone
        if view.shlink is None:
            self.stop(handover_id, reason="share-ended")
            raise ShareNotActive
        with self._database.write() as connection:
            message = {"v": str(_VERSION), "shlink": view.shlink}
            if self._needs_passcode(connection, view.row.grant_id) and not with_passcode:
                message["pass"] = make_pass(connection, self._keyring.vault_id, view.row.grant_id, now)
            info = seal_info(handover_id, row.code_hash)
            sealed = seal_to_point(row.point, row.citizen_nonce, info, write_message(message))
            rows.seal(connection, handover_id, self._keyring.vault_id, sealed, now)
            self._log.append(connection, self._trail, self._entry(Outcome.DONE, view.row.grant_id), self._keyring)

    def stop(self, handover_id: bytes, reason: str = "digits-differ") -> None:
        """The digits differ, or the citizen doesn't want it any more: nothing is handed over, and it is logged."""
        now = self._clock.now()
        with self._database.read() as connection:
            row = rows.read_by_citizen(connection, handover_id, self._keyring.vault_id, now)
        with self._database.write() as connection:
            if rows.refuse(connection, handover_id, rows.is_of_citizen(self._keyring.vault_id), now):
                entry = self._entry(Outcome.REFUSED, GrantId(row.grant_id), reason)
                self._log.append(connection, self._trail, entry, self._keyring)

    def _needs_passcode(self, connection: Connection, grant_id: GrantId) -> bool:
        """Asked again under the lock: a share that was stopped meanwhile goes nowhere. ShareNotActive."""
        link = read_link(connection, self._keyring.vault_id, grant_id, lock=True)
        if link is None or state_word(link.state, self._clock.now()) != "active":
            raise ShareNotActive
        return link.state.needs_passcode

    def _bounds(self, now: datetime) -> tuple[Bound, ...]:
        name, ends_at = self._session
        return Bound(name, WRONG_CODES_A_SESSION, ends_at), in_window("codes", WRONG_CODES_TOGETHER, now)

    def _refuse(self, grant_id: GrantId, reason: str) -> None:
        self._log.refuse(self._database, self._trail, self._entry(Outcome.REFUSED, grant_id, reason), self._keyring)

    def _entry(self, outcome: Outcome, grant_id: GrantId, reason: str = "") -> Entry:
        return Entry(
            Event.HANDOVER,
            outcome,
            reason,
            grant_id=grant_id,
            grant_version=1,
            accountability=self._origin.as_accountability(),
        )

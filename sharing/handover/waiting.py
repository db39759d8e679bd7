"""The screen's side: wait under a code, show its number once somebody came, fetch what was sealed to it, once.

Nobody is signed in here. A screen proves itself by a secret that it was given with the code and that is stored nowhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from sharing.handover import rows
from sharing.handover.codes import code_digest, make_code
from sharing.handover.digits import NONCE_BYTES, keeps_promise
from sharing.handover.requests import BrokenPromise, HandoverGone, State, read_bytes
from sharing.handover.tries import SCREENS_A_NETWORK, SCREENS_TOGETHER, in_window, reserve
from vault.audit.events import Origin
from vault.clock import Clock
from vault.crypto.points import POINT_BYTES, check_point
from vault.database import Database
from vault.errors import TooManyTries
from vault.ids import make_id
from vault.keys.provider import KeyProvider

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """``secret`` is the screen's own; ``code`` is for everybody in the room."""

    handover_id: bytes
    secret: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screen may know. ``citizen_nonce`` (32 bytes) once somebody came."""

    state: State
    expires_at: datetime
    citizen_nonce: bytes | None


class Waiting:
    def __init__(self, database: Database, provider: KeyProvider, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock

    def open(self, point: str, commitment: str, origin: Origin) -> Opened:
        """A new code for this screen. BadBytes and BadPoint name a field; TooManyTries."""
        key = check_point(read_bytes(point, POINT_BYTES, "public_key"))
        promise = read_bytes(commitment, NONCE_BYTES, "commitment")
        now = self._clock.now()
        network = in_window(f"screens {origin.address}", SCREENS_A_NETWORK, now)
        reserve(self._database, self._provider, now, network, in_window("screens", SCREENS_TOGETHER, now))
        for _ in range(_ATTEMPTS):
            handover_id, secret, code = make_id(), secrets.token_urlsafe(32), make_code()
            digest = code_digest(self._provider, code)
            try:
                with self._database.write() as connection:
                    expires_at = rows.add_waiting(
                        connection, handover_id, secret, digest, point=key, commitment=promise, now=now
                    )
            except IntegrityError:  # Another screen waits under the same code.
                continue
            return Opened(handover_id, secret, code, expires_at)
        raise TooManyTries(1)

    def look(self, handover_id: bytes, secret: str) -> Seen:
        """How far it is. HandoverGone."""
        with self._database.read() as connection:
            row = rows.read_by_screen(connection, handover_id, secret, self._clock.now())
        if row.state in {State.REFUSED, State.FETCHED}:
            raise HandoverGone
        return Seen(State(row.state), row.expires_at, row.citizen_nonce)

    def reveal(self, handover_id: bytes, secret: str, screen_nonce: str) -> Seen:
        """Show the number that was committed to, so that both sides have their digits. BrokenPromise ends it."""
        nonce, now = read_bytes(screen_nonce, NONCE_BYTES, "nonce"), self._clock.now()
        with self._database.read() as connection:
            row = rows.read_by_screen(connection, handover_id, secret, now)
        if not keeps_promise(row.commitment, row.point, nonce):
            self.stop(handover_id, secret)
            raise BrokenPromise(field="nonce")
        if row.state == State.COMPARING:  # Asked twice: the number is the same.
            return self.look(handover_id, secret)
        with self._database.write() as connection:
            rows.reveal(connection, handover_id, nonce, now)
        return self.look(handover_id, secret)

    def fetch(self, handover_id: bytes, secret: str) -> bytes:
        """What was sealed to this screen; the second time it is HandoverGone."""
        with self._database.write() as connection:
            return rows.fetch(connection, handover_id, secret, self._clock.now())

    def stop(self, handover_id: bytes, secret: str) -> None:
        """The screen waits no longer. Stopping what is over changes nothing."""
        with self._database.write() as connection:
            rows.refuse(connection, handover_id, rows.is_of_screen(secret), self._clock.now())

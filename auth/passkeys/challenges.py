"""Challenges: random, good once, for five minutes, for one purpose and in the one browser that was given it.

What is stored is one digest of all three; who has only the database answers no challenge and learns of none.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert

from auth.passkeys.errors import PasskeyRefused
from auth.tables import PasskeyChallengeRow
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.crypto.tokens import digest
from vault.database import Database, table_of

LASTS: Final = timedelta(minutes=5)
_CHALLENGE = table_of(PasskeyChallengeRow)


class Challenges:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def make(self, purpose: str, browser: str) -> bytes:
        """32 random bytes for this browser."""
        challenge, now = secrets.token_bytes(32), self._clock.now()
        row = {"challenge_digest": _name(challenge, purpose, browser), "ends_at": now + LASTS}
        with self._database.write() as connection:
            connection.execute(delete(_CHALLENGE).where(_CHALLENGE.c.ends_at <= now))
            connection.execute(insert(_CHALLENGE).values(row))
        return challenge

    def take(self, challenge: bytes, purpose: str, browser: str) -> None:
        """Use it up; PasskeyRefused if it isn't open for this purpose in this browser."""
        mine = _CHALLENGE.c.challenge_digest == _name(challenge, purpose, browser)
        with self._database.write() as connection:
            used = delete(_CHALLENGE).where(mine, _CHALLENGE.c.ends_at > self._clock.now())
            if connection.execute(used).rowcount != 1:
                raise PasskeyRefused


def _name(challenge: bytes, purpose: str, browser: str) -> bytes:
    return digest("passkey-challenge/1", ctx("passkey-challenge/1", purpose, browser[:100]) + challenge)

"""A code by mail, to prove that an address is somebody's: eight digits, half an hour, ten tries, once.

Only a keyed digest of the address and a MAC of the code are stored. A new code takes the place of the last.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from auth.people import normal_email
from auth.tables import MailCodeRow
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.database import Database, table_of
from vault.errors import Invalid
from vault.keys.provider import KeyProvider, Purpose

LASTS: Final = timedelta(minutes=30)
MOST_TRIES: Final = 10
_CODE = table_of(MailCodeRow)


class WrongMailCode(Invalid):
    """Wrong, used, over, or never sent: the same answer."""

    code = "wrong-mail-code"
    advice = "This code is not right, or it is over. Look at the newest mail, or ask for another code."


class MailCodes:
    """``purpose`` tells codes apart that prove one address for different things."""

    def __init__(self, database: Database, provider: KeyProvider, clock: Clock, purpose: str) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._purpose = purpose

    def make(self, email: str) -> str:
        """A fresh code for this address. The caller has throttled, and mails it."""
        code = f"{secrets.randbelow(100_000_000):08d}"
        row = {"code_mac": self._mac(email, code), "tries": 0, "ends_at": self._clock.now() + LASTS}
        with self._database.write() as connection:
            connection.execute(delete(_CODE).where(_CODE.c.ends_at <= self._clock.now()))
            connection.execute(delete(_CODE).where(_CODE.c.code_digest == self._name(email)))
            connection.execute(insert(_CODE).values(code_digest=self._name(email), **row))
        return code

    def check(self, email: str, typed: str) -> None:
        """Return once for the right code, which is used up then; WrongMailCode otherwise. The try counts first."""
        mine = (_CODE.c.code_digest == self._name(email)) & (_CODE.c.ends_at > self._clock.now())
        counted = update(_CODE).where(mine & (_CODE.c.tries < MOST_TRIES)).values(tries=_CODE.c.tries + 1)
        with self._database.write() as connection:
            is_live = connection.execute(counted).rowcount == 1
            stored = connection.execute(select(_CODE.c.code_mac).where(mine)).scalar_one_or_none() if is_live else None
        digits = "".join(typed.split())[:16]
        if stored is None or not hmac.compare_digest(stored, self._mac(email, digits)):
            raise WrongMailCode(field="mail_code")
        with self._database.write() as connection:
            used = delete(_CODE).where(_CODE.c.code_digest == self._name(email), _CODE.c.code_mac == stored)
            if connection.execute(used).rowcount != 1:
                raise WrongMailCode(field="mail_code")

    def _name(self, email: str) -> bytes:
        return self._provider.mac(Purpose.E_MAIL, ctx("mail-code-name/1", self._purpose, normal_email(email)))

    def _mac(self, email: str, code: str) -> bytes:
        return self._provider.mac(Purpose.E_MAIL, ctx("mail-code/1", self._purpose, normal_email(email), code))

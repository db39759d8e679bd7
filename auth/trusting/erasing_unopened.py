"""Every way in is lost and there is no way back: the vault can still be erased by whoever reads its address's mail.

Nothing is opened. Who asks proves the address, then waits as long as for coming back by a trusted person. Every day the
citizen is told by mail and one press ends it; so does signing in, because who can sign in can erase for themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from auth.accounts import find_account
from auth.mail_codes import MailCodes
from auth.roles import Role
from auth.tables import TrustedRow, UnopenedErasureRow
from auth.throttle import ACCOUNT, ADDRESS, Throttle, network_of
from auth.trusting.choosing import LONGEST_WAIT_DAYS
from auth.trusting.errors import NoWayBack
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome, Trail
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.erasure.erasures import Erasures
from vault.errors import NotFound
from vault.ids import VaultId
from vault.keys.provider import KeyProvider

TELL_EVERY: Final = timedelta(days=1)
_ERASURE, _TRUSTED = table_of(UnopenedErasureRow), table_of(TrustedRow)
Tell = Callable[[Connection, VaultId], None]
AddressOf = Callable[[VaultId], str | None]


@dataclass(frozen=True, slots=True, repr=False)
class ToTell:
    """Somebody to be told today. ``no_token`` ends it; each telling has its own, and only the newest works."""

    vault_id: VaultId
    no_token: str
    erase_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Gone:
    """A vault that was erased: to whom the certificate's address goes. ``email`` as it was."""

    email: str | None
    address: str


class ErasingUnopened:
    """``tell`` writes the notice in the transaction of what it is about."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        erasures: Erasures,
        log: Log,
        *,
        clock: Clock,
        tell: Tell,
        address_of: AddressOf,
    ) -> None:
        self._database = database
        self._provider = provider
        self._erasures = erasures
        self._log = log
        self._clock = clock
        self._tell = tell
        self._address_of = address_of
        self._codes = MailCodes(database, provider, clock, "erase-unopened")
        self._throttle = Throttle(database, provider, clock)

    def begin(self, email: str, origin: Origin) -> str:
        """A code to be mailed to this address, whether or not anybody has it. TooManyTries."""
        self._throttle.reserve((ACCOUNT, f"erase-unopened {email}"), (ADDRESS, network_of(origin.address)))
        return self._codes.make(email)

    def ask(self, email: str, mail_code: str, origin: Origin) -> datetime:
        """When everything will be gone; asking again begins the wait anew. WrongMailCode; NoWayBack: no account."""
        self._codes.check(email, mail_code)
        now = self._clock.now()
        with self._database.read() as connection:
            account = find_account(connection, self._provider, email)
            if account is None or account.sample or account.role is not Role.CITIZEN:
                raise NoWayBack
            erase_at = now + timedelta(days=self._days(connection, account.vault_id))
        row = {"asked_at": now, "erase_at": erase_at, "told_at": now - TELL_EVERY, "no_digest": _digest(_token())}
        with self._database.write() as connection:
            connection.execute(delete(_ERASURE).where(_ERASURE.c.vault_id == account.vault_id))
            connection.execute(insert(_ERASURE).values(vault_id=account.vault_id, **row))
            self._note(connection, account.vault_id, "erase-asked", origin)
        return erase_at

    def refuse(self, no_token: str, origin: Origin) -> None:
        """One no ends it, by the token of the newest mail. NoWayBack for any other."""
        found = select(_ERASURE.c.vault_id).where(_ERASURE.c.no_digest == _digest(no_token[:64]))
        with self._database.read() as connection:
            vault_id = connection.execute(found).scalar_one_or_none()
        if vault_id is None or not self.refuse_own(VaultId(vault_id), origin):
            raise NoWayBack

    def refuse_own(self, vault_id: VaultId, origin: Origin) -> bool:
        """The same for whoever opened that vault; False if nobody asked."""
        mine = _ERASURE.c.vault_id == vault_id
        with self._database.read() as connection:  # Nearly nobody asked: every sign-in comes by here.
            if connection.execute(select(_ERASURE.c.vault_id).where(mine)).first() is None:
                return False
        with self._database.write() as connection:
            if connection.execute(delete(_ERASURE).where(mine)).rowcount == 0:
                return False
            self._note(connection, vault_id, "erase-refused", origin)
        return True

    def due(self) -> tuple[ToTell, ...]:
        """Whom to tell again today, each with a fresh token to say no. A job's work."""
        now = self._clock.now()
        query = select(_ERASURE.c.vault_id, _ERASURE.c.erase_at)
        with self._database.read() as connection:
            rows = connection.execute(query.where(_ERASURE.c.told_at <= now - TELL_EVERY)).all()
        return tuple(found for row in rows if (found := self._take(VaultId(row.vault_id), row.erase_at, now)))

    def erase_due(self) -> tuple[Gone, ...]:
        """Erase every vault whose wait is over and whose owner was told that it is. A job's work."""
        now = self._clock.now()
        over = (_ERASURE.c.erase_at <= now) & (_ERASURE.c.told_at >= _ERASURE.c.asked_at)
        with self._database.read() as connection:
            waiting = connection.execute(select(_ERASURE.c.vault_id).where(over)).scalars().all()
        return tuple(gone for each in waiting if (gone := self._erase(VaultId(each))))

    def _erase(self, vault_id: VaultId) -> Gone | None:
        email = self._address_of(vault_id)
        with self._database.read() as connection:
            trail = Trail(vault_id, trail_of(connection, vault_id).pseudonym, NOBODY, LogRole.SERVER)
        still = delete(_ERASURE).where(_ERASURE.c.vault_id == vault_id, _ERASURE.c.erase_at <= self._clock.now())

        def unless_refused(connection: Connection) -> None:
            if connection.execute(still).rowcount != 1:
                raise NotFound

        try:
            return Gone(email, self._erasures.erase(trail, unless_refused))
        except NotFound:
            return None

    def _take(self, vault_id: VaultId, erase_at: datetime, now: datetime) -> ToTell | None:
        token = _token()
        mine = (_ERASURE.c.vault_id == vault_id) & (_ERASURE.c.told_at <= now - TELL_EVERY)
        with self._database.write() as connection:
            told = update(_ERASURE).where(mine).values(told_at=now, no_digest=_digest(token))
            if connection.execute(told).rowcount != 1:
                return None
            self._tell(connection, vault_id)
        return ToTell(vault_id, token, erase_at)

    def _days(self, connection: Connection, vault_id: VaultId) -> int:
        """As long as the trusted person's wait; without one the longest."""
        query: Any = select(func.max(_TRUSTED.c.wait_days)).where(_TRUSTED.c.vault_id == vault_id)
        return int(connection.execute(query).scalar_one() or LONGEST_WAIT_DAYS)

    def _note(self, connection: Connection, vault_id: VaultId, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, vault_id, NOBODY, LogRole.ANYONE)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry)


def _token() -> str:
    return secrets.token_urlsafe(32)


def _digest(token: str) -> bytes:
    return digest("erase-no/1", token.encode("utf-8", "replace"))

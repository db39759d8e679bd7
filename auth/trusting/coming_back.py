"""Coming back with a trusted person: prove the address, ask, wait while the citizen can say no, open with both halves.

Every day of the wait the citizen is told, and one *no* ends it. The server's own half leaves its keys only after the
wait, in the request that opens the vault, and goes nowhere else.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from auth.accounts import Account, find_account
from auth.mail_codes import MailCodes, WrongMailCode
from auth.proving import Proving
from auth.sessions import Sessions, SignedIn, judge_new
from auth.tables import AskRow, TrustedRow
from auth.throttle import ACCOUNT, ADDRESS, Throttle, network_of
from auth.trusting.choosing import drop_halves
from auth.trusting.errors import NotHandedYet, NoWayBack, TooEarly
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.tokens import digest
from vault.database import Database, table_of
from vault.ids import SlotId, VaultId
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.trusted import check_digits, is_own_ask, join_halves, make_ask
from vault.keys.unlocking import Unlocking

TELL_EVERY: Final = timedelta(days=1)
LAPSES_AFTER: Final = timedelta(days=30)
_ASK, _TRUSTED = table_of(AskRow), table_of(TrustedRow)
Tell = Callable[[Connection, VaultId], None]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """``code`` is kept by who asks, shown once; ``digits`` are told to the trusted person."""

    code: str
    digits: str
    opens_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Due:
    """A citizen to be told that somebody asks. ``no_token`` ends the ask; each telling has its own."""

    vault_id: VaultId
    no_token: str
    opens_at: datetime


class ComingBack:
    """``samples``: as for ``Sessions``. ``tell`` writes the notice in the transaction of what it is about."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        sessions: Sessions,
        unlocking: Unlocking,
        log: Log,
        *,
        clock: Clock,
        tell: Tell,
        samples: bool = False,
    ) -> None:
        self._database = database
        self._provider = provider
        self._sessions = sessions
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._tell = tell
        self._codes = MailCodes(database, provider, clock, "come-back")
        self._proving = Proving(database, provider, log, clock, samples=samples)
        self._throttle = Throttle(database, provider, clock)

    def begin(self, email: str, origin: Origin) -> str:
        """A code to be mailed to this address, whether or not anybody has it. TooManyTries."""
        self._throttle.reserve((ACCOUNT, f"come-back {email}"), (ADDRESS, network_of(origin.address)))
        return self._codes.make(email)

    def ask(self, email: str, mail_code: str, origin: Origin) -> Asked:
        """The wait begins; an ask before this one ends. WrongMailCode; NoWayBack without a trusted person."""
        self._codes.check(email, mail_code)
        with self._database.read() as connection:
            account = find_account(connection, self._provider, email)
            trusted = self._trusted(connection, account.vault_id) if account and not account.sample else None
        if account is None or trusted is None:
            raise NoWayBack
        vault_id, slot_id, now = account.vault_id, SlotId(trusted.slot_id), self._clock.now()
        asked, opens_at = make_ask(vault_id, slot_id), now + timedelta(days=trusted.wait_days)
        row = {"public_key": asked.public_key, "asked_at": now, "opens_at": opens_at, "told_at": now - TELL_EVERY}
        named = {"vault_id": vault_id, "slot_id": slot_id, "no_digest": _no_digest(secrets.token_urlsafe(32))}
        with self._database.write() as connection:
            connection.execute(delete(_ASK).where(_ASK.c.vault_id == vault_id))
            connection.execute(insert(_ASK).values(**named, **row))
            self._note(connection, vault_id, "come-back-asked", origin)
        return Asked(asked.code, check_digits(vault_id, slot_id, asked.public_key), opens_at)

    def finish(self, email: str, code: str, new_passphrase: str, origin: Origin) -> SignedIn:
        """New passphrase and recovery code, everything else that was signed in ends.

        NoWayBack for another code too; TooEarly and NotHandedYet only for the right one; TooManyTries.
        """
        claim = self._proving.by_email(email, origin)
        judge_new(new_passphrase, (email,))
        if claim.account is None:
            raise NoWayBack
        account = claim.account
        ask, trusted = self._standing(account, code)

        def unlock(_vault_id: VaultId | None, typed: str) -> Keyring:
            slot_id = SlotId(ask.slot_id)
            secret = join_halves(
                self._provider,
                account.vault_id,
                slot_id,
                typed,
                handed=ask.handed_half,
                wrapped_half=trusted.wrapped_half,
                wait_days=trusted.wait_days,
            )
            return self._unlocking.by_trusted_person(account.vault_id, slot_id, secret)

        def then(connection: Connection) -> None:
            drop_halves(connection, ask.vault_id, SlotId(ask.slot_id))

        return self._sessions.with_trusted_person(claim, unlock, code, new_passphrase, then=then)

    def refuse(self, no_token: str, origin: Origin) -> None:
        """One no ends the ask, by the token of any day's mail that is the newest. NoWayBack for any other."""
        found = _ASK.c.no_digest == _no_digest(no_token[:64])
        with self._database.read() as connection:
            vault_id = connection.execute(select(_ASK.c.vault_id).where(found)).scalar_one_or_none()
        if vault_id is None:
            raise NoWayBack
        self._end(VaultId(vault_id), origin)

    def refuse_own(self, vault_id: VaultId, origin: Origin) -> bool:
        """The same for whoever is signed in to that vault; False if nobody asked."""
        return self._end(vault_id, origin)

    def standing(self, vault_id: VaultId) -> datetime | None:
        """When an ask for this vault opens; None if nobody asks."""
        query = select(_ASK.c.opens_at).where(_ASK.c.vault_id == vault_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def due(self) -> tuple[Due, ...]:
        """Whom to tell again today, each with a fresh token to say no; also ends asks that lapsed. A job's work."""
        now = self._clock.now()
        query = select(_ASK.c.vault_id, _ASK.c.opens_at).where(_ASK.c.told_at <= now - TELL_EVERY)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(found for row in rows if (found := self._take(VaultId(row.vault_id), row.opens_at, now)))

    def _take(self, vault_id: VaultId, opens_at: datetime, now: datetime) -> Due | None:
        mine = (_ASK.c.vault_id == vault_id) & (_ASK.c.told_at <= now - TELL_EVERY)
        token = secrets.token_urlsafe(32)
        with self._database.write() as connection:
            if now >= opens_at + LAPSES_AFTER:
                connection.execute(delete(_ASK).where(mine))
                return None
            told = update(_ASK).where(mine).values(told_at=now, no_digest=_no_digest(token))
            if connection.execute(told).rowcount != 1:
                return None
            self._tell(connection, vault_id)
        return Due(vault_id, token, opens_at)

    def _standing(self, account: Account, code: str) -> tuple[Any, Any]:
        with self._database.read() as connection:
            ask = connection.execute(select(_ASK).where(_ASK.c.vault_id == account.vault_id)).one_or_none()
            trusted = self._trusted(connection, account.vault_id)
        now = self._clock.now()
        if ask is None or trusted is None or ask.slot_id != trusted.slot_id or now >= ask.opens_at + LAPSES_AFTER:
            raise NoWayBack
        if not is_own_ask(account.vault_id, SlotId(ask.slot_id), code, ask.public_key):
            raise NoWayBack
        if now < ask.opens_at or now < ask.asked_at + timedelta(days=trusted.wait_days):
            raise TooEarly
        if ask.handed_half is None:
            raise NotHandedYet
        return ask, trusted

    def _trusted(self, connection: Connection, vault_id: VaultId) -> Any:
        return connection.execute(select(_TRUSTED).where(_TRUSTED.c.vault_id == vault_id).limit(1)).one_or_none()

    def _end(self, vault_id: VaultId, origin: Origin) -> bool:
        with self._database.write() as connection:
            if connection.execute(delete(_ASK).where(_ASK.c.vault_id == vault_id)).rowcount == 0:
                return False
            self._note(connection, vault_id, "come-back-refused", origin)
        return True

    def _note(self, connection: Connection, vault_id: VaultId, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, vault_id, NOBODY, LogRole.ANYONE)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry)


def _no_digest(token: str) -> bytes:
    return digest("ask-no/1", token.encode("utf-8", "replace"))


__all__ = ["Asked", "ComingBack", "Due", "WrongMailCode"]

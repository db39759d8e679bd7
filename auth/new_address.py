"""Another e-mail address for an account: it counts once a code that was mailed there came back. The old one is told.

Needs a fresh proof (``auth.step_up``), which the caller asks for. Whether somebody else has an address is told to its
mailbox alone: who asks gets the same answer either way.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from auth.accounts import claim_email, digest_email, find_account, unwrap_email, wrap_email
from auth.errors import SameEmail, SampleStays
from auth.mail_codes import MailCodes
from auth.people import check_email
from auth.sessions import Session
from auth.tables import AccountEmailRow, AccountRow
from auth.throttle import ADDRESS, Allowance, Throttle, network_of
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.database import Database, table_of
from vault.errors import Forbidden, NotFound
from vault.keys.provider import KeyProvider

ASKS = Allowance("new-address", free=5, longest_seconds=600)
MAILBOX = Allowance("new-address-mailbox", free=3, longest_seconds=3600)
_ACCOUNT = table_of(AccountRow)
_EMAIL = table_of(AccountEmailRow)


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What to mail to the new address: the code, or None where an account has that address already."""

    email: str
    code: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Changed:
    """``old``: the address that was, to be told."""

    old: str
    new: str


class NewAddress:
    def __init__(self, database: Database, provider: KeyProvider, log: Log, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._log = log
        self._clock = clock
        self._throttle = Throttle(database, provider, clock)

    def ask(self, session: Session, stated: str, origin: Origin) -> Asked:
        """BadEmail, SameEmail; SampleStays; TooManyTries, per account, network and mailbox."""
        email = self._check(session, stated)
        account, network = session.account_id.hex(), network_of(origin.address)
        self._throttle.reserve((ASKS, account), (ADDRESS, network), (MAILBOX, email))
        code = self._codes(session).make(email)
        with self._database.read() as connection:
            taken = find_account(connection, self._provider, email) is not None
        return Asked(email, None if taken else code)

    def change(self, session: Session, stated: str, typed: str, origin: Origin) -> Changed:
        """The account is found by the new address from now on, and by the old one no more.

        WrongMailCode for a wrong code, an old one or one for another address; EmailTaken if somebody was quicker.
        """
        email = self._check(session, stated)
        self._throttle.reserve((ADDRESS, network_of(origin.address)))
        self._codes(session).check(email, typed)
        wrapped = wrap_email(self._provider, session.vault_id, session.account_id, email)
        with self._database.write() as connection:
            old = self._email(connection, session, lock=True)
            claim_email(connection, self._provider, email, session.vault_id, session.account_id)
            self._move(connection, session, email, wrapped)
            self._note(connection, session, origin)
        return Changed(old, email)

    def _move(self, connection: Connection, session: Session, email: str, wrapped: bytes) -> None:
        mine = (_EMAIL.c.vault_id == session.vault_id) & (_EMAIL.c.account_id == session.account_id)
        connection.execute(delete(_EMAIL).where(mine, _EMAIL.c.email_digest != digest_email(self._provider, email)))
        account = (_ACCOUNT.c.vault_id == session.vault_id) & (_ACCOUNT.c.account_id == session.account_id)
        connection.execute(update(_ACCOUNT).where(account).values(wrapped_email=wrapped))

    def _check(self, session: Session, stated: str) -> str:
        if session.acting is not None:
            raise Forbidden
        if session.sample:
            raise SampleStays
        email = check_email(stated)
        with self._database.read() as connection:
            if self._email(connection, session) == email:
                raise SameEmail(field="email")
        return email

    def _email(self, connection: Connection, session: Session, *, lock: bool = False) -> str:
        mine = (_ACCOUNT.c.vault_id == session.vault_id) & (_ACCOUNT.c.account_id == session.account_id)
        query = select(_ACCOUNT.c.wrapped_email).where(mine)
        wrapped = connection.execute(query.with_for_update() if lock else query).scalar_one_or_none()
        if wrapped is None:
            raise NotFound
        return unwrap_email(self._provider, session.vault_id, session.account_id, wrapped)

    def _codes(self, session: Session) -> MailCodes:
        """A code counts for one account and one address."""
        return MailCodes(self._database, self._provider, self._clock, f"new-address {session.account_id.hex()}")

    def _note(self, connection: Connection, session: Session, origin: Origin) -> None:
        trail = trail_of(connection, session.vault_id, role=session.role)
        told = origin.as_accountability()
        entry = Entry(Event.SIGN_IN, Outcome.DONE, "address-changed", accountability=told)
        self._log.append(connection, trail, entry, session.keyring)
